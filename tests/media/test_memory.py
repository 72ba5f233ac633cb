"""What a long film promises: memory that does not grow with its length."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# VmHWM and not ru_maxrss: the latter keeps the peak of the process that started this one.
MEASURE = """
import re, sys
from pathlib import Path
from affectlens.media.opening import open_clip

def peak_mib(process):
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\\s*(\\d+)", status)[1]) // 1024

clip = open_clip(Path(sys.argv[1]))
opened = peak_mib("self")
reel, decoder, count = clip.video.frames(), 0, 0
for frame in reel:
    count += 1
    if count % 250 == 0:
        decoder = peak_mib(reel._child._process.pid)
count += sum(1 for _ in clip.sound.blocks(10.0))
print(count, opened, peak_mib("self"), decoder)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_film_of_twenty_minutes_is_flat_in_memory(film: Callable[..., Any]) -> None:
    peaks_mib = {}
    for minutes in (1, 20):
        made = film(f"{minutes}.mkv")
        made.add_pictures([n / 5 for n in range(300 * minutes)], (320, 240), "mpeg4")
        made.add_sound(60.0 * minutes, codec="pcm_s16le", rate=16_000)
        path: Path = made.write()
        command = [sys.executable, "-c", MEASURE, str(path)]
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        count, *peaks_mib[minutes] = map(int, said.stdout.split())
        assert count == 306 * minutes
    growth = [long - short for short, long in zip(peaks_mib[1], peaks_mib[20], strict=True)]
    # The sound of 20 minutes is 73 MiB; at most 32 MiB of it stay in memory.
    assert max(growth[:2]) < 45, peaks_mib
    assert growth[2] < 15, peaks_mib
