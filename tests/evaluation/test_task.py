"""Tasks are whole: their parts exist, keys that mean nothing are refused, data make them ready."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.evaluation.fast_run import ASKED, Hashing, manifest

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.emotions import spaces
from affectlens.evaluation.choosing import GROUP, choose
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.runs import run, task
from affectlens.evaluation.runs.folder import CORPORA, RunFolder
from affectlens.evaluation.scoring import score
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.part import configured

PROMISED = [
    "mer2023-semi", "mer2023-multi", "mer2023-noise", "mer2024-semi", "mer2024-noise", "dfew",
    "meld", "iemocap-4", "mosi", "mosei", "ch-sims", "ch-sims-v2", "ravdess", "crema-d", "mafw",
    "emer", "ov-merd-plus", "emer-overlap", "mer2026-cross", "mer2026-fg", "mer2026-prefer",
    "manifest",
]  # fmt: skip
NAMES = list(task.tasks())


def test_every_promised_task_is_there() -> None:
    assert not set(PROMISED) - set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_parts_of_a_task_exist_and_take_its_settings(name: str) -> None:
    one = task.task(name)
    assert one.version >= 1
    assert one.title
    if one.corpus is None:
        assert {task.task(member).corpus is None for member in one.mean_of} == {False}
        return
    assert one.source
    configured(CORPORA, one.corpus)
    assert one.metrics
    for metric in one.metrics:
        configured(GROUP, metric)
    if one.space is not None:
        spaces.space(one.space)


def small(metrics: str = '[{ name = "classification" }]', more: str = "") -> str:
    return f"""
[own]
version = 1
title = "Own"
corpus = "manifest"
asks = ["label"]
metrics = {metrics}
{more}
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (small(more='spaces = "mer6"'), "no key 'spaces'. Did you mean 'space'"),
        (small(more='space = "mer7"'), "no label space 'mer7'"),
        (small().replace('"label"', '"labl"'), "Did you mean 'label'"),
        (small().replace("version = 1", ""), "a version and a title"),
        (small().replace("manifest", "manifets"), "Did you mean 'manifest'"),
        (small(metrics='[{ mode = "compat" }]'), "no name"),
        ('[own]\nversion = 1\ntitle = "Own"\n', "either a corpus or mean_of"),
        ('[own]\nversion = 1\ntitle = "Own"\nmean_of = ["none"]\n', "'none'"),
        ("[own", "not TOML"),
    ],
)
def test_what_is_wrong_with_a_task_is_told(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        task.parse(text)


def test_an_unknown_task_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'mer2023-semi'"):
        task.task("mer2023-sem")


def test_a_manifest_is_ready_with_its_own_labels(tmp_path: Path) -> None:
    made = task.ready(task.task("manifest"), manifest(tmp_path), ASKED, limit=5)
    assert made.plan.question.asks == {"label", "explanation"}
    assert made.plan.question.space == made.corpus.space
    assert len(made.corpus.samples) == 5
    assert [one.name for one in made.metrics] == ["classification", "calibration", "grounding"]
    assert made.plan.task == "manifest/1"


def test_without_reasons_none_are_asked_for_and_none_scored(tmp_path: Path) -> None:
    made = task.ready(task.task("manifest"), manifest(tmp_path), ASKED, reasons=False)
    assert made.plan.question.asks == {"label"}
    assert [one.name for one in made.metrics] == ["classification", "calibration"]


def test_a_task_runs_and_scores(tmp_path: Path) -> None:
    made = task.ready(task.task("manifest"), manifest(tmp_path), ASKED)
    folder = RunFolder(tmp_path / "run")
    run.predict(folder, made.plan, made.corpus, Hashing())
    metrics = choose(made.metrics, space=made.corpus.space)
    scores = run.score(folder, metrics, run.Scoring(resamples=10))
    assert [one.metric for one in scores] == ["classification", "calibration", "grounding"]
    assert folder.config()["task"] == "manifest/1"
    assert folder.plan() == made.plan


def test_where_there_are_no_labels_none_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hi.")
    path = tmp_path / "m.csv"
    path.write_text("id,path,valence\na,a.txt,0.5\n")
    made = task.ready(task.task("manifest"), path, ASKED)
    assert made.plan.question.asks == {"explanation"}
    assert made.plan.question.space is None
    assert [one.name for one in made.metrics] == ["regression", "grounding"]


def test_settings_of_the_corpus_can_be_others(tmp_path: Path) -> None:
    text = manifest(tmp_path)
    made = task.ready(task.task("manifest"), text, ASKED, settings={"space": "dfew7"})
    assert made.plan.corpus.settings == {"space": "dfew7"}
    with pytest.raises(ConfigError, match="no setting 'spac'"):
        task.ready(task.task("manifest"), text, ASKED, settings={"spac": "dfew7"})


def test_a_mean_is_not_run_but_made_of_its_members(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dfew-1, dfew-2"):
        task.ready(task.task("dfew"), tmp_path, ASKED)
    part = choose(task.task("dfew-1").metrics, space=spaces.DFEW7)[0]
    folds = []
    for right in (1, 3):
        outcomes = [
            Outcome(
                Sample(id=str(n), label="happy", place=f"row {n}"),
                Prediction(id=str(n), label="happy" if n < right else "sad"),
            )
            for n in range(4)
        ]
        folds.append(score(part.metric, outcomes, settings=part.settings, resamples=5))
    assert task.mean(folds)["accuracy"].value == pytest.approx(0.5)
    with pytest.raises(InputError, match="one metric"):
        task.mean([folds[0], replace(folds[1], mode="compat")])


def test_a_corpus_is_what_a_plan_loads(tmp_path: Path) -> None:
    made = task.ready(task.task("manifest"), manifest(tmp_path), ASKED)
    assert isinstance(made.corpus, Corpus)
    assert made.plan.load() == made.corpus
