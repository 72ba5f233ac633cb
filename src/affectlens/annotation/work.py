"""`Work`: what the steps gave, on the disk, found again by what they were made of.

Percepts are arrays, in a file of their own by key. Everything else of an item is small and stands
in one JSON file: for each step the key of the last time and what it gave.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.records import write_atomically


def key_of(*parts: object) -> str:
    """SHA-256 in hex of plain values."""
    return sha256_of_text(json.dumps(parts, sort_keys=True, ensure_ascii=False))


def _is_whole(step: dict[str, Any]) -> bool:
    """Whether a step's value is what was written, to the last bit."""
    return "value" in step and step.get("sha256") == key_of(step["value"])


@dataclass(slots=True)
class Work:
    """The work done on one item; nothing is trusted that cannot be read, it is made anew."""

    folder: Path  # of the data set's work
    item_id: str
    _steps: dict[str, Any] | None = field(default=None, init=False)

    def step(self, name: str, key: str, make: Callable[[], Any]) -> Any:
        """What a step gave when its key was this one, else what `make` gives now: plain JSON.

        It is on the disk before this returns. What raises leaves nothing.
        """
        steps = self._loaded()
        found = steps.get(name)
        if isinstance(found, dict) and found.get("key") == key and _is_whole(found):
            return found["value"]
        value = make()
        steps[name] = {"key": key, "value": value, "sha256": key_of(value)}
        write_atomically(self._file, json.dumps(steps, ensure_ascii=False, allow_nan=False))
        return value

    def blob(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Bytes by their key, as `step`; whoever reads them checks that they are whole."""
        path = self.folder / "percepts" / key[:2] / f"{key}.bin"
        if path.is_file():
            return path.read_bytes()
        data = make()
        write_atomically(path, data)
        return data

    def forget(self, key: str) -> None:
        """Drop bytes that turned out to be damaged."""
        (self.folder / "percepts" / key[:2] / f"{key}.bin").unlink(missing_ok=True)

    @property
    def _file(self) -> Path:
        return self.folder / "items" / f"{self.item_id}.json"

    def _loaded(self) -> dict[str, Any]:
        if self._steps is None:
            try:
                found = json.loads(self._file.read_text("utf-8"))
            except (OSError, ValueError, RecursionError):
                found = {}
            self._steps = found if isinstance(found, dict) else {}
        return self._steps
