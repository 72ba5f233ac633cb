"""What MER-Factory exports: entries as MERR's in .json, and labels in a .txt of three columns.

Its files have names of the user's choice and labels of any set (specs/emotion-llama.md §4.2, §4.5).
"""

from collections import defaultdict
from pathlib import Path

from affectlens.annotation import merr_entry, merr_import
from affectlens.annotation.annotation import Annotation
from affectlens.annotation.merr_entry import Line
from affectlens.corpora.table import Row
from affectlens.foundation.errors import InputError

TITLE = "MER-Factory"


def read(path: Path) -> list[Annotation]:
    """The clips of a file, or of all .json and .txt files of a folder in the order of their names.

    Raises:
        InputError: there are none, or one is damaged; tells file and row.
    """
    root = path if path.is_dir() else path.parent
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    lines: dict[str, Line] = {}
    entries: dict[str, list[Row]] = defaultdict(list)
    for file in files:
        if file.suffix.lower() == ".txt":
            lines |= merr_entry.lines_of(file)
        elif file.suffix.lower() == ".json":
            for name, row in merr_entry.entries_of(file).items():
                entries[name].append(row)
    if not lines and not entries:
        raise InputError(
            f"{path} has nothing of MER-Factory: wanted .json files of clips by name, or .txt "
            "files of 'name frames label'."
        )
    return merr_import.annotations(root, "mer_factory", lines, entries, None)
