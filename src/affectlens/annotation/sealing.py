"""The manifest of a data set: its files with their checksums, and one checksum of them all."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from affectlens.annotation import document
from affectlens.annotation.annotation import Annotation
from affectlens.annotation.folder import DataFolder
from affectlens.annotation.format import About
from affectlens.annotation.work import key_of
from affectlens.foundation.errors import InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.records import write_atomically, write_pieces

SCHEMA = "affectlens.dataset/1"
# With the folders of formats what is made anew each time. Failures tell paths of the machine, and
# media have their checksums in the annotations.
_OWN = ("README.md", "annotations.jsonl", "card.html", "recipe.json", "rejected.jsonl")


def seal(
    folder: DataFolder, facts: Mapping[str, Any], formats: Iterable[str] = ()
) -> dict[str, Any]:
    """Write the manifest, which says that the data set is whole; gives what it says."""
    found = _files(folder.path, {*_OWN, *formats})
    files = {name: sha256_of(path) for name, path in found.items()}
    data = {"schema": SCHEMA, **facts, "files": files, "dataset_sha256": key_of(files)}
    write_atomically(folder.manifest, json.dumps(data, ensure_ascii=False, indent=1) + "\n")
    return data


def manifest(folder: DataFolder) -> dict[str, Any] | None:
    """What the manifest says; None where there is none, or one that cannot be read."""
    try:
        found = json.loads(folder.manifest.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        return None
    files = found.get("files")  # damaged: their sum is another
    return found if found.get("dataset_sha256") == key_of(files) else None


def is_whole(folder: DataFolder) -> bool:
    """Whether all files are there as they were written."""
    return folder.failures.is_file() and not any(changed(folder))


def changed(folder: DataFolder) -> Iterator[str]:
    """A sentence for each file that is not as it was written.

    Raises:
        InputError: there is no manifest.
    """
    said = manifest(folder)
    if said is None:
        raise InputError(
            f"{folder.path} has no manifest: it was not finished. Give the command that makes it."
        )
    there = _files(folder.path, {name.partition("/")[0] for name in said["files"]})
    for name, sha256 in said["files"].items():
        if name not in there:
            yield f"{name} is gone"
        elif sha256_of(there[name]) != sha256:
            yield f"{name} is not what was written"
    for name in there.keys() - said["files"].keys():
        yield f"{name} was not there"


def about(folder: DataFolder) -> About:
    """What formats want to know of it."""
    said = manifest(folder) or {}
    return About(
        root=folder.path,
        name=str(said.get("name", folder.path.name)),
        licence=str(said.get("licence", "")),
        recipe_sha256=str(said.get("recipe_sha256", "")),
    )


def write_imported(folder: DataFolder, found: Sequence[Annotation], *, about: About) -> None:
    """A data set of annotations that another tool made."""
    write_lines(folder.annotations, found)
    write_lines(folder.rejected, ())
    facts = {"name": about.name, "licence": about.licence, "recipe_sha256": ""}
    counts = {"kept": len(found), "rejected": {}, "failed": 0, "notes": [], "unwritten": []}
    seal(folder, {**facts, **counts})


def write_lines(path: Path, annotations: Iterator[Annotation] | Sequence[Annotation]) -> None:
    """Annotations as JSON lines, the file whole or not at all."""
    write_pieces(path, (line_of(document.to_json(one)) for one in annotations))


def line_of(data: Mapping[str, Any]) -> bytes:
    """One line of JSON."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return text.encode(errors="backslashreplace") + b"\n"


def _files(root: Path, tops: Iterable[str]) -> dict[str, Path]:
    """Files of these names, and those in folders of these names, in order by their names."""
    return {
        path.relative_to(root).as_posix(): path
        for top in sorted(tops)
        for path in (root / top, *sorted((root / top).rglob("*")))
        if path.is_file()
    }
