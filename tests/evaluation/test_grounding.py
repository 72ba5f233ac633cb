"""Claims that clues bear out score; saying nothing that can be checked does not."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluation.outcomes import outcomes

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.metric import Mode
from affectlens.evaluation.metrics.grounding import Config, build
from affectlens.evaluation.outcome import Prediction
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

MODES: tuple[Mode, ...] = ("compat", "strict")


def _scores(mode: Mode, *said: dict[str, object]) -> dict[str, float]:
    made = outcomes([{}] * len(said), list(said))
    return build(Config(mode=mode)).tally(made).scores()


def _claims(supported: int, unsupported: int, unchecked: int) -> dict[str, object]:
    counts = {"supported": supported, "unsupported": unsupported, "unchecked": unchecked}
    return {"claims": counts}


@pytest.mark.parametrize("mode", MODES)
def test_the_rate_is_of_all_checkable_claims_together(mode: Mode) -> None:
    assert _scores(mode, _claims(3, 1, 2), _claims(1, 0, 0)) == pytest.approx(
        {
            "grounding": 4 / 5,
            "unsupported": 1 / 7,
            "checkable": 5 / 7,
            "claims": 3.5,
            "explained": 1.0,
        }
    )


@pytest.mark.parametrize(
    "barren", [_claims(0, 0, 4), _claims(0, 0, 0), {}, {"failure": Missing("broken")}]
)
def test_what_asserts_nothing_counts_against_strictly_and_for_nothing_else(
    barren: dict[str, object],
) -> None:
    assert _scores("strict", barren)["grounding"] == 0
    assert math.isnan(_scores("compat", barren)["grounding"])
    assert _scores("strict", _claims(1, 0, 0), barren)["grounding"] == 0.5
    assert _scores("compat", _claims(1, 0, 0), barren)["grounding"] == 1


def test_samples_without_claims_are_told() -> None:
    made = outcomes([{}] * 3, [_claims(1, 0, 0), {}, {"failure": Missing("broken")}])
    tally = build(Config()).tally(made)
    assert tally.parsed_N.tolist() == [True, False, False]
    assert tally.counted_N.all()
    assert tally.scores()["explained"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("mode", MODES)
def test_of_nothing_there_is_no_score_and_no_warning(mode: Mode) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tally = build(Config(mode=mode)).tally([])
        assert all(math.isnan(value) for value in tally.scores().values())


@pytest.mark.parametrize(
    "claims", [{"supported": -1}, {"supported": 1.5}, {"supported": True}, {"bornout": 1}]
)
def test_claims_that_are_no_counts_are_refused(claims: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"clip0.*supported, unsupported, unchecked"):
        _scores("strict", {"claims": claims})


def test_no_answer_is_called_perfect_or_constant() -> None:
    metric = build(Config())
    assert metric.perfect(Sample(id="a")) == Prediction(id="a")
    assert metric.constants([Sample(id="a")]) == {}


counts = st.tuples(*[st.integers(0, 5)] * 3)


@given(st.lists(counts, min_size=1, max_size=6), st.sampled_from(MODES))
@settings(deadline=None, max_examples=40)
def test_shares_stay_within_0_and_1_and_order_does_not_matter(
    rows: list[tuple[int, int, int]], mode: Mode
) -> None:
    found = _scores(mode, *[_claims(*row) for row in rows])
    back = _scores(mode, *[_claims(*row) for row in reversed(rows)])
    assert found == pytest.approx(back, nan_ok=True)
    shares = [value for name, value in found.items() if name != "claims"]
    assert all(math.isnan(share) or 0 <= share <= 1 for share in shares)


def test_finish_reads_sums_of_any_shape() -> None:
    tally = build(Config()).tally(outcomes([{}] * 2, [_claims(1, 1, 0), _claims(2, 0, 1)]))
    weights_BN = np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0]])
    found = tally.finish((weights_BN @ tally.counts_NK).reshape(3, 1, -1))
    assert found["grounding"].shape == (3, 1)
    assert found["grounding"][:2, 0] == pytest.approx([0.75, 0.5])
    assert np.isnan(found["grounding"][2, 0])
