"""Nets are made without a word, and what others write meanwhile is not lost."""

import subprocess
import sys

CODE = """
import os, threading
from affectlens.foundation import weights
from affectlens.perception import litert
net = weights.find("face-detector").read_bytes()
os.write(2, b"before\\n")
def talk():
    for _ in range(200):
        os.write(2, b"word\\n")
speaker = threading.Thread(target=talk)
speaker.start()
for _ in range(3):
    litert.load_net(net, threads=1)
speaker.join()
os.write(2, b"after\\n")
"""


def test_the_first_net_says_nothing_and_swallows_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    assert not [line for line in lines if line.startswith("INFO")]
    assert lines.count("word") == 200
    assert (lines[0], lines[-1]) == ("before", "after")


def test_a_file_that_is_no_net_still_says_what_is_wrong() -> None:
    code = (
        "from affectlens.perception import litert\nlitert.load_net(b'no net at all' * 9, threads=1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "ValueError" in done.stderr


def test_a_process_without_stderr_still_gets_its_net() -> None:
    code = (
        "import os; os.close(2)\nfrom affectlens.foundation import weights\n"
        "from affectlens.perception import litert\n"
        "net = litert.load_net(weights.find('face-detector').read_bytes(), threads=1)\n"
        "print('made' if net else '')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "made"
