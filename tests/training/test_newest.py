"""Of checkpoints on the disk the newest whole one counts, whatever a killed process left."""

import json
import logging
from pathlib import Path

import pytest

from affectlens.training import newest


def checkpoint(folder: Path, step: int) -> Path:
    place = newest.place_of(folder, step)
    draft = newest.draft_of(place)
    (draft / "state").mkdir(parents=True)
    (draft / "trained.safetensors").write_bytes(bytes([step]) * 100)
    (draft / "state" / "optimizer.json").write_text(f"{step}")
    (draft / "trainer_state.json").write_text("{}")
    newest.sign(draft, step=step, recipe="abc")
    newest.put(draft, place)
    return place


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_the_newest_is_of_the_greatest_step_even_of_seven_digits(tmp_path: Path) -> None:
    assert newest.newest(tmp_path / "none") is None
    for step in (999_999, 200):
        checkpoint(tmp_path, step % 251).rename(newest.place_of(tmp_path, step))
    last = checkpoint(tmp_path, 7).rename(newest.place_of(tmp_path, 1_000_000))
    assert newest.newest(tmp_path) == last


@pytest.mark.parametrize(
    "harm",
    ["trained.safetensors", "state/optimizer.json", "checkpoint.json", "trainer_state.json"],
)
@pytest.mark.parametrize("how", ["missing", "cut", "changed"])
def test_a_damaged_one_is_told_and_the_one_before_is_taken(
    tmp_path: Path, harm: str, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = checkpoint(tmp_path, 1), checkpoint(tmp_path, 2)
    path = second / harm
    raw = path.read_bytes()
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(raw[:-2] if how == "cut" else b"x" + raw[1:])
    with caplog.at_level(logging.WARNING):
        assert newest.newest(tmp_path) == first
    assert f"{second} is damaged" in caplog.text
    assert Path(harm).name in caplog.text


def test_what_is_whole_is_taken_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert newest.newest(tmp_path) is None
    only = checkpoint(tmp_path, 3)
    assert newest.newest(tmp_path) == only
    assert not caplog.records
    told = json.loads((only / newest.FILE).read_text())
    assert (told["step"], told["recipe"]) == (3, "abc")


def test_drafts_of_killed_processes_go_and_are_never_taken(tmp_path: Path) -> None:
    place = checkpoint(tmp_path, 4)
    draft = place.rename(newest.draft_of(newest.place_of(tmp_path, 5)))
    assert newest.newest(tmp_path) is None
    newest.tidy(tmp_path)
    assert not draft.exists()


def test_a_replacement_that_was_begun_is_undone(tmp_path: Path) -> None:
    """Killed between the two renames of `put`: the old one is aside, the new one not in place."""
    place = checkpoint(tmp_path, 4)
    place.rename(tmp_path / ".checkpoint-000004.replaced")
    newest.draft_of(place).mkdir()
    newest.tidy(tmp_path)
    assert names(tmp_path) == [place.name]
    assert newest.newest(tmp_path) == place


def test_a_replacement_that_was_done_is_finished(tmp_path: Path) -> None:
    old, new = checkpoint(tmp_path, 4), checkpoint(tmp_path, 5)
    old.rename(tmp_path / ".checkpoint-000005.replaced")
    newest.tidy(tmp_path)
    assert names(tmp_path) == [new.name]
    assert newest.damage(new) is None


def test_the_last_few_up_to_a_step_stay_and_so_do_later_ones(tmp_path: Path) -> None:
    """Later ones lie there when a run goes on from an earlier one, as the last was damaged."""
    for step in (1, 2, 3, 9):
        checkpoint(tmp_path, step)
    newest.drop_old(tmp_path, step=3, last=2)
    assert names(tmp_path) == ["checkpoint-000002", "checkpoint-000003", "checkpoint-000009"]


def test_the_best_is_the_model_alone_and_outlives_its_checkpoint(tmp_path: Path) -> None:
    folder, best = tmp_path / "checkpoints", tmp_path / "best"
    for step in (1, 2):
        facts = {"metric": "uar", "value": 0.5, "step": step}
        newest.keep_best(checkpoint(folder, step), best, facts)
    newest.drop_old(folder, step=2, last=0 + 1)
    assert names(best) == ["best.json", "trained.safetensors"]
    assert (best / "trained.safetensors").read_bytes() == bytes([2]) * 100
    assert newest.best(best) == {"metric": "uar", "value": 0.5, "step": 2}


def test_what_is_told_of_the_best_may_be_damaged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert newest.best(tmp_path) is None
    (tmp_path / "best.json").write_text("{")
    assert newest.best(tmp_path) is None
    assert "best.json" in caplog.text
