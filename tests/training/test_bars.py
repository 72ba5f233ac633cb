"""Who watches sees how far a stage is; transformers' own words are not heard."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from torch import nn
from transformers import Trainer, TrainerControl, TrainerState, TrainingArguments
from transformers.utils import logging

from affectlens.training import bars as bars_module
from affectlens.training.bars import Watched, bars, hush


def arguments(at: Path) -> TrainingArguments:
    return TrainingArguments(output_dir=str(at), use_cpu=True, report_to="none", disable_tqdm=True)


def watch(shown: Watched, at: Path, *, steps: int = 4, main: bool = True, begun: int = 0) -> None:
    """What a trainer tells in a stage."""
    args, control = arguments(at), TrainerControl()
    state = TrainerState(max_steps=steps, global_step=begun, is_world_process_zero=main)
    shown.on_train_begin(args, state, control)
    for step in range(begun + 1, steps + 1):
        state.global_step = step
        shown.on_step_end(args, state, control)
        shown.on_log(args, state, control, logs={"loss": 1.5 / step, "samples": 8})
    shown.on_train_end(args, state, control)


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=120, soft_wrap=True)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_without_a_terminal_there_are_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bars_module, "_EVERY_S", 0.0)
    err = console(terminal=False)
    with bars("[alignment]", err) as shown:
        watch(shown, tmp_path)
    first, second, *_, last = text(err).splitlines()
    assert first.startswith("[alignment]: step 1/4, ")
    assert "left" in first
    assert "step 2/4, loss 1.5000, " in second
    assert "samples/s" in second
    assert last.startswith("[alignment]: step 4/4, loss 0.3750")
    assert "left" not in last


def test_lines_do_not_come_faster_than_people_read(tmp_path: Path) -> None:
    err = console(terminal=False)
    with bars("one", err) as shown:
        watch(shown, tmp_path, steps=500)
    assert len(text(err).splitlines()) == 1


def test_on_a_terminal_there_is_a_bar(tmp_path: Path) -> None:
    err = console(terminal=True)
    with bars("[red]alignment", err) as shown:
        watch(shown, tmp_path, steps=4, begun=2)
    assert "[red]alignment" in text(err)
    assert "━" in text(err)
    assert "2/4" in text(err)


def test_only_the_main_process_shows_anything(tmp_path: Path) -> None:
    for terminal in (False, True):
        err = console(terminal=terminal)
        with bars("one", err) as shown:
            watch(shown, tmp_path, main=False)
        assert text(err) == ""


def test_an_error_leaves_no_bar_and_transformers_as_it_was(tmp_path: Path) -> None:
    level, err = logging.get_verbosity(), console(terminal=True)
    state = TrainerState(max_steps=4, is_world_process_zero=True)

    def fail() -> None:
        with bars("one", err) as shown:
            assert logging.get_verbosity() == logging.ERROR
            shown.on_train_begin(arguments(tmp_path), state, TrainerControl())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert logging.get_verbosity() == level
    assert logging.is_progress_bar_enabled()
    assert "\x1b[?25h" in text(err)  # the cursor is back


def test_a_hushed_trainer_prints_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = Trainer(model=nn.Linear(1, 1), args=arguments(tmp_path))
    hush(trainer)
    trainer.log({"loss": 1.0})
    assert capsys.readouterr() == ("", "")
