"""Tar shards that `webdataset` streams: <id>.json with everything, and the clip's files."""

import hashlib
import io
import json
import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from affectlens.annotation import document
from affectlens.annotation.annotation import Annotation
from affectlens.annotation.format import About
from affectlens.annotation.splits import by_split
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.records import write_pieces

TITLE = "WebDataset tar shards"
_MOST_CLIPS, _MOST_BYTES = 1000, 500 * 10**6  # of a shard
_PIECE = 2**20
_LARGEST_JSON = 64 * 2**20


@dataclass(frozen=True, slots=True)
class _Sample:
    """One clip: where it stands among all, and its files by the suffix that they get."""

    place: int
    key: str
    files: dict[str, Path]
    size: int


def write(annotations: Sequence[Annotation], folder: Path, about: About) -> list[Path]:
    """Shards of at most 1,000 clips and about 500 MB, named by split and number.

    Raises:
        ConfigError: an id stands twice, or a file of a clip is not there.
    """
    samples = [_sample(place, one, about.root) for place, one in enumerate(annotations)]
    twice = [key for key, times in Counter(one.key for one in samples).items() if times > 1]
    if twice:
        raise ConfigError(f"The id {twice[0]!r} stands twice: ids tell clips apart.")
    written = []
    for name, places in sorted(by_split(annotations).items()):
        for number, shard in enumerate(_shards([samples[place] for place in places])):
            path = folder / f"{name}-{number:06d}.tar"
            write_pieces(path, _tar(annotations, shard))
            written.append(path)
    return written


def read(path: Path) -> list[Annotation]:
    """Annotations of a shard, or of all in a folder, in order of their ids.

    Raises:
        InputError: there is none, or one is damaged.
    """
    shards = sorted(path.glob("*.tar")) if path.is_dir() else [path]
    if not shards or not shards[0].is_file():
        raise InputError(f"There is no tar shard at {path}.")
    return sorted((one for shard in shards for one in _rows(shard)), key=lambda one: one.id)


def key_of_id(id_: str) -> str:
    """A name without dots: webdataset takes all after the first one for the suffix."""
    if "." not in id_:
        return id_
    return f"{id_.replace('.', '_')}-{hashlib.sha256(id_.encode()).hexdigest()[:8]}"


def _sample(place: int, one: Annotation, root: Path) -> _Sample:
    files: dict[str, Path] = {}
    for kind in ("video", "sound", "picture"):
        told: str | None = getattr(one.media, kind)
        if told is None:
            continue
        file = root / told
        if not file.is_file():
            raise ConfigError(f"{one.id!r} has no file {told} below {root}: it cannot be packed.")
        suffix = PurePosixPath(told).suffix.lower().lstrip(".") or "bin"
        files[f"{kind}.{suffix}" if suffix in (*files, "json") else suffix] = file
    return _Sample(place, key_of_id(one.id), files, sum(f.stat().st_size for f in files.values()))


def _shards(samples: Sequence[_Sample]) -> Iterator[list[_Sample]]:
    shard: list[_Sample] = []
    size = 0
    for sample in samples:
        if shard and (len(shard) == _MOST_CLIPS or size + sample.size > _MOST_BYTES):
            yield shard
            shard, size = [], 0
        shard.append(sample)
        size += sample.size
    if shard:
        yield shard


def _tar(annotations: Sequence[Annotation], shard: Sequence[_Sample]) -> Iterator[bytes]:
    """The bytes of a tar file that tells nothing of the machine or the day it was made."""
    for sample in shard:
        data = document.to_json(annotations[sample.place])
        text = json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
        yield _head(f"{sample.key}.json", len(text))
        yield text + _padding(len(text))
        for suffix, file in sample.files.items():
            size = file.stat().st_size
            yield _head(f"{sample.key}.{suffix}", size)
            yield from _content(file, size)
            yield _padding(size)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _head(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)  # its time, owner and group are zero
    info.size = size
    return info.tobuf(tarfile.PAX_FORMAT)


def _content(file: Path, size: int) -> Iterator[bytes]:
    left = size
    with file.open("rb") as content:
        while left and (piece := content.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece
    if left:
        raise InputError(f"{file} became shorter while it was packed.")


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _rows(shard: Path) -> Iterator[Annotation]:
    name = ""
    try:
        with tarfile.open(shard, "r:") as tar:
            for member in tar:
                name = member.name
                if not member.isfile() or not name.endswith(".json"):
                    continue
                if member.size > _LARGEST_JSON:
                    raise InputError(f"{shard}, {name}: {member.size:,} bytes are no annotation.")
                file = tar.extractfile(member) or io.BytesIO()
                yield document.from_json(json.load(file), f"annotation {name} in {shard}")
    except (tarfile.TarError, OSError, ValueError, RecursionError) as error:
        raise InputError(f"{shard} is damaged at {name or 'its start'}: {error}") from error
