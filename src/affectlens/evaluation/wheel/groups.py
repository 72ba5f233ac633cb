"""Groups of words with one meaning, as a judge named them once and as they were kept."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affectlens.corpora import plain, table
from affectlens.foundation.errors import InputError

Groups = list[list[str]]

_NAMES = ("name", "names", "id")
_REPLIES = ("reply", "response", "grouping", "groups", "grouping_response")


def group_words(reply: str) -> Groups:
    """The groups of a judge's reply, as the published scripts read it.

    Whatever stands between brackets is a group, and between quotes a word, untrimmed.
    Source: MER2024-OV, specs/affectgpt-emer.md §2.2.
    """
    chunks = re.split(r"[\[\]]", reply)
    groups = (re.split("['\"]", chunk) for chunk in chunks if _is_word(chunk))
    return [[word for word in group if _is_word(word)] for group in groups]


def representatives(groups: Sequence[Sequence[str]]) -> dict[str, str]:
    """Each word with the first word of its group; of two groups the later has it."""
    return {word: group[0] for group in groups for word in group}


def stored(path: Path) -> Mapping[str, Groups]:
    """Groups by the names of samples.

    Of a folder, each file {name}.npy or {name}.npz is a reply or a list of lists; of a .csv,
    .json, .jsonl or .xlsx file, each row has columns "name" and "reply"; an .npz file has an array
    for each name.

    Raises:
        InputError: there is nothing, or something in it is neither a reply nor a list of lists.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in (".npy", ".npz"))
        if not files:
            raise InputError(f"{path} has no groupings: wanted files NAME.npy or NAME.npz.")
        return {file.stem: _groups(_single(file), file.name) for file in files}
    if path.suffix == ".npz":
        return {name: _groups(value, f"{path.name}, {name}") for name, value in _all(path).items()}
    found = table.read(path)
    name, reply = found.column(*_NAMES), found.column(*_REPLIES)
    rows = found.by(name).items()
    return {key: _groups(row.cells.get(reply), row.place(reply)) for key, row in rows}


def _single(file: Path) -> Any:
    if file.suffix == ".npy":
        return plain.read_npy(file)
    values = list(plain.read_npz(file).values())
    if len(values) != 1:
        raise InputError(f"{file.name} has {len(values)} arrays: wanted one, a judge's reply.")
    return values[0]


def _all(file: Path) -> Mapping[str, Any]:
    found = plain.read_npz(file)
    only = next(iter(found.values())) if len(found) == 1 else None
    return only if isinstance(only, dict) else found


def _groups(value: Any, place: str) -> Groups:
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, str):
        return group_words(value)
    if isinstance(value, list) and all(isinstance(group, list) for group in value):
        return [[str(word) for word in group] for group in value if group]
    raise InputError(f"{place}: wanted a judge's reply or a list of lists of words.")


def _is_word(text: str) -> bool:
    return text.strip() not in ("", ",")
