"""The rule baseline: `affectlens analyze` as it is, in child processes; of a file its main person.

Where the labels of a question are not those of one of the rules' own spaces, the smallest of these
is read that has all that can be answered, and the probabilities of the others are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from affectlens.analyzer import batch
from affectlens.analyzer.batch import Item, Row
from affectlens.analyzer.engine import Crew, Died, spread
from affectlens.analyzer.settings import RULES, Settings
from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import SENTIMENT3
from affectlens.evaluation.asking import claims, identity, main_person
from affectlens.evaluation.asking.answerable import Answerable, abstained, chosen
from affectlens.evaluation.asking.shown import heeding, shown
from affectlens.evaluation.outcome import NOT_GIVEN, Prediction, unanswered
from affectlens.evaluation.subject import Question, Subject
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.reasoning import document
from affectlens.reasoning.analysis import Analysis, Person
from affectlens.reasoning.settings import ReasoningSettings

STAGE = "samples"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How files are analyzed, and how many at a time (None: one for two cores)."""

    settings: Settings = field(default_factory=partial(Settings, model=RULES))
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.settings.model != RULES:
            raise ConfigError(f"The rules are no language model such as {self.settings.model}.")
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"There is at least 1 worker, got {self.workers}.")


@dataclass(frozen=True, slots=True)
class Rules:
    """Analyzes the samples' files."""

    config: Config

    @property
    def identity(self) -> Mapping[str, Any]:
        """Settings, models and versions."""
        return {"kind": "rules", **identity.of_analysis(self.config.settings)}

    def notes(self, question: Question) -> Sequence[str]:
        """Labels that the rules never give, and the language that they do not speak."""
        found: list[str] = []
        answerable = _answerable(question)
        if answerable is not None and answerable.never:
            found.append(f"The rules never answer {', '.join(answerable.never)}.")
        if "label" in question.asks and _of_sentiment(question):
            found.append("The rules give a valence and choose no sentiment: its sign is theirs.")
        spoken = self.config.settings.reasoning.language
        if "explanation" in question.asks and question.language != spoken:
            found.append(f"The rules explain in {spoken}, and were asked in {question.language}.")
        return found

    def predict(
        self, samples: Sequence[Sample], question: Question, *, progress: Progress = silent
    ) -> Iterator[list[Prediction]]:
        """Each sample as it is ready; samples of one file and the same words together."""
        answerable = _answerable(question)
        settings = _settings(self.config.settings, question, answerable)
        with TemporaryDirectory(prefix="affectlens-") as folder:
            items: dict[Item, list[Sample]] = {}
            unseen: list[Prediction] = []
            for number, sample in enumerate(samples):
                seen = shown(sample, question.words, Path(folder), number)
                if isinstance(seen, Missing):
                    unseen.append(Prediction(id=sample.id, failure=seen))
                else:
                    item = Item(seen.path, settings, words=seen.words)
                    items.setdefault(item, []).append(sample)
            if unseen:
                yield unseen
            done = len(unseen)
            for item, row in self._rows(list(items)):
                found = _predicted(row, question, answerable, settings.reasoning)
                yield [replace(found, id=sample.id) for sample in items[item]]
                done += len(items[item])
                progress(STAGE, done / len(samples))

    def _rows(self, items: Sequence[Item]) -> Iterator[tuple[Item, Row]]:
        crew = Crew(workers=self.config.workers)
        for item, result in spread(batch.work, items, crew):
            yield item, batch.failure(item, result) if isinstance(result, Died) else result


def _answerable(question: Question) -> Answerable | None:
    """None where no label is asked for, or only the sign of the valence."""
    if question.space is None or "label" not in question.asks or _of_sentiment(question):
        return None
    return Answerable.of(question.space)


def _of_sentiment(question: Question) -> bool:
    asked = question.space
    return asked is not None and set(asked.labels) == set(SENTIMENT3.labels)


def _settings(settings: Settings, question: Question, answerable: Answerable | None) -> Settings:
    found = heeding(settings, question)
    if answerable is None:
        return found
    reasoning = replace(found.reasoning, label_space=answerable.read_in.name)
    return replace(found, reasoning=reasoning)


def _predicted(
    row: Row, question: Question, answerable: Answerable | None, settings: ReasoningSettings
) -> Prediction:
    """A prediction, its id left open."""
    if batch.failed_in(row):
        return Prediction(id="", failure=Missing(row["error"]))
    analysis = document.from_json(row)
    person = main_person.of_analysis(analysis)
    if person is None:
        return unanswered("", _nobody(analysis))
    found = Prediction(id="", valence=_number(person.valence), arousal=_number(person.arousal))
    if answerable is not None:
        found = _labelled(found, person, answerable, settings)
    if "labels" in question.asks:
        found = replace(found, labels=person.open_vocabulary)
    if "explanation" in question.asks:
        found = replace(found, **_explained(analysis, person))
    return found


def _labelled(
    found: Prediction, person: Person, answerable: Answerable, settings: ReasoningSettings
) -> Prediction:
    likely = answerable.restricted(person.probabilities)
    if isinstance(likely, Missing):
        return replace(found, label=likely, probabilities=likely)
    # What can never be given has no say in whether the rest is sure enough.
    kept = {name: likely[name] for name in answerable.own}
    if not answerable.exactly:
        label = chosen(kept, settings)
    elif person.label is None:
        label = abstained(kept, settings)
    else:
        label = next(name for name, word in answerable.own.items() if word == person.label)
    return replace(found, label=label, probabilities=likely)


def _explained(analysis: Analysis, person: Person) -> dict[str, Any]:
    """What is said of a person and of the scene."""
    own = [claim for claim in analysis.explanation.claims if claim.person in (person.id, None)]
    text = " ".join(claim.text for claim in own if claim.status != "unsupported")
    return {
        "explanation": text or Missing("the explanation says nothing of the main person"),
        "claims": claims.counted(own),
    }


def _nobody(analysis: Analysis) -> Missing:
    reasons = [one.why for one in analysis.missing if one.what in ("video", "faces", "sound")]
    return Missing("; ".join(dict.fromkeys(["nobody was seen or heard", *reasons])))


def _number(value: float | None) -> float | Missing:
    return NOT_GIVEN if value is None else value


def build(config: Config) -> Subject:
    """The rules under some settings."""
    return Rules(config)
