"""Promises of the pool of processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from affectlens.analyzer.pool import Died, Pool


def _double(number: int) -> int:
    return 2 * number


def _die_on_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def _pid(number: int) -> int:
    return os.getpid()


def _sleep(number: int) -> int:
    time.sleep(60)
    return number


def test_every_item_comes_back_once_with_its_own_result() -> None:
    pool: Pool[int, int] = Pool(_double, 2)
    assert sorted(pool.map(range(7))) == [(n, 2 * n) for n in range(7)]


def test_a_worker_that_dies_costs_only_the_item_that_killed_it() -> None:
    pool: Pool[int, int] = Pool(_die_on_three, 2)
    results = dict(pool.map(range(6)))
    assert isinstance(results.pop(3), Died)
    assert results == {n: n for n in range(6) if n != 3}


def test_workers_are_kept_so_that_models_load_once() -> None:
    pool: Pool[int, int] = Pool(_pid, 1)
    assert len({pid for _, pid in pool.map(range(4))}) == 1


def test_no_items_start_no_worker() -> None:
    pool: Pool[int, int] = Pool(_double, 2)
    assert list(pool.map([])) == []


_PARENT = """
import time
from pool_work import work
from affectlens.analyzer.pool import Pool
if __name__ == "__main__":
    for item, pid in Pool(work, 1).map(range(10**6)):
        print(pid, flush=True)
        time.sleep(0.2)
"""


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    (tmp_path / "pool_work.py").write_text("import os\ndef work(n):\n    return os.getpid()\n")
    (tmp_path / "parent.py").write_text(_PARENT)
    parent = subprocess.Popen(
        [sys.executable, "parent.py"], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not _alive(worker):
            return
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    raise AssertionError(f"Worker {worker} outlived its parent by ten seconds.")


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def _die_after(number: int) -> int:
    threading.Timer(0.05, os._exit, (1,)).start()
    return number


def test_a_worker_that_dies_between_two_items_is_replaced() -> None:
    def slowly() -> Iterator[int]:
        for number in range(3):
            yield number
            time.sleep(0.5)

    pool: Pool[int, int] = Pool(_die_after, 1)
    assert sorted(pool.map(slowly())) == [(n, n) for n in range(3)]
