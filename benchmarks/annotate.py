"""What the MERR factory costs: `python benchmarks/annotate.py FOLDER [--many 2000] [--no-ray]`.

The files of FOLDER are annotated with one worker, with two, and with Ray on this machine, each into
a fresh data set, and once more into the finished one. Printed are items per second and core,
ratios, whether all data sets have the same checksum, and how memory went. With `--many N` the
memory of one run over N small pictures is watched instead. Nothing is asserted.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

_COMMAND = [sys.executable, "-m", "affectlens.cli.app", "annotate", "--offline"]
_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command."""

    seconds: float
    memory_mb: tuple[tuple[float, float], ...]  # second, of the command and all below it
    sha256: str
    items: int


def timed(arguments: Sequence[str], out: Path) -> Run:
    """Run the command into a data set and watch its memory."""
    start = time.perf_counter()
    command = subprocess.Popen(
        [*_COMMAND, *arguments, "-o", str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    memory: list[tuple[float, float]] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_EVERY_S):
            memory.append((time.perf_counter() - start, proportional_mb(command.pid)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, told = command.communicate()
    ended.set()
    watcher.join()
    seconds = time.perf_counter() - start
    if command.returncode not in (0, 3):
        sys.exit(told.decode())
    said = json.loads((out / "manifest.json").read_text("utf-8"))
    items = said["kept"] + sum(said["rejected"].values()) + said["failed"]
    return Run(seconds, tuple(memory), said["dataset_sha256"], items)


def proportional_mb(pid: int) -> float:
    """Memory of a process and all below it, what they share counted once (Linux's PSS), in MB."""
    total_kb = 0
    for one in (pid, *_below(pid)):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="utf-8")
        except OSError:  # it has just ended
            continue
        total_kb += sum(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")
    return total_kb / 1024


def _below(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text(encoding="utf-8").split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_below(child)]
    return found


def compare(folder: Path, *, ray: bool) -> None:
    """Print the table of engines, and first against second pass."""
    ways = {"pool, 1 worker": ["--workers", "1"], "pool, 2 workers": ["--workers", "2"]}
    if ray:
        ways["ray, 1 worker"] = ["--engine", "ray", "--workers", "1"]
        ways["ray, 2 workers"] = ["--engine", "ray", "--workers", "2"]
    table = Table(title="one run each, models loaded anew in each")
    heads = (
        "engine",
        "items",
        "first s",
        "items/s",
        "items/s a worker",
        "second s",
        "first/second",
    )
    for head in (*heads, "peak MB"):
        table.add_column(head, justify="left" if head == "engine" else "right")
    sums = set()
    with tempfile.TemporaryDirectory() as place:
        for number, (name, arguments) in enumerate(ways.items()):
            out = Path(place) / str(number)
            first = timed([str(folder), *arguments], out)
            second = timed([str(folder), *arguments], out)
            sums |= {first.sha256, second.sha256}
            rate = first.items / first.seconds
            workers = int(arguments[-1])
            table.add_row(
                name, str(first.items), f"{first.seconds:.1f}", f"{rate:.2f}",
                f"{rate / workers:.2f}", f"{second.seconds:.1f}",
                f"{first.seconds / second.seconds:.0f}",
                f"{max((mb for _, mb in first.memory_mb), default=0):.0f}",
            )  # fmt: skip
    Console(width=130).print(table)
    print("checksums of all data sets:", "the same" if len(sums) == 1 else f"{len(sums)} DIFFER")


def watch_memory(count: int) -> None:
    """Print memory over a run of many small pictures."""
    with tempfile.TemporaryDirectory() as place:
        pictures = Path(place) / "pictures"
        pictures.mkdir()
        noise = np.random.default_rng(0)
        for number in range(count):
            picture = noise.integers(0, 256, (8, 8, 3), np.uint8)
            large = cv2.resize(picture, (160, 120), interpolation=cv2.INTER_CUBIC)
            cv2.imwrite(str(pictures / f"{number:05}.png"), large)
        run = timed([str(pictures), "--workers", "2"], Path(place) / "out")
    print(f"{run.items} items in {run.seconds:.0f} s")
    tenths = np.array_split(np.array([mb for _, mb in run.memory_mb]), 10)
    print("MB, median of each tenth:", " ".join(f"{np.median(part):.0f}" for part in tenths))


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--many", type=int)
    parser.add_argument("--no-ray", action="store_true")
    given = parser.parse_args()
    if given.many:
        watch_memory(given.many)
    elif given.folder:
        compare(given.folder, ray=not given.no_ray)
    else:
        parser.error("give a folder, or --many")
    return 0


if __name__ == "__main__":
    sys.exit(main())
