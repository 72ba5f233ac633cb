"""`Worker`: a process of our own that does one item after the other, and is replaced if it dies."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any

from affectlens.analyzer.engine import Died


def pack(thing: object) -> bytes:
    """An item or a result as it travels: between our own processes only."""
    return bytes(ForkingPickler.dumps(thing))


def unpack(data: bytes) -> Any:
    """What `pack` was given."""
    return ForkingPickler.loads(data)


class Worker:
    """Does `work`, a packed function; what it dies over, or what raises, costs that item only."""

    def __init__(self, work: bytes) -> None:
        self.work = work
        self._connection, self._process = _start(work)

    @property
    def connection(self) -> Connection:
        """Readable when the item that it was given is done."""
        return self._connection

    def put(self, item: bytes) -> None:
        """Give it a packed item."""
        try:
            self._connection.send_bytes(item)
        except OSError:  # it died: over its last item, or after its last answer
            self.dismiss()
            self._connection, self._process = _start(self.work)
            self._connection.send_bytes(item)

    def get(self) -> bytes:
        """Its answer, packed, once there is one: a result, or `Died`."""
        try:
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            self.dismiss()
            return pack(Died(f"The worker process ended with code {self._process.exitcode}."))

    def dismiss(self) -> None:
        """Let it end; it has nothing to do."""
        self._connection.close()
        self._process.join()

    def stop(self) -> None:
        """End it, whatever it does."""
        self._process.terminate()
        self.dismiss()


def _start(work: bytes) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _serve(connection: Connection, packed: bytes) -> None:
    """Work until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work = unpack(packed)
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send_bytes(_done(work, connection.recv_bytes()))


def _done(work: Callable[[Any], Any], item: bytes) -> bytes:
    try:
        return pack(work(unpack(item)))
    except Exception as error:  # noqa: BLE001 - as bad as a crash, and no reason to load models anew
        return pack(Died(f"{type(error).__name__}: {error}"))


def _end_with_parent() -> None:
    """A parent that is killed ends this process in the middle of an item."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
