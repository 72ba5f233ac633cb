"""Worker processes of our own that do one item after the other."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic

from affectlens.analyzer.engine import Died, Item, Result

_Worker = tuple[Connection, BaseProcess]


def spread(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    address: str | None = None,
) -> Iterator[tuple[Item, Result | Died]]:
    """Each item with its result; an item is taken when a worker is free for it."""
    assert address is None, address
    return _Pool(work, iter(items)).run(workers)


@dataclass(slots=True)
class _Pool(Generic[Item, Result]):
    """The items that are left, and who is busy with which."""

    work: Callable[[Item], Result]
    queue: Iterator[Item]
    busy: dict[Connection, tuple[BaseProcess, Item]] = field(default_factory=dict)

    def run(self, workers: int) -> Iterator[tuple[Item, Result | Died]]:
        try:
            for _ in range(workers):
                self._next(None)
            while self.busy:
                for ready in wait(list(self.busy)):
                    assert isinstance(ready, Connection)
                    process, item = self.busy.pop(ready)
                    result, worker = _receive(ready, process)
                    self._next(worker)
                    yield item, result
        finally:
            for process, _ in self.busy.values():
                process.terminate()
            for process, _ in self.busy.values():
                process.join()

    def _next(self, worker: _Worker | None) -> None:
        """Give the next item to a worker, made where there is none; without one it ends."""
        try:
            item = next(self.queue)
        except StopIteration:
            if worker is not None:
                worker[0].close()
                worker[1].join()
            return
        connection, process = worker or self._start()
        try:
            connection.send(item)
        except (BrokenPipeError, ConnectionResetError):  # it died after its last answer
            connection.close()
            process.join()
            connection, process = self._start()
            connection.send(item)
        self.busy[connection] = (process, item)

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.work), daemon=True)
        process.start()
        theirs.close()
        return ours, process


def _receive(connection: Connection, process: BaseProcess) -> tuple[object, _Worker | None]:
    try:
        return connection.recv(), (connection, process)
    except (EOFError, ConnectionResetError):
        connection.close()
        process.join()
        return Died(f"The worker process ended with code {process.exitcode}."), None


def _serve(connection: Connection, work: Callable[[Item], Result]) -> None:
    """Work until the other end closes; a parent that is killed ends it in the middle of an item."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            connection.send(work(connection.recv()))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
