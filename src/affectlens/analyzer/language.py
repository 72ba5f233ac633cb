"""A language model as the line's reasoner: what it is shown, told and asked of each person.

Each person is read window by window and over the whole clip: the streams of that person and time,
the words said in it, and a question whose answers are the labels of the space. The likelihoods of
the labels are their probabilities, calibrated where the model's folder says how. Then the model is
asked for its reasons, behind the label that was decided where it learned so (`model.turns`), and
what it writes is checked against the clues (`reasoning.told`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch

from affectlens.analyzer import calibrated
from affectlens.analyzer.readers import Tell, refuse_absent
from affectlens.analyzer.scene import Scene, check
from affectlens.analyzer.settings import AUTO, RULES, ModelSettings, Settings, stamp
from affectlens.clues.clue import Clue
from affectlens.clues.extent import end_s
from affectlens.clues.words import signed
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation import memory
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.timeline import Span, windows
from affectlens.media.clip import Clip
from affectlens.model import checkpoint
from affectlens.model.asking import Asking, ask, stream
from affectlens.model.calibration import Calibration
from affectlens.model.declaration import System
from affectlens.model.example import Example
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.model.shipped import place
from affectlens.model.turns import (
    explain_turns,
    explains_later,
    explanation_tokens,
    label_turn,
    reason_turn,
)
from affectlens.perception.percepts import Percepts
from affectlens.reasoning.analysis import Absence, Segment
from affectlens.reasoning.confidence import decide
from affectlens.reasoning.handful import told_clues
from affectlens.reasoning.measured import cut, fall, measured, people
from affectlens.reasoning.pool import uniform
from affectlens.reasoning.reasoner import PersonReading, Reading
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.tidy import repeats, tidy
from affectlens.reasoning.told import told
from affectlens.reasoning.weights import weights
from affectlens.reasoning.worth import leading, telling

_TOGETHER = 8  # parts of a clip whose faces are looked up at once


@dataclass(frozen=True, slots=True)
class LanguageReader:
    """Reads one clip; `tell` hears each explanation piece by piece while it is written."""

    name: str
    model: AffectLM
    processor: AffectProcessor
    scene: Scene
    settings: ReasoningSettings
    max_tokens: int
    tell: Tell
    calibration: Calibration | None = None

    def __call__(self, percepts: Percepts, clues: Sequence[Clue], space: LabelSpace) -> Reading:
        """Read everybody."""
        percepts = signed(percepts)
        spans = windows(end_s(percepts), width_s=self.settings.window_s)
        shown, read = {}, []
        for own in people(percepts):
            there = [
                seen for part, span in zip(cut(own, spans), spans, strict=True)
                if (seen := measured(part, span))
            ]  # fmt: skip
            parts = there if len(spans) > 1 else []
            whole, *each = self._examples(own.person, parts, clues)
            shown[own.person] = whole
            if not whole.present and not whole.subtitle:
                read.append(_nothing(own.person, space))
                continue
            overall, *likely = self._score([whole, *each], space)
            timed = list(zip(parts, likely, strict=True)) or [(span, overall) for span in there]
            mine = [c for c in clues if c.person == own.person]
            read.append(person_reading(own.person, overall, timed, mine, space, self.settings))
        texts = {
            one.id: self._explain(one, shown[one.id], clues, space) for one in read if one.measured
        }
        explanation = told(read, texts, clues, space, self.settings)
        absent = tuple(absence for name, one in shown.items() for absence in _absent(name, one))
        return Reading(self.name, tuple(read), explanation, self.settings.peak, absent)

    def _examples(self, person: str, parts: Sequence[Span], clues: Sequence[Clue]) -> list[Example]:
        """What is shown of a person in all of the clip, and in each part of it."""
        wanted = [None, *parts]
        found = []
        for first in range(0, len(wanted), _TOGETHER):
            near = wanted[first : first + _TOGETHER]
            scene = self.scene.looking(person, near)
            found += [scene.example(person, span, (), clues=clues) for span in near]
        return found

    def _score(self, examples: Sequence[Example], space: LabelSpace) -> list[dict[str, float]]:
        """Probabilities of the labels, example by example."""
        turn = label_turn(self.scene.system, space, language=self.settings.language)
        asked = [replace(example, turns=(turn,)) for example in examples]
        how = Asking(labels=space, max_tokens=0)
        answers = ask(self.model, self.processor, asked, how, progress=self.scene.progress)
        return [
            calibrated.probabilities(answer.labels, space, example, self.calibration)
            for example, answer in zip(examples, answers, strict=True)
            if not isinstance(answer.labels, Missing)
        ]

    def _explain(
        self, one: PersonReading, shown: Example, clues: Sequence[Clue], space: LabelSpace
    ) -> str:
        """What the model writes of a person; nothing where it has no label to explain."""
        system = self.scene.system
        example = explaining(system, shown, one, clues, space, self.settings.language)
        if example is None:
            return ""
        self.tell(f"{one.id}: ")
        text = ""
        how = Asking(max_tokens=explanation_tokens(system, self.max_tokens))
        for piece in stream(self.model, self.processor, example, how):
            text += piece
            self.tell(piece)
            if repeats(text):
                break
        self.tell("\n")
        return tidy(text, whole=explains_later(system))


def explaining(
    system: System,
    shown: Example,
    one: PersonReading,
    clues: Sequence[Clue],
    space: LabelSpace,
    language: str,
) -> Example | None:
    """An example with the question for the reasons; None where they hang on a label that is not."""
    if not explains_later(system):
        return replace(shown, turns=(reason_turn(system, language=language),))
    if one.label is None:
        return None
    return replace(
        shown,
        turns=explain_turns(system, space, one.label, language=language),
        clues=told_clues(system, clues, one.id, None, label=one.label, space=space),
    )


def person_reading(
    person: str,
    overall: Mapping[str, float],
    read: Sequence[tuple[Span, Mapping[str, float]]],
    clues: Sequence[Clue],
    space: LabelSpace,
    settings: ReasoningSettings,
) -> PersonReading:
    """What a model's probabilities, of the clip and of windows, say of a person with its clues."""
    near = fall(clues, [span for span, _ in read])
    return PersonReading(
        id=person,
        label=_label(overall, settings),
        probabilities=overall,
        confidence=max(overall.values()),
        measured=True,
        segments=tuple(
            _segment(span, likely, told_of, space, settings)
            for (span, likely), told_of in zip(read, near, strict=True)
        ),
        conflicts=(),
    )


def _segment(
    span: Span,
    likely: Mapping[str, float],
    near: Sequence[Clue],
    space: LabelSpace,
    settings: ReasoningSettings,
) -> Segment:
    label = _label(likely, settings)
    told_of = telling(near, span, leading(label, likely), space, weights())
    return Segment(
        span=span,
        label=label,
        probabilities=likely,
        confidence=max(likely.values()),
        modalities={},
        clues=tuple(clue.id for clue in told_of),
    )


def _label(likely: Mapping[str, float], settings: ReasoningSettings) -> str | None:
    """The label, or None to abstain."""
    return decide(likely, threshold=settings.threshold, margin=settings.margin)


def reader(
    settings: Settings,
    clip: Clip,
    percepts: Percepts,
    *,
    progress: Progress = silent,
    tell: Tell,
) -> LanguageReader:
    """The language model of the settings, before one clip."""
    model, processor = load(settings)
    own = settings.language_model
    scene = Scene(clip, percepts, processor.system, own, progress)
    calibration = calibrated.of(settings)
    reasoning = calibrated.reasoning(settings.reasoning, calibration)
    return LanguageReader(
        settings.model, model, processor, scene, reasoning, own.max_tokens, tell, calibration
    )


def load(settings: Settings, *, progress: Progress = silent) -> tuple[AffectLM, AffectProcessor]:
    """The model and its processor; once per process, setting and content of the model's folder.

    Raises:
        ConfigError: the settings name no language model, or streams that it does not have.
        InputError: the folder is not that of a model, or its weights do not fit.
        UnavailableError: the model, or the language model it builds on, is not to be had.
    """
    if settings.model in (RULES, AUTO):
        raise ConfigError("A language model is needed, not the rules: name one with --model.")
    refuse_absent(settings)
    progress("language model", 0.0)
    found, own = place(settings.model), settings.language_model
    model, processor = _loaded(found, own, stamp(settings.model))
    check(settings.language_model, processor.system)
    progress("language model", 1.0)
    return model, processor


def release() -> None:
    """Let the loaded model go."""
    _loaded.cache_clear()
    memory.give_back()


@lru_cache(maxsize=1)
def _loaded(model: str, own: ModelSettings, _: str) -> tuple[AffectLM, AffectProcessor]:
    # Merged it is a sixth faster; in fewer digits, rounding the sum would change answers.
    merged = own.place.torch_dtype() == torch.float32 and own.bits is None
    loaded = checkpoint.load(
        model, place=own.place, language=own.language, bits=own.bits, merged=merged
    )
    memory.give_back()
    return loaded.model, loaded.processor


def _absent(person: str, shown: Example) -> list[Absence]:
    """The streams that a person lacks, and why."""
    return [
        Absence(f"{person}.{name}", found.reason)
        for name, found in shown.features.items()
        if isinstance(found, Missing)
    ]


def _nothing(person: str, space: LabelSpace) -> PersonReading:
    """A person of whom no stream and no word could be had."""
    likely = uniform(space)
    return PersonReading(
        id=person,
        label=None,
        probabilities=likely,
        confidence=max(likely.values()),
        measured=False,
        segments=(),
        conflicts=(),
    )
