"""A run: predict what is not predicted yet, keep it, and score all of it."""

import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.evaluation import document, outcome, scoring
from affectlens.evaluation.asking.shown import given_words
from affectlens.evaluation.choosing import Chosen
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.runs import environment
from affectlens.evaluation.runs.folder import Plan, RunFolder
from affectlens.evaluation.score import Scores
from affectlens.evaluation.statistics.slices import values_of
from affectlens.evaluation.subject import Question, Subject
from affectlens.foundation import locks
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.hashing import sha256_of, sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

SCHEMA = "affectlens.metrics/1"
METRICS = "metrics.json"
READING = "reading files"
_INPUT = "input"  # of a line: what of the sample the prediction was made from


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """How intervals and slices are made."""

    resamples: int = 1000
    seed: int = 0
    slices: tuple[str, ...] = ()  # columns by whose values scores are given
    cluster: str | None = None  # a column whose values are resampled whole


USUALLY = Scoring()


@dataclass(frozen=True, slots=True)
class Done:
    """How a session went: samples predicted now, predicted before, and failed (now or before)."""

    now: int
    before: int
    failed: int


def predict(
    folder: RunFolder,
    plan: Plan,
    corpus: Corpus,
    subject: Subject,
    *,
    retry_failed: bool = False,
    progress: Progress = silent,
) -> Done:
    """Predict the samples that the folder does not have yet.

    A sample stands there when its file has the same content and its words are the same. Each batch
    is on the disk before the next is made. Another process that predicts here is waited for.

    Raises:
        ConfigError: the folder holds another run, or the subject cannot answer the question.
        InputError: the folder's files are damaged.
        UnavailableError: the subject cannot be had.
    """
    if not plan.question.asks:
        raise ConfigError(
            "Nothing is asked of the samples: predictions of this task are made elsewhere. Score "
            "them with `affectlens evaluate score`."
        )
    folder.path.mkdir(parents=True, exist_ok=True)
    with locks.held(folder.path / ".lock"):
        _refuse_other_samples(folder, corpus.samples)
        folder.begin(plan, subject.identity, subject.notes(plan.question))
        inputs = _inputs(corpus.samples, plan.question, progress)
        stored = _stored(folder, inputs)
        old = {id_ for id_, failed in stored.items() if not (failed and retry_failed)}
        todo = [sample for sample in corpus.samples if sample.id not in old]
        failed = sum(stored[id_] for id_ in old)
        start_s = time.monotonic()
        for batch in subject.predict(todo, plan.question, progress=progress) if todo else ():
            for made in batch:
                row = outcome.to_json(_in_range(made, corpus.valence_range))
                folder.ledger.append({**row, _INPUT: inputs[made.id]})
                failed += made.failure is not None
        if todo:
            folder.write("environment.json", environment.describe())
            seconds = round(time.monotonic() - start_s, 3)
            folder.timings.append({"samples": len(todo), "seconds": seconds})
    return Done(now=len(todo), before=len(old), failed=failed)


def refuse_unscorable(
    samples: Sequence[Sample], metrics: Sequence[Chosen], how: Scoring = USUALLY
) -> None:
    """Tell what would keep samples from being scored, before they are predicted.

    Raises:
        InputError: a truth is missing or wrong; tells its place.
        ConfigError: no sample has a column by which to slice or resample.
    """
    for column in (*how.slices, *(() if how.cluster is None else (how.cluster,))):
        values_of(samples, column)
    for one in metrics:
        for sample in samples:
            one.metric.perfect(sample)


def score(
    folder: RunFolder,
    metrics: Sequence[Chosen],
    how: Scoring = USUALLY,
    *,
    corpus: Corpus | None = None,
    progress: Progress = silent,
) -> list[Scores]:
    """Score what was predicted, and write metrics.json; without a corpus, the plan's is read.

    Raises:
        InputError: the run is not complete, or truths are missing or wrong.
    """
    found = scored(folder.outcomes(corpus), metrics, how, progress=progress)
    written = {"metrics": [_part(one) for one in metrics], **dataclasses.asdict(how)}
    folder.note_scoring(written)
    config = folder.config()
    head = {key: config[key] for key in ("task", "corpus", "question", "subject", "notes")}
    scores = [document.to_json(one) for one in found]
    folder.write(METRICS, {"schema": SCHEMA, **head, "scoring": written, "scores": scores})
    return found


def scored(
    outcomes: Sequence[Outcome],
    metrics: Sequence[Chosen],
    how: Scoring = USUALLY,
    *,
    progress: Progress = silent,
) -> list[Scores]:
    """The scores of outcomes by each metric; nothing is written.

    Raises:
        InputError: truths are missing or wrong.
    """
    return [
        scoring.score(
            one.metric,
            outcomes,
            settings=one.settings,
            resamples=how.resamples,
            seed=how.seed,
            slices=how.slices,
            cluster=how.cluster,
            progress=progress,
        )
        for one in metrics
    ]


def scores_of(folder: RunFolder) -> list[Scores] | Missing:
    """The scores that stand in a folder.

    Raises:
        InputError: the file is damaged, or of another version.
    """
    place = folder.path / METRICS
    if not place.is_file():
        return Missing(f"{folder.path} was not scored yet")
    try:
        found = json.loads(place.read_text("utf-8"))
        if found["schema"] != SCHEMA:
            raise InputError(f"{place} is of {found['schema']!r}, wanted {SCHEMA!r}. Score again.")
        scores = [document.from_json(one) for one in found["scores"]]
        for one in scores:
            one.get(one.headline)
    except (ValueError, KeyError, TypeError, RecursionError, StopIteration) as error:
        raise InputError(f"{place} cannot be read: {error!r}. Score the run again.") from None
    return scores


def _part(one: Chosen) -> dict[str, Any]:
    return {"name": one.metric.name, "settings": one.settings}


def _refuse_other_samples(folder: RunFolder, samples: Sequence[Sample]) -> None:
    there = folder.rows()
    if there and samples and not any(sample.id in there for sample in samples):
        raise ConfigError(
            f"{folder.path} holds predictions of other samples, such as {next(iter(there))!r}, and "
            f"none of these, such as {samples[0].id!r}. Choose a new folder."
        )


def _stored(folder: RunFolder, inputs: Mapping[str, str]) -> dict[str, bool]:
    """Ids of the samples that stand there as they are now, and whether they failed."""
    return {
        id_: "failure" in row
        for id_, row in folder.rows().items()
        if id_ in inputs and row.get(_INPUT) == inputs[id_]
    }


def _inputs(samples: Sequence[Sample], question: Question, progress: Progress) -> dict[str, str]:
    """What tells whether a sample is still the same, by its id."""
    by_path: dict[Path, str] = {}
    found = {}
    for number, sample in enumerate(samples, 1):
        words = given_words(sample, question.words)
        if isinstance(sample.media, Missing):
            file = "none"
        else:
            if sample.media not in by_path:
                by_path[sample.media] = _content(sample.media)
            file = by_path[sample.media]
        found[sample.id] = file if words is None else f"{file} {sha256_of_text(words)}"
        progress(READING, number / len(samples))
    return found


def _in_range(made: Prediction, bounds: tuple[float, float] | None) -> Prediction:
    """Valence and arousal, of subjects −1–1, as the corpus counts them."""
    if bounds is None:
        return made
    low, high = bounds

    def scaled(value: float | Missing) -> float | Missing:
        return value if isinstance(value, Missing) else low + (value + 1) / 2 * (high - low)

    return replace(made, valence=scaled(made.valence), arousal=scaled(made.arousal))


def _content(path: Path) -> str:
    """The file's sha256, or "" for what cannot be read: its prediction will say so."""
    try:
        return sha256_of(path)
    except OSError:
        return ""
