"""Label sets by emotion wheels: the reference's numbers, floors, and what strict adds."""

import json
import math
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluation import wheel_folder
from tests.evaluation.outcomes import outcomes
from tests.evaluation.wheel_folder import SHARED

from affectlens.corpora import table
from affectlens.corpora.corpus import Sample
from affectlens.evaluation.metric import Metric, Mode
from affectlens.evaluation.metrics import wheel
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.wheel import tables
from affectlens.evaluation.wheel.lists import parse
from affectlens.evaluation.wheel.sets import Sets
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

UPSTREAM = SHARED / "data" / "emotion-wheel"
VECTORS = SHARED / "specs" / "wheel_vectors.json"
OV_MERD = SHARED / "data" / "emer" / "v2_openset.csv"
needs_shared = pytest.mark.skipif(
    not (UPSTREAM.is_dir() and VECTORS.is_file() and OV_MERD.is_file()),
    reason="the team's ../shared is not here",
)
REFUSED = Missing("the model refused")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheel_folder.make(tmp_path_factory.mktemp("tables"))


def metric(named: object = "own", mode: Mode = "compat", **settings: object) -> Metric:
    return wheel.build(wheel.Config(tables=str(named), mode=mode, **settings))  # type: ignore[arg-type]


def scored(made: Metric, *pairs: tuple[str, str | None]) -> dict[str, float]:
    """Scores of true and predicted lists, as people write them."""
    return made.tally(compared(*pairs)).scores()


def compared(*pairs: tuple[str, str | None]) -> list[Outcome]:
    return outcomes(
        [{"labels": tuple(parse(truth))} for truth, _ in pairs],
        [{"labels": REFUSED if said is None else tuple(parse(said))} for _, said in pairs],
    )


@pytest.mark.parametrize(
    ("truth", "said", "mode", "precision", "recall"),
    [
        ("glad", "[happiness]", "compat", 1, 1),
        ("GLAD , glad", "['gladly', 'glad']", "compat", 1, 1),
        ("glad, furious", "calm", "compat", 1, 1 / 2),
        ("glad", "calm, furious", "compat", 1 / 2, 1),
        ("glad", "calm, unheard", "compat", 1, 1),  # unknown words are dropped
        ("glad", "calm, unheard", "strict", 1 / 2, 1),  # or each is one too many
        ("glad, neutral", "glad", "compat", 1, 1),
        ("glad, neutral", "glad", "strict", 1, 1 / 2),
        ("neutral", "neutral", "strict", 1, 1),
        ("", "neutral", "strict", 1, 1),  # nothing to name is neutral
        ("aimlessly", "aimless", "strict", 1, 1),  # in no wheel, but of one stem
        ("glad", "happy; furious.", "compat", 0, 0),  # one unknown word, as published
        ("glad", "happy; furious.", "strict", 1 / 2, 1),
        ("glad", "", "strict", 0, 0),
        ("glad", "unheard", "compat", 0, 0),
    ],
)
def test_a_sample_has_the_precision_and_recall_of_its_clusters(
    folder: Path, truth: str, said: str, mode: Mode, precision: float, recall: float
) -> None:
    found = scored(metric(folder, mode), (truth, said))
    assert found["wheel1.level1.precision"] == pytest.approx(precision)
    assert found["wheel1.level1.recall"] == pytest.approx(recall)


def test_f_is_that_of_the_averages_and_the_headline_the_mean_of_the_wheels(folder: Path) -> None:
    made = metric(folder)
    found = scored(made, ("glad", "glad"), ("glad, furious, lost", "glad"), ("lost", "glad, lost"))
    # wheels 1, 2, 4, 5: (1, 1), (1, 1/3), (1/2, 1); wheel 3 knows no "lost", so it skips the last
    usual, third = (2.5 / 3, (2 + 1 / 3) / 3), (1.0, 0.75)
    f = [2 * p * r / (p + r) for p, r in (usual, third)]
    assert found["wheel1.level1.f"] == pytest.approx(f[0])
    assert found["wheel3.level1.f"] == pytest.approx(f[1])
    assert found["f"] == pytest.approx((4 * f[0] + f[1]) / 5)
    assert found["precision"] == pytest.approx((4 * usual[0] + third[0]) / 5)
    twelve = [found[f"{name}.f"] for name in made.tally([]).details["kept"]]
    assert found["m_avg"] == pytest.approx(sum(twelve) / 12)
    assert found["mer2025"] == pytest.approx((found["f"] + found["level2.f"]) / 2)


@pytest.mark.parametrize(
    ("levels", "headline"), [("1", "f"), ("2", "level2.f"), ("1+2", "mer2025")]
)
def test_the_settings_say_which_levels_are_quoted(folder: Path, levels: str, headline: str) -> None:
    made = metric(folder, levels=levels)
    assert made.headline == headline
    # one family and two groups, but for wheel 2
    expected = {"f": 1, "level2.f": 1 / 5, "mer2025": 3 / 5}[headline]
    assert scored(made, ("furious", "jealous"))[headline] == pytest.approx(expected)


def test_a_truth_in_no_table_is_left_out_of_its_mappings_or_strictly_of_none(folder: Path) -> None:
    pairs = compared(("glad", "glad"), ("lost", "lost"), ("neutral", "glad"))
    tally = metric(folder).tally(pairs)
    assert tally.counted_N.tolist() == [True, True, False]
    assert not tally.counts_NK[2].any()
    assert tally.details["kept"]["wheel1.level1"] == 2
    assert tally.details["kept"]["wheel3.level1"] == 1
    assert any("wheel3.level1 2" in note for note in tally.notes)
    assert np.isnan(tally.per_sample["precision"][2])
    assert np.isnan(tally.per_sample["wheel3.level1.recall"][1])
    assert tally.scores()["f"] == 1
    strict = metric(folder, "strict").tally(pairs)
    assert strict.counted_N.all()
    assert strict.scores()["f"] == pytest.approx(2 / 3)


def test_a_refusal_is_wrong_and_not_parsed(folder: Path) -> None:
    pairs = compared(("glad", "glad"), ("glad", None), ("glad", ""))
    broken = Outcome(
        pairs[0].truth, Prediction(id="clip0", labels=("glad",), failure=Missing("cut off"))
    )
    for mode in ("compat", "strict"):
        tally = metric(folder, mode).tally([*pairs, broken])
        assert tally.parsed_N.tolist() == [True, False, True, False]
        assert tally.scores()["recall"] == 1 / 4


def test_a_truth_without_labels_is_an_error_that_tells_its_place(folder: Path) -> None:
    pairs = outcomes([{"labels": ("glad",)}, {}], [{"labels": ()}, {"labels": ()}])
    with pytest.raises(InputError, match=r"labels.csv, row 3: wanted the labels of 'clip1'"):
        metric(folder).tally(pairs)


def test_labels_of_a_closed_set_are_sets_of_one(folder: Path) -> None:
    pairs = outcomes([{"label": "happy"}], [{"label": "glad"}])
    assert metric(folder).tally(pairs).scores()["f"] == 1


def test_of_nothing_there_is_no_score(folder: Path) -> None:
    for named in (folder, "own"):
        tally = metric(named).tally([])
        assert all(math.isnan(value) for value in tally.scores().values())
        assert tally.details["coverage"]["truth"] is None
        many = tally.finish(np.zeros((4, 3, tally.counts_NK.shape[1])))
        assert all(values.shape == (4, 3) for values in many.values())


def test_nothing_right_is_no_score_only_with_the_tables_of_2025_as_then_published(
    folder: Path,
) -> None:
    pair = ("glad", "furious")
    for year, mode, expected in [("2025", "compat", None), ("2026", "compat", 0.0),
                                 ("2025", "strict", 0.0)]:  # fmt: skip
        named = replace(tables.read(folder), version=year)
        made = wheel.Wheel(Sets(named, named.names, strict=mode == "strict"), mode, "1")  # type: ignore[arg-type]
        tally = made.tally(compared(pair))
        found = tally.scores()["f"]
        assert any("no number" in note for note in tally.notes) is (expected is None)
        assert math.isnan(found) if expected is None else found == expected


def test_the_best_constant_beats_every_other_of_its_size(folder: Path) -> None:
    truths = [
        Sample(id=str(i), labels=tuple(parse(labels)))
        for i, labels in enumerate(
            ["glad", "glad, lost", "furious", "furious, jealous", "lost, overwhelmed", "neutral"]
        )
    ]
    words = ["glad", "lost", "furious", "jealous", "overwhelmed", "neutral", "calm"]
    for mode in ("compat", "strict"):
        made = metric(folder, mode)
        constants = made.constants(truths)
        reached = max(_constant(made, truths, p.labels) for p in constants.values())
        others = [_constant(made, truths, c) for k in (1, 2, 3, 4) for c in combinations(words, k)]
        assert reached >= max(others) - 1e-9
        assert all(name == f"always [{', '.join(p.labels)}]" for name, p in constants.items())  # type: ignore[arg-type]
        assert list(constants)[-1] in ("always [furious]", "always [glad]", "always [lost]")


def _constant(made: Metric, truths: list[Sample], labels: object) -> float:
    said = Prediction(id="", labels=labels)  # type: ignore[arg-type]
    return made.tally([Outcome(truth, said) for truth in truths]).scores()[made.headline]


def test_of_truths_that_no_table_knows_there_is_a_most_frequent_word_only(folder: Path) -> None:
    truths = [Sample(id="a", labels=("zzz",))]
    assert list(metric(folder).constants(truths)) == ["always [zzz]"]
    assert metric(folder).constants([]) == {}


LABELS = st.lists(
    st.sampled_from(["happy", "Glad", "angry ", "furious", "sad", "afraid", "zzz", "neutral"]),
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=5), st.randoms())
def test_order_and_duplicates_do_not_matter_and_scores_are_shares(
    drawn: list[tuple[list[str], list[str]]], random: "object"
) -> None:
    for mode in ("compat", "strict"):
        made = metric("own", mode)
        once = made.tally(_outcomes(drawn))
        turned = [(t[::-1] + t, p[::-1] * 2) for t, p in drawn]
        again = made.tally(_outcomes(turned))
        assert (once.counts_NK == again.counts_NK).all()
        assert all(math.isnan(value) or 0 <= value <= 1 for value in once.scores().values())
        random.shuffle(turned)  # type: ignore[attr-defined]
        assert made.tally(_outcomes(turned)).scores() == pytest.approx(once.scores(), nan_ok=True)


def _outcomes(drawn: list[tuple[list[str], list[str]]]) -> list[Outcome]:
    return outcomes(
        [{"labels": tuple(truth)} for truth, _ in drawn],
        [{"labels": tuple(said)} for _, said in drawn],
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=4))
def test_the_modes_agree_where_every_word_is_known_and_there_are_labels(
    drawn: list[tuple[list[str], list[str]]],
) -> None:
    known = [
        ([w for w in t if w != "zzz"] or ["sad"], [w for w in p if w != "zzz"]) for t, p in drawn
    ]
    one, other = (metric("own", mode).tally(_outcomes(known)) for mode in ("compat", "strict"))
    assert (one.counts_NK == other.counts_NK).all()


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize("version", ["2025", "2026"])
def test_every_case_of_the_reference_has_its_precision_and_recall(version: str) -> None:
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
    assert len(cases) == 50
    made = metric(UPSTREAM / version, version=version)
    tally = made.tally(compared(*[(case["gt"], case["pred"]) for case in cases]))
    for at, case in enumerate(cases):
        for m, (name, expected) in enumerate(case["expect"][version].items()):
            precision, recall, kept = tally.counts_NK[at, 3 * m : 3 * m + 3]
            ours = name.removeprefix("case3_").replace("_", ".")
            assert kept == (expected is not None), (case["id"], name)
            if expected is not None:
                assert (precision, recall) == pytest.approx(expected, abs=1e-9), (case["id"], name)
                assert tally.per_sample[f"{ours}.recall"][at] == recall


@pytest.fixture(scope="module")
def ov_merd() -> list[Sample]:
    rows = table.read(OV_MERD)
    return [Sample(id=row.text("name"), labels=tuple(parse(row.text("openset")))) for row in rows]


@pytest.mark.shared
@needs_shared
def test_constant_answers_reach_the_stated_floor_on_ov_merd(ov_merd: list[Sample]) -> None:
    made = metric(UPSTREAM / "2025")
    stated = Prediction(id="", labels=("angry", "anxious", "sad", "happy"))
    found = made.tally([Outcome(truth, stated) for truth in ov_merd]).scores()
    assert len(ov_merd) == 332
    shown = [round(100 * found[name], 1) for name in ("f", "precision", "recall")]
    assert shown == [46.2, 31.7, 85.4]
    assert max(_constant(made, ov_merd, p.labels) for p in made.constants(ov_merd).values()) > 0.47


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize("named", ["own", "2025", "2026"])
def test_ov_merd_against_itself_is_perfect(ov_merd: list[Sample], named: str) -> None:
    for mode in ("compat", "strict"):
        made = metric(named if named == "own" else UPSTREAM / named, mode)
        tally = made.tally([Outcome(truth, made.perfect(truth)) for truth in ov_merd])
        assert {name for name, value in tally.scores().items() if abs(value - 1) > 1e-12} == set()


@pytest.mark.shared
@needs_shared
def test_only_87_percent_of_the_labels_of_ov_merd_are_in_the_tables(ov_merd: list[Sample]) -> None:
    tally = metric(UPSTREAM / "2025").tally([Outcome(s, Prediction(id=s.id)) for s in ov_merd])
    assert round(tally.details["coverage"]["truth"], 3) == 0.87
    assert tally.details["coverage"]["prediction"] is None
