"""Errors, correlation and concordance of numbers are those of their definitions."""

# N samples

from typing import Any

import numpy as np
import pytest
from tests.evaluation.outcomes import outcomes

from affectlens.evaluation.metric import Mode, Tally
from affectlens.evaluation.metrics.regression import Config, build
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing


def tallied(
    true: list[float], said: list[float | None], mode: Mode = "strict", target: str = "valence"
) -> Tally:
    predictions: list[dict[str, Any]] = [{} if p is None else {target: p} for p in said]
    made = outcomes([{target: t} for t in true], predictions)
    return build(Config(mode=mode, target=target)).tally(made)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["valence", "arousal"])
@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_scores_are_those_of_the_definitions(target: str, shift: float) -> None:
    rng = np.random.default_rng(0)
    true_N = rng.normal(size=40) + shift
    said_N = 0.5 * true_N + 0.5 * shift + rng.normal(size=40)
    found = tallied(list(true_N), list(said_N), target=target).scores()
    pearson = np.corrcoef(true_N, said_N)[0, 1]
    apart = (true_N.mean() - said_N.mean()) ** 2
    ccc = 2 * pearson * true_N.std() * said_N.std() / (true_N.var() + said_N.var() + apart)
    assert found["mse"] == pytest.approx(((true_N - said_N) ** 2).mean())
    assert found["mae"] == pytest.approx(np.abs(true_N - said_N).mean())
    assert found["rmse"] == pytest.approx(found["mse"] ** 0.5)
    assert found["pearson"] == pytest.approx(pearson)
    assert found["ccc"] == pytest.approx(ccc)


@pytest.mark.parametrize(("samples", "constant"), [(4, 0.3), (5, 0.7), (6, 1.1), (11, 0.1)])
def test_a_constant_has_no_correlation_and_no_concordance(samples: int, constant: float) -> None:
    found = tallied([i / 10 for i in range(samples)], [constant] * samples).scores()
    assert np.isnan(found["pearson"])
    assert found["ccc"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(tallied([0.3, 0.3], [0.3, 0.3]).scores()["ccc"])


def test_a_refusal_is_worth_the_floor_strictly_and_left_out_in_compat() -> None:
    true = [0.1, 0.2, 0.7, -0.4]
    floor = tallied(true, [0.1, 0.2, 0.15, 0.15]).scores()
    strict = tallied(true, [0.1, 0.2, None, None])
    assert strict.scores() == pytest.approx(floor)
    assert strict.parsed_N.tolist() == [True, True, False, False]
    assert "2 of 4 predictions have no valence" in strict.notes[0]
    compat = tallied(true, [0.1, 0.2, None, None], "compat")
    assert compat.counted_N.tolist() == [True, True, False, False]
    assert compat.scores()["mse"] == 0
    assert np.isnan(compat.per_sample["error"][2:]).all()


def test_the_constant_is_the_mean_of_the_truths() -> None:
    made = outcomes([{"valence": 1.0}, {"valence": 2.0}], [{}, {}])
    metric = build(Config())
    (constant,) = metric.constants([outcome.truth for outcome in made]).values()
    assert constant.valence == 1.5


def test_a_truth_without_a_number_is_told_by_its_row() -> None:
    truths: list[dict[str, Any]] = [{"valence": 0.5}, {"valence": Missing("nobody rated it")}]
    with pytest.raises(InputError, match=r"row 3 \(clip1\) has no valence: nobody rated it"):
        build(Config()).tally(outcomes(truths, [{}, {}]))
