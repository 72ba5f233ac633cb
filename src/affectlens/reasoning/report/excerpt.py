"""`Excerpt`: the clip small enough to live inside a page."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.media.clip import Clip, Video
from affectlens.media.excerpt import Alter, excerpt_suffix, write_excerpt
from affectlens.reasoning.analysis import Person
from affectlens.reasoning.report.redaction import VIDEO_SIDE, find_faces, redactor

STILL_SIDE = 1280  # pixels of the longer side
LONGEST_S = 900.0  # a longer clip would make a page that no browser likes to open
LARGEST_BYTES = 96 * 1024**2

_MIME = {".mp4": "video/mp4", ".m4a": "audio/mp4", ".jpg": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Bytes that a browser plays or shows."""

    mime: str
    data: bytes


def excerpt(
    clip: Clip, people: Sequence[Person], *, redact: bool, progress: Progress = silent
) -> Excerpt | Missing:
    """The clip for a page, faces blurred if so wished; Missing when it cannot or must not be in it.

    Where faces shall be blurred and none was followed, pictures are left out: there may be faces
    that no net sees, and there is nothing to point at.
    """
    if clip.duration_s > LONGEST_S:
        return Missing(f"it is longer than {LONGEST_S / 60:.0f} minutes")
    alter: Alter | Missing | None = None
    if redact and not isinstance(clip.video, Missing):
        alter = _redaction(clip.video, clip.duration_s, people, progress)
    if isinstance(alter, Missing):
        clip, alter = replace(clip, video=alter), None
    if isinstance(clip.video, Missing) and isinstance(clip.sound, Missing):
        return clip.video
    suffix = excerpt_suffix(clip)
    side = STILL_SIDE if suffix == ".jpg" else VIDEO_SIDE
    with tempfile.TemporaryDirectory(prefix="affectlens-") as folder:
        target = Path(folder) / f"excerpt{suffix}"
        write_excerpt(clip, target, max_side=side, alter=alter, progress=progress)
        size = target.stat().st_size
        if size > LARGEST_BYTES:
            return Missing(f"it would add {size / 1e6:.0f} MB to this page")
        return Excerpt(_MIME[suffix], target.read_bytes())


def _redaction(
    video: Video, duration_s: float, people: Sequence[Person], progress: Progress
) -> Alter | Missing:
    """What hides the faces of a video, or why its pictures must not be shown."""
    if not any(person.track for person in people):
        return Missing("no face could be located, so none could be blurred")
    found = find_faces(video, duration_s, progress=progress)
    if isinstance(found, Missing):
        return Missing(f"faces cannot be looked for, so none could be blurred: {found}")
    return redactor(people, found)
