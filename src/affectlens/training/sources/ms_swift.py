"""Conversations of ms-swift: a file of JSON lines, or all of a folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.foundation.errors import InputError
from affectlens.training.conversations import Conversations, Part
from affectlens.training.item import Item
from affectlens.training.json_rows import JsonRows

TITLE = "ms-swift"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Where media are told from."""

    media: str = ""  # a folder, as ROOT_IMAGE_DIR there; empty: that of the file, or the one above


def read(path: Path, config: Config) -> Sequence[Item]:
    """Rows of the files in the order of their names, which tell splits.

    Raises:
        InputError: there is none.
    """
    folder = path if path.is_dir() else path.parent
    suffixes = (".jsonl", ".json")
    files = (
        [path]
        if path != folder
        else sorted(one for one in folder.iterdir() if one.suffix.lower() in suffixes)
    )
    if not files:
        raise InputError(f"{path} has no .jsonl file of conversations.")
    roots = ((Path(config.media),) if config.media else ()) + (folder, folder.parent)
    parts = [Part(rows=JsonRows(file), roots=roots) for file in files]
    return Conversations(parts, "ms_swift").items()
