"""`analyze --model` and `chat`, as a person runs them, with a tiny model of random weights."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.analyzer.models import tiny_model

from affectlens.emotions.spaces import DFEW7, MER6

CLIP = Path(__file__).parents[2] / "examples" / "clips" / "1001_DFA_HAP_XX.mp4"
FEW = ("--set", "language_model.max_tokens=8", "--set", "perception.voice.words=none", "--offline")


def affectlens(*arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line, the hub out of reach."""
    return subprocess.run(
        [sys.executable, "-m", "affectlens.cli.app", *arguments],
        capture_output=True,
        text=True,
        check=False,
        input=said,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def test_analyze_takes_a_model_s_folder() -> None:
    done = affectlens("analyze", str(CLIP), "--model", str(tiny_model()), "--format", "json", *FEW)
    assert done.returncode == 0, done.stderr
    analysis = json.loads(done.stdout)
    assert analysis["run"]["model"] == str(tiny_model())
    assert "torch" in analysis["run"]["packages"]
    assert set(analysis["people"][0]["probabilities"]) == set(DFEW7.labels)
    assert analysis["explanation"]["claims"]


def test_the_label_space_is_the_asker_s_choice() -> None:
    done = affectlens(
        *("analyze", str(CLIP), "--model", str(tiny_model()), "--format", "json"),
        *("--labels", "mer6", *FEW),
    )
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["people"][0]["probabilities"]) == set(MER6.labels)


def test_chat_answers_each_question_in_a_line() -> None:
    done = affectlens(
        *("chat", str(CLIP), "--model", str(tiny_model()), "-q", "Why?", "-q", "Sure?", *FEW)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") >= 2


def test_chat_reads_questions_from_a_pipe_until_its_end() -> None:
    done = affectlens(
        *("chat", str(CLIP), "--model", str(tiny_model()), *FEW), said="Why?\n\n/quit\nNever?\n"
    )
    assert done.returncode == 0, done.stderr
    asked_once = affectlens("chat", str(CLIP), "--model", str(tiny_model()), "-q", "Why?", *FEW)
    assert done.stdout == asked_once.stdout


def test_a_question_that_cannot_be_answered_costs_itself_only() -> None:
    done = affectlens(
        *("chat", str(CLIP), "--model", str(tiny_model()), *FEW),
        said=f"{'Why? ' * 1500}\nWhy?\n",
    )
    alone = affectlens("chat", str(CLIP), "--model", str(tiny_model()), "-q", "Why?", *FEW)
    assert done.returncode == 3, done.stderr
    assert "error" in done.stderr
    assert done.stdout == alone.stdout


def test_bytes_that_are_no_text_are_a_question_all_the_same() -> None:
    done = affectlens(
        *("chat", str(CLIP), "--model", str(tiny_model()), "-q", "h\udcff?", *FEW),
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["chat", str(CLIP), "--model", "rules"], 2, "--model"),
        (["chat", "nowhere.mp4", "--model", "x/y"], 4, "nowhere.mp4"),
        (["analyze", str(CLIP), "--model", "nobody/nothing"], 5, "nobody/nothing"),
        (["analyze", str(CLIP), "--model", str(CLIP.parent)], 5, "no weights"),
    ],
)
def test_a_wrong_model_is_one_clear_message(arguments: list[str], code: int, told: str) -> None:
    done = affectlens(*arguments, "--offline")
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_person_is_told_who_is_there() -> None:
    done = affectlens(
        *("chat", str(CLIP), "--model", str(tiny_model()), "--person", "P7", "-q", "Why?", *FEW)
    )
    assert done.returncode == 2
    assert "P1" in done.stderr
