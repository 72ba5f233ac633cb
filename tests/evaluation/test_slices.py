"""Slices have the scores of their samples, and gaps are told from chance."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.evaluation.simple_metric import Mean, answered, labels_metric, numbers

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.statistics.bootstrap import Draws
from affectlens.evaluation.statistics.slices import Cut, clusters, cut, sentence, values_of
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

DRAWS = Draws(resamples=50)


def sliced(outcomes: Sequence[Outcome], column: str, cluster: str | None = None) -> Cut:
    metric = labels_metric()
    samples = [outcome.truth for outcome in outcomes]
    groups = None if cluster is None else clusters(samples, cluster)[0]
    tally = metric.tally(outcomes)
    return cut(metric, tally, samples, column, draws=DRAWS, clusters_N=groups)


def groups(right: dict[str, tuple[int, int]], **more: Sequence[str]) -> list[Outcome]:
    """By group, how many samples are right, of how many."""
    pairs, names = [], []
    for name, (good, all_) in right.items():
        for i in range(all_):
            label = ("happy", "sad")[i % 2]
            pairs.append((label, label if i < good else "angry"))
            names.append(name)
    return answered(pairs, group=names, **more)


def test_a_slice_has_the_scores_of_its_own_samples() -> None:
    outcomes = groups({"a": (30, 40), "b": (12, 40)})
    found = sliced(outcomes, "group")
    own = labels_metric().tally(outcomes[:40]).scores()
    first = found.slices[0]
    assert (first.column, first.value, first.samples, first.warning) == ("group", "a", 40, "")
    assert first.scores[0].name == "weighted_f1"
    assert {one.name: one.value for one in first.scores}.items() <= own.items()
    assert all(one.low <= one.value <= one.high for one in first.scores)  # type: ignore[operator]


def test_a_real_gap_is_told_from_chance_and_says_which_slices() -> None:
    gap = sliced(groups({"a": (38, 40), "b": (14, 40), "c": (30, 40)}), "group").gap
    assert gap is not None
    assert (gap.best, gap.worst) == ("a", "b")
    assert gap.p == pytest.approx(1 / 1001)
    assert "between a (best) and b (worst)" in sentence(gap, share=True)
    assert "seldom" in sentence(gap, share=True)


def test_slices_that_are_alike_have_no_best_and_no_worst() -> None:
    found = sliced(groups({"a": (30, 40), "b": (30, 40)}), "group")
    assert found.gap is not None
    assert found.gap.p == 1
    said = sentence(found.gap, share=True)
    assert said == "By group, weighted_f1 is the same in all slices that are large enough."


def test_the_p_of_no_gap_is_spread_evenly() -> None:
    rng = np.random.default_rng(0)
    ps = []
    for _ in range(40):
        outcomes = numbers(list(rng.normal(size=60)))
        values = [("m", "f")[i % 2] for i in range(60)]
        samples = [Sample(id=o.truth.id, columns={"sex": v})
                   for o, v in zip(outcomes, values, strict=True)]  # fmt: skip
        gap = cut(Mean(), Mean().tally(outcomes), samples, "sex", draws=Draws(resamples=2)).gap
        assert gap is not None
        ps.append(gap.p)
    assert np.mean(ps) == pytest.approx(0.5, abs=0.15)
    assert 0 < np.mean(np.array(ps) < 0.2) < 0.4


def test_the_p_of_a_gap_is_that_of_all_permutations() -> None:
    """Two slices of 20 with means 0.5 apart and normal numbers: the t-test's p is near."""
    values = np.concatenate([np.linspace(-1, 1, 20), np.linspace(-0.5, 1.5, 20)])
    samples = [Sample(id=str(i), columns={"side": "lr"[i // 20]}) for i in range(40)]
    gap = cut(Mean(), Mean().tally(numbers(list(values))), samples, "side", draws=DRAWS).gap
    assert gap is not None
    assert gap.difference == pytest.approx(0.5)
    assert (gap.best, gap.worst) == ("r", "l")
    assert gap.p == pytest.approx(0.0125, abs=0.012)
    fewer = Mean(lower_is_better=frozenset({"mean"}))
    other = cut(fewer, Mean().tally(numbers(list(values))), samples, "side", draws=DRAWS).gap
    assert other is not None
    assert (other.best, other.worst, other.p) == ("l", "r", gap.p)


def test_a_small_slice_is_flagged_and_takes_no_part_in_the_gap() -> None:
    found = sliced(groups({"a": (20, 40), "b": (21, 40), "tiny": (0, 19)}), "group")
    assert found.slices[2].warning == "only 19 samples, 20 are wanted"
    assert found.gap is not None
    assert {found.gap.best, found.gap.worst} == {"a", "b"}
    found = sliced(groups({"a": (20, 40), "tiny": (0, 19)}), "group")
    assert found.gap is None
    assert found.notes == ("By group there are no two slices that are large enough to compare.",)


def test_labels_are_slices_whose_gap_is_not_tested() -> None:
    found = sliced(groups({"a": (60, 80)}), "label")
    assert [one.value for one in found.slices] == ["happy", "sad"]
    assert found.gap is None
    assert "no gap is tested" in found.notes[0]


def test_samples_without_a_value_are_a_slice_of_their_own() -> None:
    found = sliced(groups({"": (10, 20), "z": (10, 20)}), "group")
    assert [one.value for one in found.slices] == ["z", "(none)"]


def test_speaker_split_and_label_are_columns_too() -> None:
    samples = [
        Sample(id="1", label="happy", speaker=" ann ", split=Missing("untold")),
        Sample(id="2", label="sad", columns={"split": "dev", "speaker": "no"}),
    ]
    assert values_of(samples, "speaker") == ["ann", "no"]
    assert values_of(samples, "split") == ["(none)", "dev"]
    assert values_of(samples, "label") == ["happy", "sad"]


def test_an_unknown_column_is_an_error_with_the_nearest() -> None:
    with pytest.raises(
        ConfigError, match=r"column 'grupo'. Did you mean 'group'\? They have: label"
    ):
        sliced(groups({"a": (1, 2)}), "grupo")


def test_a_column_with_a_value_for_every_sample_is_refused() -> None:
    names = [str(i) for i in range(600)]
    with pytest.raises(ConfigError, match="600 values"):
        sliced(groups({"a": (300, 600)}, name=names), "name")


def test_slices_of_the_same_speakers_samples_are_shuffled_by_speaker() -> None:
    """4 speakers, all of whose samples are right or wrong: one by one that looks certain."""
    right = {"a": (40, 80), "b": (0, 80)}
    speakers = [f"{i // 40}" for i in range(160)]
    outcomes = groups(right, who=speakers)
    alone, together = sliced(outcomes, "group"), sliced(outcomes, "group", "who")
    assert alone.gap is not None
    assert together.gap is not None
    assert alone.gap.p < 0.01
    assert together.gap.p > 0.5
    assert alone.slices[0].scores[0].error < together.slices[0].scores[0].error  # type: ignore[operator]


def test_clusters_across_slices_are_told() -> None:
    outcomes = groups({"a": (20, 40), "b": (10, 40)}, who=[str(i % 20) for i in range(80)])
    assert "Clusters lie across the slices by group" in sliced(outcomes, "group", "who").notes[0]
