"""`Shared`: one decoder process for many still pictures, one after the other.

To start a process costs a hundred times what a small picture does. The files still come to it as
open descriptors, under the same caps; a damaged one that brings it down costs only itself.
"""

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from affectlens.foundation.errors import AffectlensError
from affectlens.media.child import Child, refuse
from affectlens.media.limits import Limits

STILLS = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
_MOST = 1000  # jobs of one process: what it uses of its time and memory adds up


class Shared:
    """Starts decoders when they are asked for; `close` ends the one that runs."""

    def __init__(self) -> None:
        self._worker: _Worker | None = None
        self._of = (0, Limits())  # the process that started it, and its caps

    def __call__(self, job: Mapping[str, Any], *, file: int, name: str, limits: Limits) -> "Turn":
        """A job, told as a `Child` tells it; the one before is over."""
        here = (os.getpid(), limits)
        if self._of[0] != here[0]:
            self._worker = None  # it answers the process that this one was forked from
        if self._worker is not None and (self._of != here or not self._worker.is_free):
            self.close()
        if self._worker is None:
            self._worker, self._of = _Worker(limits), here
        return self._worker.turn(job, file, name)

    def close(self) -> None:
        """End the process, if there is one of this process."""
        if self._worker is not None and self._of[0] == os.getpid():
            self._worker.close()
        self._worker = None


class _Worker(Child):
    """A decoder that waits for further jobs on a socket."""

    def __init__(self, limits: Limits) -> None:
        self._ours, theirs = socket.socketpair()
        with theirs:
            self._start("a picture", limits, jobs=theirs)
        self._turns = 0
        self.is_gone = False
        self._last: Turn | None = None

    @property
    def is_free(self) -> bool:
        """Whether it waits for a job, and may take one more."""
        over = self._last is None or self._last.is_over
        return over and self._process.poll() is None and self._turns < _MOST

    def turn(self, job: Mapping[str, Any], file: int, name: str) -> "Turn":
        """Hand a job and its file over."""
        self._turns += 1
        self._name, self._waited_s = name, 0.0
        told = {**job, "name": name, "limits": asdict(self._limits)}
        with suppress(OSError):  # it died; reading tells why
            socket.send_fds(self._ours, [json.dumps(told).encode() + b"\n"], [file])
        self._last = Turn(self)
        return self._last

    def message(self) -> tuple[dict[str, Any], bytearray]:
        """The next answer; whatever goes wrong ends the process."""
        try:
            return self._next_message()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the process, and wait until it is gone."""
        self.is_gone = True
        self._ours.close()
        super().close()


class Turn:
    """One job of a shared decoder."""

    def __init__(self, worker: _Worker) -> None:
        self._worker = worker
        self.is_over = False

    def messages(self) -> Iterator[tuple[dict[str, Any], bytearray]]:
        """As of `Child`; the process stays."""
        while not self.is_over:
            header, payload = self._message()
            if header["kind"] not in ("end", "alive"):
                yield header, payload

    def close(self) -> None:
        """Take what is still to come, which of a picture is nothing or little."""
        with suppress(AffectlensError):  # nobody asks any more
            while not self.is_over and not self._worker.is_gone:
                self._message()

    def _message(self) -> tuple[dict[str, Any], bytearray]:
        self.is_over = True  # should the process die
        header, payload = self._worker.message()
        self.is_over = header["kind"] in ("end", "error")
        refuse(header)
        return header, payload
