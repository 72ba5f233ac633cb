"""What each stage of the line costs: `python benchmarks/line.py CLIP… [--hour]`.

Every clip is analyzed twice in this process, the second time with everything loaded; the table
shows the second. Stages that run side by side (faces beside sound and words) are each timed on
their own, so they add up to more than the total. Ratios are seconds of work for one second of
clip. Nothing is asserted.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import affectlens
from affectlens.analyzer.settings import Settings
from affectlens.foundation import config

STAGES = ("open", "faces", "voice", "words", "tone", "clues", "reasoning", "total")


def peak_mb() -> float:
    """Peak resident memory of this process in MB; decoding happens in children of about 40 MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def resident_mb() -> float:
    """Resident memory of this process now, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * resource.getpagesize() / 1024**2


def time_clips(paths: list[Path]) -> None:
    """Print the table of stages."""
    table = Table(title="seconds of work per second of clip")
    for head in ("clip", "length s", *STAGES, "faces alone"):
        table.add_column(head, justify="left" if head == "clip" else "right")
    start = time.perf_counter()
    affectlens.analyze(paths[0], offline=True)
    loading_s = time.perf_counter() - start
    silent = config.read(Settings, file=None, env={}, sets=["perception.voice.words=none"])
    for path in paths:
        affectlens.analyze(path, offline=True)
        analysis = affectlens.analyze(path, offline=True)
        alone = affectlens.analyze(path, silent, offline=True)
        length_s = max(analysis.input.duration_s, 1e-9)
        spent = analysis.run.timings_s
        ratios = [f"{spent[s] / length_s:.3f}" if s in spent else "–" for s in STAGES]
        faces = (
            f"{(alone.run.timings_s.get('faces', 0) + alone.run.timings_s['open']) / length_s:.3f}"
        )
        table.add_row(path.name, f"{length_s:.1f}", *ratios, faces)
    Console(width=140).print(table)
    print(f"first analysis, loading included: {loading_s:.1f} s")
    print(f"peak resident memory: {peak_mb():.0f} MB")


def time_an_hour(path: Path) -> None:
    """Analyze an hour made of one clip again and again; print memory over time."""
    with tempfile.TemporaryDirectory() as folder:
        hour = Path(folder) / f"hour{path.suffix}"
        make = ["ffmpeg", "-loglevel", "error", "-stream_loop", "-1", "-i", str(path)]
        subprocess.run([*make, "-t", "3600", "-c", "copy", str(hour)], check=True)
        done = threading.Event()

        def watch() -> None:
            start = time.perf_counter()
            while not done.wait(20):
                print(f"{time.perf_counter() - start:6.0f} s  {resident_mb():6.0f} MB", flush=True)

        threading.Thread(target=watch, daemon=True).start()
        start = time.perf_counter()
        analysis = affectlens.analyze(hour, offline=True)
        done.set()
        took_s = time.perf_counter() - start
        length_s = analysis.input.duration_s
        print(f"{length_s:.0f} s analyzed in {took_s:.0f} s, {peak_mb():.0f} MB at most")


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument(
        "--hour", action="store_true", help="an hour made of the first clip instead"
    )
    given = parser.parse_args()
    if given.hour:
        time_an_hour(given.clips[0])
    else:
        time_clips(given.clips)
    return 0


if __name__ == "__main__":
    sys.exit(main())
