"""A signal lets a run finish its step; a second one does not wait."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import cast

import pytest
import torch
from transformers import TrainerControl, TrainerState, TrainingArguments

from affectlens.training.stopping import Stopping

RUNNER = Path(__file__).with_name("killed_run.py")


def step(stopping: Stopping) -> TrainerControl:
    class Args:
        device = torch.device("cpu")

    control = TrainerControl()
    stopping.on_step_end(cast("TrainingArguments", Args()), TrainerState(), control)
    return control


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_after_the_step_with_a_checkpoint(number: int, code: int) -> None:
    with Stopping() as stopping:
        before = step(stopping)
        os.kill(os.getpid(), number)
        after = step(stopping)
    assert not before.should_training_stop
    assert after.should_training_stop
    assert after.should_save
    assert stopping.exit_code == code


def test_without_a_signal_nothing_stops() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Stopping() as stopping:
        assert signal.getsignal(signal.SIGTERM) != before
        assert not step(stopping).should_save
    assert stopping.exit_code is None


def test_handlers_are_those_of_before_even_after_an_error() -> None:
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)]
    with pytest.raises(OSError), Stopping():  # noqa: PT011
        os.kill(0, 2**10)  # there is no such signal
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)] == before


def test_the_same_wish_told_twice_by_a_launcher_is_one() -> None:
    with Stopping() as stopping:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert stopping.exit_code == 130


def test_in_another_thread_signals_stay_as_they_are() -> None:
    found: list[object] = []

    def work() -> None:
        with Stopping():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


@pytest.mark.slow
def test_a_second_signal_ends_the_process_at_once() -> None:
    code = (
        "import time\n"
        "from affectlens.training.stopping import Stopping\n"
        "with Stopping():\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        time.sleep(1.1)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == -signal.SIGTERM
