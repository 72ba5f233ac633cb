"""Nothing leaves the machine: once the models are here, not even without `--offline`."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from affectlens.analyzer.models import absent_models
from affectlens.analyzer.settings import Settings

CLIP = Path(__file__).parents[2] / "examples" / "clips" / "1001_DFA_SAD_XX.mp4"
COMMAND = [sys.executable, "-m", "affectlens.cli.app", "analyze", str(CLIP), "--format", "json"]


pytestmark = [
    pytest.mark.slow,
    pytest.mark.weights,
    pytest.mark.skipif(bool(absent_models(Settings())), reason="run `affectlens models pull`"),
]


def _can(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _can("unshare", "-n"), reason="needs `unshare -n` (Linux, root)")
def test_an_analysis_needs_no_network_at_all() -> None:
    done = subprocess.run(["unshare", "-n", *COMMAND], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [person["id"] for person in result["people"]] == ["P1"]
    assert {absence["what"] for absence in result["missing"]} <= {"P1.AU09"}


@pytest.mark.skipif(not _can("strace", "-f"), reason="needs strace")
def test_an_analysis_opens_no_internet_socket(tmp_path: Path) -> None:
    log = tmp_path / "strace.txt"
    trace = ["strace", "-f", "-e", "trace=network", "-o", str(log)]
    done = subprocess.run([*trace, *COMMAND], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [row for row in log.read_text().splitlines() if "AF_INET" in row] == []
