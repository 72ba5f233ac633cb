"""The media of a data set: links, copies or paths of the files, and the sound of videos alone."""

import errno
import os
import secrets
import shutil
from pathlib import Path, PurePosixPath
from typing import Literal

from affectlens.annotation.annotation import Media
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Output
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.missing import Missing
from affectlens.foundation.records import write_pieces
from affectlens.media.clip import Clip
from affectlens.media.wav import wav

FOLDER = "media"
Kind = Literal["video", "sound", "picture"]
# What keeps two names from being one file: another disk, a system without such links, their limit.
_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}
_BLOCK_S = 30.0


def bring(item: Item, clip: Clip, root: Path, output: Output) -> Media:
    """Put a clip's files into the data set; a file that lies there already is left as it is.

    Raises:
        OSError: the system refuses, such as for a full disk.
    """
    kind = kind_of(clip)
    if kind is None:
        return Media()
    files: dict[str, str] = {kind: _file(item, clip, root, output)}
    if kind == "video" and output.sound and not isinstance(clip.sound, Missing):
        files["sound"] = _sound(item, clip, root)
    return Media(**files)


def checksums(media: Media, item: Item, sha256: str, root: Path) -> dict[str, str]:
    """SHA-256 in hex of each of an item's media, by its path; "" of what is not there.

    `sha256` is that of the item's file, which is not read again where it is the same file.
    """
    paths = [path for path in (media.video, media.sound, media.picture) if path is not None]
    return {path: _content(root / path, item.path, sha256) for path in paths}


def kind_of(clip: Clip) -> Kind | None:
    """What a clip is first of all; None of text."""
    if not isinstance(clip.video, Missing):
        return "picture" if clip.video.still else "video"
    return None if isinstance(clip.sound, Missing) else "sound"


def _file(item: Item, clip: Clip, root: Path, output: Output) -> str:
    if output.media == "refer":
        return PurePosixPath(os.path.relpath(item.path, root)).as_posix()
    target = root / FOLDER / f"{item.id}{item.path.suffix.lower()}"
    if not _same(item.path, target, clip.sha256):
        _place(item.path, target, link=output.media == "link")
    return f"{FOLDER}/{target.name}"


def _same(source: Path, target: Path, sha256: str) -> bool:
    """Whether the target has the source's content already."""
    if not target.is_file():
        return False
    return target.samefile(source) or (
        target.stat().st_size == source.stat().st_size and sha256_of(target) == sha256
    )


def _content(path: Path, source: Path, sha256: str) -> str:
    try:
        return sha256 if path.samefile(source) else sha256_of(path)
    except OSError:
        return ""


def _place(source: Path, target: Path, *, link: bool) -> None:
    """A hard link, where that is wished for and can be; else a copy. Appears whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        if not (link and _linked(source, draft)):
            shutil.copyfile(source, draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)  # a link replaced by its own file stays behind


def _linked(source: Path, target: Path) -> bool:
    """Whether the target is now another name of the source; some disks cannot."""
    try:
        os.link(source.resolve(), target)
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise
    return True


def _sound(item: Item, clip: Clip, root: Path) -> str:
    target = root / FOLDER / f"{item.id}.wav"
    assert not isinstance(clip.sound, Missing)
    if target == root / FOLDER / f"{item.id}{item.path.suffix.lower()}":
        target = target.with_name(f"{item.id}.sound.wav")  # a video that calls itself .wav
    # Always: what lies there may be the sound of what the file was before.
    write_pieces(target, [wav(block for _, block in clip.sound.blocks(_BLOCK_S))])
    return f"{FOLDER}/{target.name}"
