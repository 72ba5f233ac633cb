"""Data sets of LLaMA-Factory: those that a `dataset_info.json` lists, or a file alone."""

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.training.conversations import Conversations, Part
from affectlens.training.item import Item
from affectlens.training.json_rows import JsonRows

TITLE = "LLaMA-Factory"

_LISTED = "dataset_info.json"
_FORMS = ("alpaca", "sharegpt", "openai")

Entry = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which of the data sets, and where media are told from."""

    dataset: str = ""  # names with commas between them; empty: all that have a file here
    media: str = ""  # a folder, as `media_dir` there; empty: that of dataset_info.json


def read(path: Path, config: Config) -> Sequence[Item]:
    """Rows of the data sets, in their order; splits are told by the names of files.

    Raises:
        ConfigError: there is no such data set.
        InputError: a file is not there, or damaged as a whole.
    """
    folder = path if path.is_dir() else path.parent
    entries = _entries(folder, required=path.is_dir())
    if path.is_dir():
        chosen = [entries[name] for name in _names(entries, config.dataset, folder)]
    else:
        known = (one for one in entries.values() if one.get("file_name") == path.name)
        chosen = [next(known, {"file_name": path.name})]
    roots = ((Path(config.media),) if config.media else ()) + (folder, folder.parent)
    parts = [
        Part(
            rows=JsonRows(folder / entry["file_name"]),
            roots=roots,
            columns=entry.get("columns", {}),
            tags=entry.get("tags", {}),
        )
        for entry in chosen
    ]
    return Conversations(parts, "llama_factory").items()


def _entries(folder: Path, *, required: bool) -> dict[str, Entry]:
    """What dataset_info.json lists, by name."""
    file = folder / _LISTED
    if not file.is_file():
        if required:
            raise InputError(f"{folder} has no {_LISTED}: give the folder that has it, or a file.")
        return {}
    try:
        found = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file} is not JSON: {error}.") from None
    if not isinstance(found, dict) or not all(_is_entry(one) for one in found.values()):
        raise InputError(
            f"{file}: wanted data sets by name, each with a file_name, columns and tags."
        )
    return found


def _is_entry(one: object) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("file_name", ""), str)
        and all(isinstance(one.get(name, {}), dict) for name in ("columns", "tags"))
    )


def _names(entries: Mapping[str, Entry], wanted: str, folder: Path) -> list[str]:
    """Those that were asked for, else all that have a file."""
    here = [name for name, entry in entries.items() if _readable(entry)]
    chosen = [name.strip() for name in wanted.split(",") if name.strip()]
    for name in chosen:
        if name not in here:
            near = difflib.get_close_matches(name, here, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ConfigError(
                f"{folder / _LISTED} has no conversations {name!r} in a file.{hint} It has: "
                f"{', '.join(here) or 'none'}."
            )
    if not here:
        raise InputError(f"{folder / _LISTED} lists no conversations that have a file.")
    return chosen or here


def _readable(entry: Entry) -> bool:
    """Whether it is a file of conversations: no hub, no pairs of answers."""
    form = entry.get("formatting", _FORMS[0])
    return "file_name" in entry and not entry.get("ranking") and form in _FORMS
