"""Signs of sentiment are scored as MER-UniBench does, or with neutral as a class of its own."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.outcomes import outcomes

from affectlens.evaluation.metric import Mode
from affectlens.evaluation.metrics.sentiment import Config, build
from affectlens.foundation.errors import InputError

VECTORS = Path(__file__).parents[3] / "shared" / "specs" / "wheel_vectors.json"


def scored(mode: Mode, valences: list[float], said: list[dict[str, Any]]) -> dict[str, float]:
    made = outcomes([{"valence": valence} for valence in valences], said)
    return build(Config(mode=mode)).tally(made).scores()


@pytest.mark.shared
@pytest.mark.parametrize("field", ["label", "answer"])
def test_compat_is_the_published_script(field: str) -> None:
    if not VECTORS.exists():
        pytest.skip("the team's ../shared is not here")
    for case in json.loads(VECTORS.read_text(encoding="utf-8"))["sentiment"]:
        found = scored("compat", case["valence"], [{field: word} for word in case["pred"]])
        assert found["waf"] == pytest.approx(case["waf"], abs=1e-9)
        assert found["accuracy"] == pytest.approx(case["acc"], abs=1e-9)


NEGATIVE = [{"label": word} for word in ("negative", "neutral", "mixed", "Positive", "")]


def test_in_compat_whatever_is_not_positive_is_negative() -> None:
    assert scored("compat", [-1.0] * 5, NEGATIVE)["accuracy"] == 1
    assert scored("compat", [0.2] * 5, NEGATIVE)["accuracy"] == 0
    assert scored("compat", [0.2, 0, 0], [{"label": "positive"}] * 3)["accuracy"] == 1
    made = outcomes([{"valence": 0.0}, {"valence": 1.0}], [{}, {}])
    tally = build(Config(mode="compat")).tally(made)
    assert tally.counted_N.tolist() == [False, True]
    assert "1 of 2 samples have valence 0" in tally.notes[0]


def test_strictly_neutral_is_a_class_and_no_word_is_wrong() -> None:
    assert scored("strict", [-1.0] * 5, NEGATIVE)["accuracy"] == 0.2
    assert scored("strict", [0.0] * 5, NEGATIVE)["accuracy"] == 0.2
    assert scored("strict", [0.3] * 5, NEGATIVE)["accuracy"] == 0.2
    said = [{"answer": "It is Positive."}, {"answer": "NEGATIVE"}, {"answer": "who knows"}]
    assert scored("strict", [0.3, -2, 0], said)["accuracy"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("mode", ["strict", "compat"])
def test_numbers_are_read_by_their_sign(mode: Mode) -> None:
    numbers: list[dict[str, Any]] = [{"valence": 0.1, "label": "negative"}, {"valence": -3.0}]
    assert scored(mode, [2.0, -0.2], numbers)["waf"] == 1


@pytest.mark.parametrize(
    ("constant", "waf"), [("always negative", 1 / 3), ("always positive", 1 / 3)]
)
def test_constants_say_one_word(constant: str, waf: float) -> None:
    said = build(Config()).constants([])[constant]
    assert scored("compat", [1.0, -1.0], [{"label": said.label}] * 2)["waf"] == pytest.approx(waf)


def test_a_truth_without_a_valence_is_told_by_its_row() -> None:
    with pytest.raises(InputError, match=r"row 2 \(clip0\) has no valence"):
        build(Config()).tally(outcomes([{}], [{}]))
