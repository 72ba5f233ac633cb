"""What a model is shown of a clip: the whole picture at its peak, and its sound."""

# S samples

import io

from PIL import Image

from affectlens.annotation.draft import Draft
from affectlens.foundation.chat import Picture, Sound
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.wav import wav

LONGEST_SIDE = 1024  # pixels; larger ones cost models tokens and tell them little more
LONGEST_S = 30.0  # what audio encoders such as Whisper's hear at once
_QUALITY = 90  # of JPEG, 0–95


def picture(draft: Draft) -> Picture | Missing:
    """The whole picture at the peak frame, or in the middle where there is no peak; a JPEG.

    Raises:
        InputError: it cannot be decoded.
    """
    clip = draft.seen.clip()
    if isinstance(clip.video, Missing):
        return clip.video
    (frame,) = clip.video.at([moment_s(draft)], max_side=LONGEST_SIDE)
    held = io.BytesIO()
    Image.fromarray(frame.rgb_HWC).save(held, "JPEG", quality=_QUALITY)
    return Picture(held.getvalue())


def sound(draft: Draft) -> Sound | Missing:
    """The sound, of a longer clip the half minute about its peak; a WAV file of 16 kHz, mono."""
    clip = draft.seen.clip()
    if isinstance(clip.sound, Missing):
        return clip.sound
    whole_s = clip.sound.duration_s
    start_s = min(max(0.0, moment_s(draft) - LONGEST_S / 2), max(0.0, whole_s - LONGEST_S))
    samples_S = clip.sound.read(Span(start_s, start_s + LONGEST_S))
    return Sound(wav([samples_S])) if len(samples_S) else Missing(f"{clip.name} has no sound")


def moment_s(draft: Draft) -> float:
    """When the picture is taken, and what the sound is about: the peak, else the middle."""
    if isinstance(draft.peak, Missing):
        return draft.seen.analysis.input.duration_s / 2
    return draft.peak.time_s
