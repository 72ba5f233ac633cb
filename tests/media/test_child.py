"""What the decoder's parent promises: a decoder that breaks down is one clear error."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from affectlens.foundation.errors import AffectlensError, InputError, LimitError
from affectlens.media.child import Child
from affectlens.media.limits import Limits

SEND = (
    "import sys; from affectlens.media.wire import LENGTHS; w = sys.stdout.buffer.write;"
    "sys.stdin.buffer.readline()\n"
)


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Runs a few lines of Python where the decoder would run."""
    start = subprocess.Popen
    with (tmp_path / "film.mp4").open("wb") as film:

        def answers(code: str, **limits: float) -> list[Any]:
            monkeypatch.setattr(
                subprocess,
                "Popen",
                lambda _, **options: start([sys.executable, "-c", SEND + code], **options),
            )
            made = Child({}, file=film.fileno(), name="film.mp4", limits=Limits(**limits))  # type: ignore[arg-type]
            return list(made.messages())

        yield answers


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("import os; os.kill(os.getpid(), 11)", InputError, signal.SIGSEGV.name),
        ("import os; os.kill(os.getpid(), 6)", InputError, signal.SIGABRT.name),
        ("import os; os.kill(os.getpid(), 9)", LimitError, "memory"),
        ("import os; os.kill(os.getpid(), 24)", LimitError, "processor time"),
        ("raise RuntimeError('odd')", AffectlensError, "exit code 1: RuntimeError: odd"),
        ("sys.stderr.write('x' * 500000); sys.exit(3)", AffectlensError, "exit code 3"),
        ("w(b'nonsense' * 99); sys.stdout.flush()", InputError, "nonsense"),
        ("w(LENGTHS.pack(2, 0) + b'{]'); sys.stdout.flush()", InputError, "nonsense"),
        ("w(LENGTHS.pack(0, 2**32 - 1)); sys.stdout.flush()", InputError, "nonsense"),
        ("w(LENGTHS.pack(9, 0)); sys.stdout.flush()", AffectlensError, "exit code 0"),
    ],
)
def test_a_decoder_that_breaks_down_is_one_clear_error(
    code: str, error: type[Exception], words: str, decoder: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(error, match=r"film\.mp4") as raised:
        decoder(code)
    assert words in str(raised.value)
    assert capfd.readouterr() == ("", "")


def test_a_decoder_that_drips_is_stopped_by_the_wall_clock(decoder: Any) -> None:
    drip = "w(b' '); sys.stdout.flush(); time.sleep(.05)"
    code = f"import time; w(LENGTHS.pack(9999, 0))\nfor _ in range(60): {drip}"
    with pytest.raises(LimitError, match="longer than"):
        decoder(code, wall_s=0.6, silence_s=0.5)


def test_the_decoder_loads_neither_numpy_nor_the_stages_above() -> None:
    code = (
        "import sys, affectlens.media.decoder;"
        "print([m for m in sys.modules if m in ('numpy', 'cv2') or m.startswith('affectlens.')])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "numpy" not in loaded.stdout
    assert "perception" not in loaded.stdout
