"""`affectlens doctor` says what is here, what is not, and what to do."""

import json
from pathlib import Path

import pytest

from affectlens.cli import _examination, app
from affectlens.cli._examination import Fact


@pytest.fixture(autouse=True)
def _nothing_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path / "not" / "made" / "yet"))


def test_a_machine_without_the_models_is_told_to_pull_them_and_exits_with_5(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["doctor", "--format", "json"]) == 5
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert told["ready"] is False
    assert any("affectlens models pull" in step for step in told["to_do"])
    assert "affectlens models pull" in shown.err
    assert int(told["machine"]["cores"]) >= 1
    assert told["packages"]["numpy"]
    assert told["libraries"]["numpy"] == "loads"
    assert told["models"]["face-detector"] == "here"
    assert told["backends"]["blazeface"] == "available"
    assert "GiB" in told["cache"]["free"]


def test_a_library_that_does_not_load_is_named_with_its_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_examination, "_NATIVE", ("no_such_library", "json"))
    bad, good = _examination._libraries()
    assert "No module named 'no_such_library'" in bad.value
    assert bad.to_do
    assert (good.value, good.to_do) == ("loads", None)


def test_a_machine_with_everything_is_ready() -> None:
    facts = [Fact("models", "a", "here"), Fact("backends", "other", "absent")]
    assert json.loads(_examination.as_json(facts))["ready"] is True
    assert "other" in _examination.as_table(facts)


def test_a_step_is_told_once() -> None:
    facts = [Fact("a", "b", "c", to_do="pull"), Fact("d", "e", "f", to_do="pull")]
    assert _examination.to_do(facts) == ["pull"]
