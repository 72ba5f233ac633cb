"""Worker processes on this machine."""

import itertools
from collections.abc import Callable, Generator, Iterable
from multiprocessing.connection import Connection, wait

from affectlens.analyzer.engine import Died, Item, Result
from affectlens.analyzer.worker import Worker, pack, unpack


def spread(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    address: str | None = None,
) -> Generator[tuple[Item, Result | Died]]:
    """Each item with its result; an item is taken when a worker is free for it."""
    assert address is None, address
    queue, packed = iter(items), pack(work)
    busy: dict[Connection, tuple[Worker, Item]] = {}

    def give(worker: Worker, item: Item) -> None:
        worker.put(pack(item))
        busy[worker.connection] = (worker, item)

    try:
        for item in itertools.islice(queue, workers):
            give(Worker(packed), item)
        while busy:
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                worker, item = busy.pop(ready)
                result = unpack(worker.get())
                for following in itertools.islice(queue, 1):  # before ours is looked at
                    give(worker, following)
                    break
                else:
                    worker.dismiss()
                yield item, result
    finally:
        for worker, _ in busy.values():
            worker.stop()
