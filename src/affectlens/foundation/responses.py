"""`Responses`: replies of served models on disk, so that the same question is not asked twice.

Only what is asked at temperature 0 is kept, and of that only replies: never an empty one, never a
failure.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.foundation.chat import Message, Reply
from affectlens.foundation.endpoint import Client
from affectlens.foundation.errors import InputError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.weights import cache_folder

_TABLE = (
    "CREATE TABLE IF NOT EXISTS replies"
    " (key TEXT PRIMARY KEY, text TEXT NOT NULL, model TEXT NOT NULL, fingerprint TEXT NOT NULL)"
)
_WAIT_S = 60.0  # for other processes that write


@dataclass(frozen=True, slots=True)
class Responses:
    """A file of replies; several processes may use it, and one that is killed leaves it whole."""

    path: Path

    @staticmethod
    def usual() -> "Responses":
        """The one in the project's cache folder."""
        return Responses(cache_folder() / "responses.sqlite")

    def find(self, keys: Sequence[str]) -> dict[str, Reply]:
        """The replies that are there, by their keys.

        Raises:
            InputError: the file cannot be used.
        """
        with self._open() as database:
            rows = (
                database.execute("SELECT text, model, fingerprint FROM replies WHERE key=?", (key,))
                for key in keys
            )
            found = zip(keys, (row.fetchone() for row in rows), strict=True)
            return {key: Reply(*values) for key, values in found if values is not None}

    def keep(self, key: str, reply: Reply) -> None:
        """Put a reply on the disk.

        Raises:
            InputError: the file cannot be used.
        """
        assert reply.text.strip(), "an empty reply is none"
        with self._open() as database, database:
            database.execute(
                "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?)",
                (key, reply.text, reply.model, reply.fingerprint),
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own for each use, so that threads and forks share none."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)  # replies are about people
            with closing(sqlite3.connect(self.path, timeout=_WAIT_S)) as database:
                database.execute(_TABLE)
                yield database
        except (sqlite3.DatabaseError, OSError) as error:
            raise InputError(
                f"The stored replies {self.path} cannot be used: {error}. Delete that file, or "
                "choose another; replies that are not stored are asked for again."
            ) from error


def key_of(identity: str, request: Mapping[str, Any]) -> str:
    """SHA-256 in hex of who is asked and what."""
    asked = {"identity": identity, "request": request}
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return sha256_of_text(text)


def complete_all(
    client: Client,
    requests: Sequence[Sequence[Message]],
    *,
    responses: Responses | None,
    progress: Progress = silent,
) -> list[Reply | Missing]:
    """`Client.complete_all`, asking only for what is not stored; equal requests are sent once.

    Raises:
        UnavailableError: as the client; what was replied before is stored.
        InputError: the file of replies cannot be used.
    """
    settings = client.settings
    if responses is None or settings.temperature > 0:
        return client.complete_all(requests, progress=progress)
    keys = [key_of(settings.identity, settings.request(request)) for request in requests]
    by_key = dict(zip(keys, requests, strict=True))
    found: dict[str, Reply | Missing] = dict(responses.find(list(by_key)))
    new = [key for key in by_key if key not in found]

    def take(place: int, reply: Reply | Missing) -> None:
        found[new[place]] = reply
        if isinstance(reply, Reply):
            responses.keep(new[place], reply)

    client.complete_all([by_key[key] for key in new], on_reply=take, progress=progress)
    return [found[key] for key in keys]
