"""Promises of what spreads work over processes, whatever the engine."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from affectlens.analyzer.engine import Crew, Died, spread
from affectlens.foundation.errors import ConfigError, UnavailableError

_RAY = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed"),
    # Ray's own code warns of itself, and leaves sockets to the collector.
    pytest.mark.filterwarnings("ignore"),
]
ENGINES = ["pool", pytest.param("ray", marks=_RAY)]


def _double(number: int) -> int:
    return 2 * number


def _delicate(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 4:
        os._exit(7)
    if number == 5:
        raise ValueError("five")
    return number


def _where(number: int) -> tuple[int, str, str | None, str | None]:
    told = os.environ.get("AFFECTLENS_HOME"), os.environ.get("OMP_NUM_THREADS")
    return (os.getpid(), str(Path.cwd()), *told)


def _sleep(number: int) -> int:
    time.sleep(60)
    return number


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def _gone(pids: set[int]) -> bool:
    for _ in range(100):
        if not any(map(_alive, pids)):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("engine", ENGINES)
def test_every_item_comes_back_once_and_what_kills_a_worker_costs_its_item(engine: str) -> None:
    crew = Crew(engine=engine, workers=2)
    found = [(item, str(result)) for item, result in spread(_delicate, range(40), crew)]
    wanted = {item: str(item) for item in range(40)}
    wanted[3] = "The worker process ended with code -9."
    wanted[4] = "The worker process ended with code 7."
    wanted[5] = "ValueError: five"
    assert sorted(found) == sorted(wanted.items())


@pytest.mark.parametrize("engine", ENGINES)
def test_workers_see_this_machine_as_we_do_and_are_kept(
    engine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AFFECTLENS_HOME", "somewhere")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    found = [result for _, result in spread(_where, range(8), Crew(engine=engine, workers=1))]
    assert not any(isinstance(result, Died) for result in found), found
    (only,) = set(found)
    assert isinstance(only, tuple)
    assert only[0] != os.getpid()
    assert only[1:] == (str(tmp_path), "somewhere", None)


@pytest.mark.parametrize("engine", ENGINES)
def test_items_are_taken_a_few_ahead(engine: str) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = spread(_double, items(), Crew(engine=engine, workers=2))
    for _ in range(5):
        next(results)
    results.close()
    assert taken <= 5 + 2 * 16


@pytest.mark.parametrize("engine", ENGINES)
def test_no_items_start_nothing(engine: str) -> None:
    start_s = time.monotonic()
    assert list(spread(_double, [], Crew(engine=engine))) == []
    assert time.monotonic() - start_s < 5


_PARENT = """
import sys, time
from spread_work import work
from affectlens.analyzer.engine import Crew, spread
from affectlens.cli import app
import signal
if __name__ == "__main__":
    signal.signal(signal.SIGTERM, app._stop)
    for item, result in spread(work, range(10**6), Crew(engine=sys.argv[1], workers=1)):
        print(result, flush=True)
"""
_WORK = """
import os, time
def work(number):
    if number:
        time.sleep(60)
    return os.getpid(), os.getppid()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("engine", ENGINES)
def test_workers_end_with_their_parent_in_the_middle_of_an_item(
    engine: str, number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "spread_work.py").write_text(_WORK)
    (tmp_path / "parent.py").write_text(_PARENT)
    parent = subprocess.Popen(
        [sys.executable, "parent.py", engine],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    )
    assert parent.stdout is not None
    said = parent.stdout.readline().strip("()\n").split(",")
    time.sleep(0.2)  # it is in the middle of the second
    parent.send_signal(number)
    parent.wait(20)
    workers = {int(pid) for pid in said} - {parent.pid}
    gone = _gone(workers)
    for pid in set() if gone else workers:
        os.kill(pid, signal.SIGKILL)
    rest = parent.stdout.read()
    parent.stdout.close()
    assert gone
    assert rest == ""
    assert number == signal.SIGKILL or parent.returncode in (1, -2, 128 + number)


def _die_after(number: int) -> int:
    threading.Timer(0.05, os._exit, (1,)).start()
    return number


def test_a_worker_that_dies_between_two_items_is_replaced() -> None:
    def slowly() -> Iterator[int]:
        for number in range(3):
            yield number
            time.sleep(0.5)

    found = sorted(spread(_die_after, slowly(), Crew(workers=1)), key=str)
    assert found == [(n, n) for n in range(3)]


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _large(number: int) -> bytes:
    return bytes(2_000_000)


@pytest.mark.slow
def test_memory_stays_flat_over_two_thousand_items() -> None:
    resident: list[int] = []
    for count, _ in enumerate(spread(_large, range(2000), Crew(workers=2)), start=1):
        if count % 100 == 0:
            resident.append(_resident_bytes())
    assert len(resident) == 20
    assert max(resident) - resident[1] < 20_000_000  # ten results


def test_crews_that_cannot_be_are_refused() -> None:
    for wrong, said in (
        ({"engine": "rai"}, "pool, ray"),
        ({"workers": 0}, "at least 1"),
        ({"address": "auto"}, "'ray'"),
    ):
        with pytest.raises(ConfigError, match=said):
            Crew(**wrong)


def test_an_engine_that_is_not_installed_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(UnavailableError, match=r"affectlens\[ray\]"):
        spread(_double, [], Crew(engine="ray"))


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_a_cluster_that_is_not_there_is_told(engine: str) -> None:
    with pytest.raises(UnavailableError, match="no Ray at 127"):
        list(spread(_double, [1], Crew(engine=engine, address="127.0.0.1:1")))
