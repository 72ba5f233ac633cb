"""A run's page shows what its schools taught."""

from pathlib import Path

from affectlens.annotation.card.block import Plot, Table
from affectlens.foundation.records import Ledger
from affectlens.training.report import schools

ROWS = (
    {"lesson": "hidden", "epoch": 1, "loss": 0.7, "seconds": 3.0},
    {"lesson": "votes", "epoch": 1, "loss": 1.2, "score": 0.6, "accuracy": 0.7, "uar": 0.5},
    {"lesson": "votes", "epoch": 2, "loss": 0.9, "score": 0.8, "accuracy": 0.9, "uar": 0.7},
    {"lesson": "votes", "epoch": 3, "loss": 0.8, "score": 0.7, "accuracy": 0.8, "uar": 0.6},
)


def test_it_draws_both_lessons_and_names_the_epoch_that_is_taken(tmp_path: Path) -> None:
    Ledger(tmp_path / "schools" / "face" / "journal.jsonl", schools.SCHEMA).extend(ROWS)
    (section,) = schools.sections(tmp_path)
    assert section.title == "School face"
    scores, loss, table = section.blocks
    assert isinstance(scores, Plot)
    assert "epoch 2, 0.900 and 0.700" in scores.title
    assert isinstance(loss, Plot)
    assert "hidden" in loss.svg
    assert isinstance(table, Table)
    assert len(table.rows) == len(ROWS)
    assert table.rows[0] == ("hidden", "1", "0.7", "–", "–", "3")


def test_a_run_without_schools_has_no_such_part(tmp_path: Path) -> None:
    assert list(schools.sections(tmp_path)) == []
