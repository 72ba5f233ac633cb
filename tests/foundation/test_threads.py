"""The command's threads sleep while they wait, unless somebody wants it otherwise."""

import os
import subprocess
import sys

import pytest

MAIN = """
import os, sys
sys.argv = ["affectlens", "--version"]
from affectlens.cli.app import main
assert "torch" not in sys.modules
try:
    main()
finally:
    print(os.environ["OMP_WAIT_POLICY"])
"""


@pytest.mark.parametrize(("given", "expected"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "A"}, "A")])
def test_the_command_says_so_before_torch_is_loaded(given: dict[str, str], expected: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", MAIN],
        env={**env, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == expected
