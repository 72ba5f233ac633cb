"""MER2024-OV: stored groups of synonyms, as a judge named them, and the arithmetic on them."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from tests.evaluation.outcomes import outcomes
from tests.evaluation.wheel_folder import SHARED

from affectlens.evaluation.metric import Metric, Mode
from affectlens.evaluation.metrics import grouping
from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.wheel.groups import group_words, stored
from affectlens.evaluation.wheel.lists import parse
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

VECTORS = SHARED / "specs" / "wheel_vectors.json"


@pytest.mark.parametrize(
    ("reply", "groups"),
    [
        ("[['calm', 'quiet'], ['mad']]", [["calm", "quiet"], ["mad"]]),
        ('[["calm"],["mad" , "cross"]]', [["calm"], ["mad", "cross"]]),
        ("Here it is: [['calm']]", [["Here it is: "], ["calm"]]),  # prose is a group, as published
        ("[['it's fine']]", [["it", "s fine"]]),
        ("[[], ['calm', '']]", [["calm"]]),
        ("[calm, quiet]", [["calm, quiet"]]),  # without quotes it is one word
        ("", []),
        ("[]", []),
    ],
)
def test_replies_are_read_as_published(reply: str, groups: list[list[str]]) -> None:
    assert group_words(reply) == groups


def metric(groupings: dict[str, list[list[str]]], mode: Mode = "compat") -> Metric:
    return grouping.Grouping(groupings, mode)


def pairs(*drawn: tuple[str, str]) -> list[Outcome]:
    return outcomes(
        [{"labels": tuple(parse(truth))} for truth, _ in drawn],
        [{"labels": tuple(parse(said))} for _, said in drawn],
    )


@pytest.mark.parametrize(
    ("truth", "said", "groups", "precision", "recall"),
    [
        ("calm", "quiet", [["calm", "quiet"]], 1, 1),
        ("calm, mad", "quiet", [["calm", "quiet"], ["mad"]], 1, 1 / 2),
        ("calm", "quiet, mad", [["calm", "quiet"]], 1 / 2, 1),  # unnamed words are themselves
        ("calm, quiet", "mad", [["quiet", "calm"]], 0, 0),
        ("Calm", "CALM", [], 1, 1),
        ("calm, mad", "calm", [["calm", "mad"], ["mad", "cross"]], 1, 1 / 2),  # the later group
        ("calm", "", [["calm"]], 0, 0),
        ("calm, calm", "quiet, calm", [["quiet", "calm"]], 1, 1),
    ],
)
def test_a_sample_has_the_precision_and_recall_of_its_groups(
    truth: str, said: str, groups: list[list[str]], precision: float, recall: float
) -> None:
    tally = metric({"clip0": groups}).tally(pairs((truth, said)))
    assert tally.scores() == pytest.approx(
        {
            "accuracy_s": precision,
            "recall_s": recall,
            "average": (precision + recall) / 2,
        }
    )


def test_a_judges_capitals_and_blanks_matter_only_as_published() -> None:
    groups = {"clip0": [["Calm", " quiet"]]}
    assert metric(groups).tally(pairs(("calm", "quiet"))).scores()["average"] == 0
    assert metric(groups, "strict").tally(pairs(("calm", "quiet"))).scores()["average"] == 1


def test_a_truth_without_labels_stops_the_published_script_and_is_strictly_neutral() -> None:
    groups: dict[str, list[list[str]]] = {"clip0": []}
    with pytest.raises(InputError, match=r"labels.csv, row 2: wanted labels"):
        metric(groups).tally(pairs(("", "calm")))
    assert metric(groups, "strict").tally(pairs(("", "Neutral."))).scores()["average"] == 1


def test_a_sample_without_a_grouping_is_named() -> None:
    with pytest.raises(InputError, match=r"labels.csv, row 3: .*no stored grouping of 'clip1'"):
        metric({"clip0": []}).tally(pairs(("calm", "mad"), ("calm", "mad")))


def test_a_refusal_is_wrong_and_not_parsed() -> None:
    given = outcomes([{"labels": ("calm",)}], [{"labels": Missing("refused")}])
    tally = metric({"clip0": []}).tally(given)
    assert tally.scores()["average"] == 0
    assert tally.parsed_N.tolist() == [False]
    assert tally.counted_N.tolist() == [True]
    assert tally.notes == ("Stored groupings without any word: 1.",)


def test_the_truth_scores_one_and_constants_are_floors() -> None:
    given = pairs(("calm, mad", "x"), ("mad", "x"), ("mad, sad", "x"))
    made = metric({f"clip{i}": [["calm", "quiet"]] for i in range(3)})
    perfect = [Outcome(pair.truth, made.perfect(pair.truth)) for pair in given]
    assert set(made.tally(perfect).scores().values()) == {1.0}
    constants = made.constants([pair.truth for pair in given])
    assert list(constants) == ["always [mad]"]
    floor = [Outcome(pair.truth, constants["always [mad]"]) for pair in given]
    assert made.tally(floor).scores()["accuracy_s"] == 1
    assert np.isnan(made.tally([]).scores()["average"])


REPLIES = {"clip0": "[['calm', 'quiet']]", "clip1": "[['mad']]"}
READ = {"clip0": [["calm", "quiet"]], "clip1": [["mad"]]}


def _npy(folder: Path) -> Path:
    for name, reply in REPLIES.items():
        np.save(folder / f"{name}.npy", np.array(reply))
    return folder


def _npy_of_objects(folder: Path) -> Path:
    for name, reply in REPLIES.items():
        np.save(folder / f"{name}.npy", np.array(reply, dtype=object))  # pickled, as upstream's
    return folder


def _npz_each(folder: Path) -> Path:
    for name, reply in REPLIES.items():
        np.savez(folder / f"{name}.npz", reply=np.array(reply))
    return folder


def _npz(folder: Path) -> Path:
    np.savez(folder / "all.npz", clip0=np.array(REPLIES["clip0"]), clip1=np.array(REPLIES["clip1"]))
    return folder / "all.npz"


def _csv(folder: Path) -> Path:
    lines = [f'{name},"{reply}"' for name, reply in REPLIES.items()]
    (folder / "all.csv").write_text("\n".join(["name,reply", *lines]))
    return folder / "all.csv"


def _jsonl(folder: Path) -> Path:
    lines = [json.dumps({"name": name, "groups": groups}) for name, groups in READ.items()]
    (folder / "all.jsonl").write_text("\n".join(lines))
    return folder / "all.jsonl"


@pytest.mark.parametrize("kept", [_npy, _npy_of_objects, _npz_each, _npz, _csv, _jsonl])
def test_groupings_are_read_however_they_were_kept(tmp_path: Path, kept: object) -> None:
    assert callable(kept)
    path = kept(tmp_path)
    assert stored(path) == READ
    made = grouping.build(grouping.Config(groupings=str(path), mode="compat"))
    assert made.tally(pairs(("calm", "quiet"), ("mad", "calm"))).scores()["average"] == 1 / 2


def test_groupings_that_are_not_there_or_no_groups_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="set groupings"):
        grouping.build(grouping.Config())
    with pytest.raises(InputError, match="no groupings"):
        stored(tmp_path)
    (tmp_path / "a.json").write_text('[{"name": "clip0", "reply": 7}]')
    with pytest.raises(
        InputError, match=re.escape("a.json, row 1, column 'reply': wanted a judge")
    ):
        stored(tmp_path / "a.json")
    np.save(tmp_path / "clip0.npy", np.arange(3))
    with pytest.raises(InputError, match=r"clip0.npy: wanted a judge"):
        stored(tmp_path)


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.is_file(), reason="the team's ../shared/specs is not here")
def test_every_grouping_of_the_reference_has_its_precision_and_recall() -> None:
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))["mer2024_grouping"]["cases"]
    assert len(cases) == 10
    read = {f"clip{i}": group_words(case["grouping_response"]) for i, case in enumerate(cases)}
    assert list(read.values()) == [case["parsed"] for case in cases]
    tally = metric(read).tally(pairs(*[(case["gt"], case["pred"]) for case in cases]))
    for at, case in enumerate(cases):
        expected = (case["precision"], case["recall"])
        assert tuple(tally.counts_NK[at, :2]) == pytest.approx(expected, abs=1e-9)
    found = tally.scores()
    mean = sum(case["precision"] + case["recall"] for case in cases) / 20
    assert found["average"] == pytest.approx(mean, abs=1e-9)
