"""A toy data set: short clips of drawn faces with voices and words, and a manifest that lists them.

It is for trying training within minutes: each of picture, sound and words tells the label, in some
clips one of them misleads or is absent, and speakers are held back. A model that has learned it
knows nothing of people.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from affectlens.corpora.toy_person import (
    RATE_HZ,
    SIDE,
    SOUND_HZ,
    Person,
    Picture,
    Shown,
    Sound,
    picture,
    speech,
)
from affectlens.corpora.toy_signs import SIGNS, Sign
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.records import write_atomically

MANIFEST = "manifest.csv"
LABELS = ("neutral", "happy", "sad", "angry", "surprise")
STAGE = "clips"
_COLUMNS = (
    *("id", "path", "label", "labels", "valence", "arousal", "subtitle", "description", "speaker"),
    *("split", "misleads", "absent"),
)
_WAYS = ("picture", "sound", "words")
_MISLEADS, _ABSENT = 0.12, 0.12  # shares of clips in which one way does
_SPEAKERS = 20
_SPLITS = ((0.7, "train"), (0.85, "dev"), (1.0, "test"))  # of speakers, up to this share
_LENGTH_S = 1.0
_PLAIN = {"fflags": "+bitexact"}  # no name of the encoder


@dataclass(frozen=True, slots=True)
class _Clip:
    """One clip, settled but not drawn yet."""

    id: str
    label: str
    speaker: int
    misleads: str  # a way, or nothing
    absent: str
    told: str  # the label that the way that misleads shows

    def sign(self, way: str) -> Sign:
        """What a way shows."""
        return SIGNS[self.told if way == self.misleads else self.label]


def make(
    folder: Path,
    clips: int = 240,
    seed: int = 0,
    labels: Sequence[str] = LABELS,
    *,
    progress: Progress = silent,
) -> Path:
    """Draw clips of one second into a folder; gives the manifest. The same seed draws the same.

    Raises:
        ConfigError: there are no such labels, too few clips, or files in the folder already.
    """
    _check(folder, clips, labels)
    people = [Person.drawn(np.random.default_rng([seed, 1, n])) for n in range(_SPEAKERS)]
    media = folder / "clips"
    media.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(clips):
        rng = np.random.default_rng([seed, 2, number])
        clip = _drawn(number, seed, labels, rng)
        _write(media / f"{clip.id}.mp4", clip, people[clip.speaker], rng)
        rows.append(_row(clip, rng))
        progress(STAGE, (number + 1) / clips)
    text = io.StringIO()
    table = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_atomically(folder / MANIFEST, text.getvalue())
    return folder / MANIFEST


def _check(folder: Path, clips: int, labels: Sequence[str]) -> None:
    unknown = [label for label in labels if label not in SIGNS]
    if unknown or len(set(labels)) < 2 or len(set(labels)) < len(labels):
        raise ConfigError(
            f"Toy clips have two labels or more, each once, of {', '.join(SIGNS)}; "
            f"got {', '.join(labels) or 'none'}."
        )
    if clips < 1:
        raise ConfigError(f"There is at least 1 clip, got {clips}.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already and not empty. Choose a new folder.")


def _drawn(number: int, seed: int, labels: Sequence[str], rng: np.random.Generator) -> _Clip:
    """As many clips of each label, in an order by lot."""
    block, place = divmod(number, len(labels))
    order = np.random.default_rng([seed, 3, block]).permutation(len(labels))
    label = labels[order[place]]
    lot, way = rng.random(), str(rng.choice(_WAYS))
    return _Clip(
        id=f"toy_{number:05}",
        label=label,
        speaker=int(rng.integers(_SPEAKERS)),
        misleads=way if lot < _MISLEADS else "",
        absent=way if _MISLEADS <= lot < _MISLEADS + _ABSENT else "",
        told=str(rng.choice([other for other in labels if other != label])),
    )


def _row(clip: _Clip, rng: np.random.Generator) -> dict[str, object]:
    """What people would say of it."""
    sign, said = SIGNS[clip.label], clip.sign("words")
    opening, sentence = rng.choice(said.openings), rng.choice(said.sentences)
    words = "" if clip.absent == "words" else f"{opening}{sentence}"
    share = (clip.speaker + 0.5) / _SPEAKERS
    return {
        "id": clip.id,
        "path": f"clips/{clip.id}.mp4",
        "label": clip.label,
        "labels": ", ".join(sign.open_vocabulary),
        "valence": f"{np.clip(sign.valence + rng.normal(0, 0.1), -1, 1):.2f}",
        "arousal": f"{np.clip(sign.arousal + rng.normal(0, 0.1), -1, 1):.2f}",
        "subtitle": words,
        "description": _description(clip, words),
        "speaker": f"speaker_{clip.speaker:02}",
        "split": next(name for upto, name in _SPLITS if share < upto),
        "misleads": clip.misleads,
        "absent": clip.absent,
    }


def _description(clip: _Clip, words: str) -> str:
    """What is seen and heard in it, and what follows."""
    told = []
    if clip.absent != "picture":
        told.append(f"{clip.sign('picture').looks}.")
    if clip.absent != "sound":
        told.append(f"{clip.sign('sound').sounds.capitalize()}.")
    if words:
        told.append(f"The person says: “{words}”")
    return " ".join([*told, f"Therefore, the person appears {clip.label}."])


def _write(path: Path, clip: _Clip, person: Person, rng: np.random.Generator) -> None:
    """Draw and encode one clip."""
    sound_S, open_S = speech(person, clip.sign("sound").voice, _LENGTH_S, rng)
    shown, face = Shown.drawn(rng), clip.sign("picture").face
    steps = np.arange(round(_LENGTH_S * RATE_HZ)) * SOUND_HZ // RATE_HZ
    frames = [picture(person, face, shown, float(open_S[step]), rng) for step in steps]
    seen = [] if clip.absent == "picture" else frames
    _encode(path, seen, None if clip.absent == "sound" else sound_S)


def _encode(path: Path, frames: Sequence[Picture], sound_S: Sound | None) -> None:
    """An mp4 of what there is."""
    with av.open(str(path), "w", format="mp4", options=_PLAIN) as container:
        tracks: list[tuple[Any, list[Any]]] = []  # both must be known before anything is written
        if frames:
            tracks.append((_eye(container), [_frame(*one) for one in enumerate(frames)]))
        if sound_S is not None:
            ear = container.add_stream("aac", rate=SOUND_HZ, layout="mono")
            tracks.append((ear, [_block(sound_S)]))
        for stream, pieces in tracks:
            for piece in [*pieces, None]:
                container.mux(stream.encode(piece))


def _eye(container: Any) -> Any:
    stream = container.add_stream(
        "libx264", rate=RATE_HZ, options={"preset": "ultrafast", "crf": "20"}
    )
    stream.width = stream.height = SIDE
    stream.pix_fmt = "yuv420p"
    stream.codec_context.thread_count = 1
    return stream


def _frame(number: int, rgb_HWC: Picture) -> Any:
    frame = av.VideoFrame.from_ndarray(rgb_HWC, format="rgb24")
    frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
    return frame


def _block(sound_S: Sound) -> Any:
    block = av.AudioFrame.from_ndarray(sound_S[None], format="fltp", layout="mono")
    block.sample_rate, block.pts, block.time_base = SOUND_HZ, 0, Fraction(1, SOUND_HZ)
    return block
