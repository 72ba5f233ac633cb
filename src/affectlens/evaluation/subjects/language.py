"""A language model of this project, before the same scene and asked the same as in an analysis.

Of each clip its main person is asked about, all of the clip at once. The likelihoods of the labels
are their probabilities; the answer is what the model writes. Its explanation is checked against
what was measured, and what is not borne out is struck and counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from affectlens.analyzer.settings import AUTO, RULES, Settings
from affectlens.clues.clue import Clue
from affectlens.clues.extent import end_s
from affectlens.clues.gather import gather
from affectlens.clues.words import signed
from affectlens.corpora.corpus import Sample
from affectlens.emotions.dimensions import expected
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import space
from affectlens.evaluation import extract
from affectlens.evaluation.asking import claims, identity, main_person
from affectlens.evaluation.asking.answerable import chosen
from affectlens.evaluation.asking.shown import Shown, heeding, shown
from affectlens.evaluation.outcome import Prediction, unanswered
from affectlens.evaluation.subject import Question, Subject
from affectlens.foundation.errors import AffectlensError, ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.timeline import Span
from affectlens.media.opening import open_clip
from affectlens.perception.observe import observe
from affectlens.reasoning.measured import Own, measured
from affectlens.reasoning.reasoner import PersonReading
from affectlens.reasoning.tidy import tidy
from affectlens.reasoning.told import told

if TYPE_CHECKING:
    from affectlens.model.answer import Answer
    from affectlens.model.calibration import Calibration
    from affectlens.model.example import Example
    from affectlens.model.network import AffectLM
    from affectlens.model.processor import AffectProcessor

STAGE = "samples"
_LABEL_TOKENS = 20  # of the answer to the question for a label; one label and what is put around it


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The model is that of the settings; a batch is of so many clips."""

    settings: Settings = field(default_factory=Settings)
    batch_size: int = 8

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ConfigError(f"A batch is of 1 clip or more, got {self.batch_size}.")


@dataclass(frozen=True, slots=True)
class _Seen:
    """One sample before the model."""

    sample: Sample
    own: Own
    example: "Example"
    span: Span
    clues: tuple[Clue, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """Opens and measures clips one by one, and asks about a batch of them at once."""

    config: Config

    @property
    def identity(self) -> Mapping[str, Any]:
        """Settings, checksums of the model and of what measures, and versions."""
        return {
            "kind": "language",
            **identity.of_analysis(self.config.settings),
            "label_tokens": _LABEL_TOKENS,
        }

    def notes(self, question: Question) -> Sequence[str]:
        """None."""
        return ()

    def predict(
        self, samples: Sequence[Sample], question: Question, *, progress: Progress = silent
    ) -> Iterator[list[Prediction]]:
        """A batch after the other, in order."""
        from affectlens.analyzer import calibrated, language

        settings = heeding(self.config.settings, question)
        model, processor = language.load(settings, progress=progress)
        made = calibrated.of(settings)
        reasoning = calibrated.reasoning(settings.reasoning, made)
        settings = replace(settings, reasoning=reasoning)
        asker = _Asker(model, processor, settings, question, self.config.batch_size, made)
        size = self.config.batch_size
        with TemporaryDirectory(prefix="affectlens-") as folder:
            for first in range(0, len(samples), size):
                batch = samples[first : first + size]
                yield asker.predicted(batch, Path(folder), first)
                progress(STAGE, min(1.0, (first + size) / len(samples)))


@dataclass(frozen=True, slots=True)
class _Asker:
    model: "AffectLM"
    processor: "AffectProcessor"
    settings: Settings
    question: Question
    batch_size: int
    calibration: "Calibration | None"

    def predicted(self, batch: Sequence[Sample], folder: Path, first: int) -> list[Prediction]:
        """Predictions of a batch, in its order."""
        found: dict[str, Prediction] = {}
        seen: list[_Seen] = []
        for number, sample in enumerate(batch, first):
            one = self._seen(sample, folder, number)
            if isinstance(one, Prediction):
                found[sample.id] = one
            else:
                seen.append(one)
        found |= {one.id: one for one in self._asked(seen)}
        return [found[sample.id] for sample in batch]

    def _seen(self, sample: Sample, folder: Path, number: int) -> _Seen | Prediction:
        """What the model is shown of a sample, or a prediction that says why there is nothing."""
        given = shown(sample, self.question.words, folder, number)
        if isinstance(given, Missing):
            return Prediction(id=sample.id, failure=given)
        try:
            return self._opened(sample, given)
        except AffectlensError as error:
            return Prediction(id=sample.id, failure=Missing(str(error)))
        except Exception as error:  # noqa: BLE001 - as in `analyzer.batch.work`
            failure = Missing(f"{type(error).__name__}: {error}")
            return Prediction(id=sample.id, failure=failure)

    def _opened(self, sample: Sample, given: Shown) -> _Seen | Prediction:
        from affectlens.analyzer.scene import Scene

        clip = open_clip(given.path, limits=self.settings.limits, words=given.words)
        plain = observe(clip, self.settings.perception)
        percepts = signed(plain)
        own = main_person.of_percepts(percepts)
        if own is None:
            return unanswered(sample.id, main_person.absent(percepts))
        scene = Scene(clip, plain, self.processor.system, self.settings.language_model)
        clues = gather(plain, language=self.settings.reasoning.language)
        example = scene.example(own.person, None, (), clues=clues)
        if not example.present and not example.subtitle:
            nothing = Missing(f"no stream and no word of {own.person} could be had")
            return unanswered(sample.id, nothing)
        return _Seen(sample, own, example, Span(0.0, end_s(percepts)), tuple(clues))

    def _asked(self, seen: Sequence[_Seen]) -> list[Prediction]:
        """One question for the label; one for the reasons, where they are wanted."""
        from affectlens.model.turns import label_turn

        turn = label_turn(self.processor.system, self._among, language=self.question.language)
        asked = [replace(one.example, turns=(turn,)) for one in seen]
        tokens = _LABEL_TOKENS if self._wants_label else 0
        label = self._answers(asked, self._among, tokens)
        read = [self._reading(one, scored) for one, scored in zip(seen, label, strict=True)]
        text: Sequence[str | Missing | None] = [None] * len(seen)
        if {"labels", "explanation"} & self.question.asks:
            text = self._reasons(seen, read)
        return [self._prediction(*parts) for parts in zip(seen, label, read, text, strict=True)]

    def _reasons(
        self, seen: Sequence[_Seen], read: Sequence[PersonReading | Missing]
    ) -> list[str | Missing]:
        """What the model writes of each; nothing where it has no label to explain."""
        from affectlens.analyzer.language import explaining
        from affectlens.model.turns import explains_later, explanation_tokens

        system, tongue = self.processor.system, self.question.language
        asked = {}
        for place, (one, reading) in enumerate(zip(seen, read, strict=True)):
            if isinstance(reading, Missing):
                continue
            example = explaining(system, one.example, reading, one.clues, self._among, tongue)
            if example is not None:
                asked[place] = example
        tokens = explanation_tokens(system, self.settings.language_model.max_tokens)
        written = self._answers(list(asked.values()), None, tokens)
        found: list[str | Missing] = [""] * len(seen)
        whole = explains_later(system)
        for place, said in zip(asked, written, strict=True):
            found[place] = said if isinstance(said, Missing) else tidy(said.text, whole=whole)
        return found

    @property
    def _wants_label(self) -> bool:
        return "label" in self.question.asks and self.question.space is not None

    @property
    def _among(self) -> LabelSpace:
        """Where no label is asked for, those of the settings: valence and reasons hang on one."""
        return self.question.space or space(self.settings.reasoning.label_space)

    def _answers(
        self, asked: Sequence["Example"], among: LabelSpace | None, tokens: int
    ) -> list["Answer | Missing"]:
        """One answer each; an example that cannot be asked about does not cost the others."""
        from affectlens.model.asking import Asking, ask

        how = Asking(labels=among, max_tokens=tokens, batch_size=self.batch_size)
        try:
            return [*ask(self.model, self.processor, asked, how)] if asked else []
        except AffectlensError as error:
            if len(asked) == 1:
                return [Missing(str(error))]
            return [answer for one in asked for answer in self._answers([one], among, tokens)]

    def _reading(self, one: _Seen, scored: "Answer | Missing") -> PersonReading | Missing:
        """What the scores of the labels say of the main person."""
        from affectlens.analyzer import calibrated
        from affectlens.analyzer.language import person_reading

        if isinstance(scored, Missing):
            return scored
        assert not isinstance(scored.labels, Missing)
        among = self._among
        likely = calibrated.probabilities(scored.labels, among, one.example, self.calibration)
        there = measured(one.own, one.span)
        read = [(there, likely)] if there else []
        mine = [clue for clue in one.clues if clue.person == one.own.person]
        return person_reading(one.own.person, likely, read, mine, among, self.settings.reasoning)

    def _prediction(
        self,
        one: _Seen,
        scored: "Answer | Missing",
        reading: PersonReading | Missing,
        written: str | Missing | None,
    ) -> Prediction:
        if isinstance(scored, Missing):
            return Prediction(id=one.sample.id, failure=scored)
        assert not isinstance(reading, Missing)
        found = self._scored(one, reading)
        if self._wants_label:
            found = replace(found, answer=scored.text)
        if written is None:
            return found
        if isinstance(written, Missing):
            lacking: dict[str, Any] = dict.fromkeys(self.question.asks - {"label"}, written)
            return replace(found, **lacking)
        return self._told(found, one, reading, written)

    def _scored(self, one: _Seen, reading: PersonReading) -> Prediction:
        likely = dict(reading.probabilities)
        valence, arousal = expected(likely)
        found = Prediction(id=one.sample.id)
        if valence is not None and arousal is not None:
            found = replace(found, valence=valence, arousal=arousal)
        if not self._wants_label:
            return found
        label = chosen(likely, self.settings.reasoning)
        return replace(found, label=label, probabilities=likely)

    def _told(self, found: Prediction, one: _Seen, reading: PersonReading, text: str) -> Prediction:
        """With the reasons, and the labels that they name."""
        if not self._wants_label:
            found = replace(found, answer=text)
        if "labels" in self.question.asks:
            found = replace(found, labels=extract.labels_of(text, language=self.question.language))
        if "explanation" in self.question.asks:
            found = replace(found, **self._checked(one, reading, text))
        return found

    def _checked(self, one: _Seen, reading: PersonReading, text: str) -> dict[str, Any]:
        """The explanation as an analysis gives it, and how many of the model's claims hold."""
        settings, among = self.settings.reasoning, self._among
        explanation = told([reading], {reading.id: text}, one.clues, among, settings)
        by_rule = told([reading], {}, one.clues, among, settings)
        return {
            "explanation": explanation.text,
            "claims": claims.counted(claims.own(explanation.claims, by_rule.claims)),
        }


def build(config: Config) -> Subject:
    """The model of the settings.

    Raises:
        ConfigError: the settings name no language model.
    """
    if config.settings.model in (RULES, AUTO):
        raise ConfigError("A language model is needed, not the rules: name one with --model.")
    return Language(config)
