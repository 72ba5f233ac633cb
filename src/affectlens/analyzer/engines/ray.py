"""Ray Data, on this machine or on a cluster.

A Ray task hands its item to a process of ours, as the pool does: what kills that process costs the
item only, with the same words. Had the work run in Ray's own worker, Ray would try a deadly item
several times, and nobody would learn how it ended; this way what Ray tries again is what machines
that fail leave undone.
"""

import contextlib
import functools
import importlib
import itertools
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.analyzer.engine import Died, Item, Result
from affectlens.analyzer.worker import Worker, pack, unpack
from affectlens.foundation.errors import UnavailableError

# A data set is a fixed list, so items go through Ray in sets of so many a worker, one after the
# other: enough that waiting for a set's last item weighs little.
_ITEMS_PER_WORKER = 16
_ANSWER_S = 10.0
_LONGEST_FOLDER = 40  # Ray puts sockets below it, whose paths have 104 bytes at most
# Ray's workers have settings of their own; these decide what we find and how many threads nets use.
_KEPT = ("AFFECTLENS_", "HF_HUB_", "OMP_NUM_THREADS")
_LOST = (
    "Ray did not give it back: the machine that had it was lost, or lacks this version of "
    "affectlens. Ray's own logs tell."
)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a process of the pool inherits, and one below Ray must be told."""

    folder: Path
    modules: Sequence[str]  # where Python looks for them
    environment: Mapping[str, str]

    @staticmethod
    def here() -> "_Place":
        kept = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
        return _Place(Path.cwd(), [str(Path(folder).resolve()) for folder in sys.path], kept)

    def enter(self) -> None:
        if self.folder.is_dir():
            os.chdir(self.folder)
        sys.path.extend(folder for folder in self.modules if folder not in sys.path)
        for name in [name for name in os.environ if name.startswith(_KEPT)]:
            del os.environ[name]
        os.environ.update(self.environment)


def spread(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    address: str | None = None,
) -> Generator[tuple[Item, Result | Died]]:
    """Each item with its result; a few sets of items are taken ahead.

    Raises:
        UnavailableError: Ray is not installed, or there is no cluster at the address.
    """
    ray = _load(address)
    return _spread(ray, work, iter(items), workers, address)


def _spread(
    ray: Any,
    work: Callable[[Item], Result],
    queue: Iterator[Item],
    workers: int,
    address: str | None,
) -> Generator[tuple[Item, Result | Died]]:
    size = workers * _ITEMS_PER_WORKER
    some = list(itertools.islice(queue, size))
    if not some:
        return
    with _session(ray, workers, address):
        while some:
            yield from _done(ray, work, some, workers)
            some = list(itertools.islice(queue, size))


def _load(address: str | None) -> Any:
    """Ray; what it would send home, and where others could reach it, is settled before."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address is None:
        # Whatever its name says, on Linux too this makes Ray listen on the loopback address only.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        importlib.import_module("ray.data")
        return importlib.import_module("ray")
    except ImportError as error:
        raise UnavailableError(
            f"The engine 'ray' needs Ray Data ({error}): pip install 'affectlens[ray]'. The engine "
            "'pool' needs nothing."
        ) from None


@contextlib.contextmanager
def _session(ray: Any, workers: int, address: str | None) -> Iterator[None]:
    """Ray as it runs in this process already, else started or joined, and left afterwards."""
    logger = logging.getLogger("ray.data")  # would tell of each set of items
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        if ray.is_initialized():
            yield
            return
        with tempfile.TemporaryDirectory(prefix="affectlens-") as folder:
            with _signals_kept():
                _init(ray, workers, address, folder)
            try:
                yield
            finally:
                ray.shutdown()
    finally:
        logger.setLevel(level)


def _init(ray: Any, workers: int, address: str | None, folder: str) -> None:
    where: dict[str, Any] = {"address": address}
    if address is None:
        where = {"address": "local", "num_cpus": workers, "include_dashboard": False}
        if len(folder) <= _LONGEST_FOLDER:
            where["_temp_dir"] = folder
    try:
        _knock(address)
        ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        wanted = "Ray cannot be started" if address is None else f"There is no Ray at {address}"
        raise UnavailableError(f"{wanted}: {error}.") from error


def _knock(address: str | None) -> None:
    """Where nobody is at home, Ray itself would wait for minutes.

    Raises:
        OSError: nobody answers.
    """
    host, _, port = (address or "").rpartition(":")
    if host and port.isdecimal() and "//" not in host:
        socket.create_connection((host, int(port)), _ANSWER_S).close()


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM for itself and would exit with a code of its own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _done(
    ray: Any, work: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Generator[tuple[Item, Result | Died]]:
    """One set of items; each is a block, so that it comes back when it is ready."""
    context = ray.data.DataContext.get_current().copy()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1  # their items are those that did not come back
    with ray.data.DataContext.current(context):
        rows = [{"place": place, "item": pack(item)} for place, item in enumerate(items)]
        results = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
            functools.partial(_do, work=pack(work), place=_Place.here()),
            compute=ray.data.TaskPoolStrategy(size=workers),
            num_cpus=1,
        )
    left = dict(enumerate(items))
    # What looks ahead would keep a result until the next one is there.
    for block in results.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"):
        for row in block.to_pylist():
            yield left.pop(row["place"]), unpack(row["result"])
    for item in left.values():
        yield item, Died(_LOST)


# Below: in a worker of Ray's.

_worker: Worker | None = None  # of the process: models stay loaded from task to task


def _do(row: Mapping[str, Any], *, work: bytes, place: _Place) -> dict[str, Any]:
    global _worker
    place.enter()  # each time: Ray sets what it wants before each task
    if _worker is None or _worker.work != work:
        if _worker is not None:
            _worker.dismiss()
        _worker = Worker(work)
    _worker.put(row["item"])
    return {"place": row["place"], "result": _worker.get()}
