"""Voice, face and words of different people that are of one label, as short videos.

No data set of ours has all three in one clip. A triple is a recording of RAVDESS with a face of
FER+ as its still picture and a comment of GoEmotions as its words: what a model makes of several
streams at once can be measured on them, not what it makes of people.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.media.clip import SOUND_RATE_HZ
from affectlens.media.opening import open_clip

RATE_HZ = 10
_PLAIN = {"fflags": "+bitexact"}  # the same bytes on every machine


def triples(
    voices: Sequence[Sample], faces: Sequence[Sample], words: Sequence[Sample], count: int
) -> Iterator[tuple[str, str, Sample, Sample, Sample]]:
    """Id, label, voice, face and words, the labels in turn; what is few is taken again."""
    of = {label: [_of(label, some) for some in (voices, faces, words)] for label in DFEW7.labels}
    for index in range(count):
        turn, place = divmod(index, len(DFEW7.labels))
        label = DFEW7.labels[place]
        voice, face, said = (some[turn % len(some)] for some in of[label])
        yield f"{label}-{turn:03}", label, voice, face, said


def _of(label: str, samples: Sequence[Sample]) -> list[Sample]:
    """Those of a label in an order by hash, which is the same everywhere."""
    own = [one for one in samples if one.label == label]
    return sorted(own, key=lambda one: sha256_of_text(one.id))


def write_clip(path: Path, voice: Path, face: Path) -> None:
    """A picture that stands still for as long as a voice speaks; neither loses anything."""
    sound = open_clip(voice).sound
    assert not isinstance(sound, Missing), sound
    picture = cv2.imread(str(face))
    assert picture is not None, face
    rgb_HWC = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    draft = path.with_suffix(".part")
    with av.open(str(draft), "w", format="matroska", options=_PLAIN) as container:
        eye, ear = _eye(container, rgb_HWC), container.add_stream("flac", rate=SOUND_RATE_HZ)
        ear.layout = "mono"
        for number in range(max(1, round(sound.duration_s * RATE_HZ))):
            container.mux(eye.encode(_frame(number, rgb_HWC)))
        container.mux(eye.encode(None))
        container.mux(ear.encode(_block(sound.read())))
        container.mux(ear.encode(None))
    draft.replace(path)


def _eye(container: Any, rgb_HWC: NDArray[np.uint8]) -> Any:
    stream = container.add_stream("libx264", rate=RATE_HZ, options={"qp": "0"})  # no loss
    stream.height, stream.width = rgb_HWC.shape[:2]
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1
    return stream


def _frame(number: int, rgb_HWC: NDArray[np.uint8]) -> Any:
    frame = av.VideoFrame.from_ndarray(rgb_HWC, format="rgb24")
    frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
    return frame


def _block(samples_S: NDArray[np.float32]) -> Any:
    whole_S = np.round(np.clip(samples_S, -1, 1) * 32767).astype(np.int16)
    block = av.AudioFrame.from_ndarray(whole_S[None], format="s16", layout="mono")
    block.sample_rate, block.pts, block.time_base = SOUND_RATE_HZ, 0, Fraction(1, SOUND_RATE_HZ)
    return block
