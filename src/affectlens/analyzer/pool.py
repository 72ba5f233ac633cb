"""Worker processes that do one item after the other; one that dies costs its item only."""

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Died(Exception):  # noqa: N818 - given back as a result, beside those of the work itself
    """A worker ended in the middle of an item: native code crashed, or memory ran out."""


class Pool(Generic[Item, Result]):
    """Runs `work` over items in `count` processes; results come in the order in which they finish.

    `work` must be importable (a module's function), items and results picklable: they only ever
    travel between our own processes.
    """

    def __init__(self, work: Callable[[Item], Result], count: int) -> None:
        self._work = work
        self._count = count
        self._context = multiprocessing.get_context("spawn")

    def map(self, items: Iterable[Item]) -> Iterator[tuple[Item, Result | Died]]:
        """Each item with its result, or with `Died`. Closing the iterator ends the workers."""
        queue = iter(items)
        busy: dict[Connection, tuple[BaseProcess, Item]] = {}
        try:
            for _ in range(self._count):
                self._next(queue, busy, None)
            while busy:
                for ready in wait(list(busy)):
                    assert isinstance(ready, Connection)
                    process, item = busy.pop(ready)
                    result, worker = self._receive(ready, process)
                    self._next(queue, busy, worker)
                    yield item, result
        finally:
            for process, _ in busy.values():
                process.terminate()
            for process, _ in busy.values():
                process.join()

    def _next(
        self,
        queue: Iterator[Item],
        busy: dict[Connection, tuple[BaseProcess, Item]],
        worker: tuple[Connection, BaseProcess] | None,
    ) -> None:
        """Give the next item to a worker, made where there is none; without one it ends."""
        try:
            item = next(queue)
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
        busy[connection] = (process, item)

    def _start(self) -> tuple[Connection, BaseProcess]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._work), daemon=True)
        process.start()
        theirs.close()
        return ours, process

    @staticmethod
    def _receive(
        connection: Connection, process: BaseProcess
    ) -> tuple[Result | Died, tuple[Connection, BaseProcess] | None]:
        try:
            return connection.recv(), (connection, process)
        except (EOFError, ConnectionResetError):
            connection.close()
            process.join()
            return Died(f"The worker process ended with code {process.exitcode}."), None


def _serve(connection: Connection, work: Callable[[Item], Result]) -> None:
    """Work until the other end closes, which it also does when its process is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            connection.send(work(connection.recv()))
