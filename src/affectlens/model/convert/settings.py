"""Sizes in the config.json of a folder that a conversion shall be like."""

import json
from pathlib import Path
from typing import Any

from affectlens.foundation.errors import InputError


def read(folder: Path, key: str | None = None) -> dict[str, Any]:
    """The folder's config.json, or a table in it.

    Raises:
        InputError: there is none.
    """
    path = folder / "config.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        table = data if key is None else data[key]
        return dict(table)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} does not say sizes: {error!r}") from error
