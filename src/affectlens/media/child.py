"""The parent's side of the decoder: starts it, reads its answers, enforces time, ends it."""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from affectlens.foundation.errors import AffectlensError, InputError, LimitError
from affectlens.media.limits import Limits
from affectlens.media.wire import LENGTHS, LONGEST_HEADER

_PIPE_BYTES = 1 << 20  # lets the decoder work ahead by about one frame
_F_SETPIPE_SZ = 1031  # Linux; fcntl has no name for it everywhere
_LAST_WORDS = 2000


class Job(Protocol):
    """One job of a decoder."""

    def messages(self) -> Iterator[tuple[dict[str, Any], bytearray]]:
        """Header and payload of every answer until the job is done."""

    def close(self) -> None:
        """Want no more of it."""


class Decoder(Protocol):
    """Whoever has jobs done: a process for each (`Child`), or `shared.Shared`."""

    def __call__(self, job: Mapping[str, Any], *, file: int, name: str, limits: Limits) -> Job:
        """Begin a job on an open file."""


class Child:
    """One decoder process with one job; ends when closed, collected or done."""

    def __init__(self, job: Mapping[str, Any], *, file: int, name: str, limits: Limits) -> None:
        self._start(name, limits, files=(file,))
        self._hand_over({**job, "file": file, "name": name, "limits": asdict(limits)})

    def _start(
        self,
        name: str,
        limits: Limits,
        *,
        files: tuple[int, ...] = (),
        jobs: socket.socket | None = None,
    ) -> None:
        """Start the process, for one job or for those that come by a socket."""
        self._name, self._limits = name, limits
        self._waited_s = 0.0
        self._stderr_tail = b""
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "affectlens.media.decoder"],
            stdin=subprocess.PIPE if jobs is None else jobs.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=files,
            bufsize=0,
        )
        self._selector = selectors.DefaultSelector()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            self._selector.register(pipe, selectors.EVENT_READ)
        widen(self._out)

    @property
    def _out(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def _hand_over(self, job: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once; reading tells why

    def messages(self) -> Iterator[tuple[dict[str, Any], bytearray]]:
        """Header and payload of every answer until the job is done; then the process is gone.

        Raises:
            InputError: the file cannot be decoded, or the decoder broke down over it.
            LimitError: a cap was reached.
            AffectlensError: the decoder itself is at fault.
        """
        try:
            while True:
                header, payload = self._next_message()
                if header["kind"] == "end":
                    return
                refuse(header)
                if header["kind"] != "alive":
                    yield header, payload
        finally:
            self.close()

    def _next_message(self) -> tuple[dict[str, Any], bytearray]:
        header_bytes, payload_bytes = LENGTHS.unpack(self._read(LENGTHS.size))
        if (
            header_bytes > LONGEST_HEADER
            or payload_bytes > 4 * self._limits.pixels + LONGEST_HEADER
        ):
            raise self._broken("sent nonsense")
        try:
            header = json.loads(self._read(header_bytes))
        except ValueError:
            raise self._broken("sent nonsense") from None
        return header, self._read(payload_bytes)

    def _read(self, count: int) -> bytearray:
        """Exactly so many bytes."""
        buffer = bytearray(count)
        view, filled = memoryview(buffer), 0
        while filled < count:
            self._wait_for_output()
            got = os.readv(self._out, [view[filled:]])
            if not got:
                raise self._why_it_ended()
            filled += got
        return buffer

    def _wait_for_output(self) -> None:
        """Return as soon as there is something to read; only time spent here counts."""
        start_s = time.monotonic()
        while True:
            silent_s = time.monotonic() - start_s
            left_s = min(self._limits.silence_s, self._limits.wall_s - self._waited_s) - silent_s
            if left_s <= 0:
                raise self._too_slow()
            ready = [key.fd for key, _ in self._selector.select(left_s)]
            if ready and self._out not in ready:
                self._listen_to_stderr()
            elif ready:
                self._waited_s += time.monotonic() - start_s
                return

    def _listen_to_stderr(self) -> None:
        """Keep the end of what the process prints; it never reaches the terminal."""
        pipe = self._process.stderr
        assert pipe is not None
        said = os.read(pipe.fileno(), 65536)
        self._stderr_tail = (self._stderr_tail + said)[-_LAST_WORDS:]
        if not said:
            self._selector.unregister(pipe)

    def _too_slow(self) -> LimitError:
        limits = self._limits
        if self._waited_s + limits.silence_s < limits.wall_s:
            return LimitError(
                f"The decoder gave no sign for {limits.silence_s:g} s over {self._name} and was"
                " stopped. If you trust the file, raise silence_s."
            )
        return LimitError(
            f"Decoding {self._name} took longer than {limits.wall_s:g} s and was stopped."
            " Cut the file, or raise wall_s."
        )

    def _why_it_ended(self) -> AffectlensError:
        """The error for a process that went away without a word."""
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return LimitError(
                f"Decoding {self._name} used up its processor time and was stopped."
                " Cut the file, or raise wall_s."
            )
        if code == -signal.SIGKILL:
            return LimitError(
                f"The system stopped the decoder over {self._name}, most likely because memory"
                " ran out. Close other programs, or lower memory_bytes to fail earlier."
            )
        if code < 0:
            return self._broken(f"crashed ({signal.Signals(-code).name})")
        while self._process.stderr in {key.fileobj for key in self._selector.get_map().values()}:
            self._listen_to_stderr()
        last_line = self._stderr_tail.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return AffectlensError(
            f"The decoder stopped over {self._name} with exit code {code}: {last_line[:300]}."
            " This is a fault of the program or its installation, please report it."
        )

    def _broken(self, what: str) -> InputError:
        return InputError(
            f"{self._name} cannot be decoded: the decoder {what}."
            " The file is probably damaged; converting it with another program may help."
        )

    def close(self) -> None:
        """End the process, if it still runs, and wait until it is gone."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()


def refuse(header: Mapping[str, Any]) -> None:
    """Raise what an answer tells went wrong, if it does."""
    if header["kind"] == "error":
        raise (LimitError if header["cap"] else InputError)(str(header["text"]))


def widen(pipe: int) -> None:
    """Let a pipe hold more, where the system can."""
    if sys.platform != "linux":
        return
    import fcntl

    try:
        fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)
    except PermissionError:  # the user has too many wide pipes already
        return
