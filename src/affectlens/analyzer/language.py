"""A language model as the line's reasoner: what it is shown, told and asked of each person.

Each person is read window by window and over the whole clip: the streams of that person and time,
the words said in it, and a question whose answers are the labels of the space. The likelihoods of
the labels are their probabilities. Then the model is asked for its reasons, and what it writes is
checked against the clues (`reasoning.told`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import torch

from affectlens.analyzer.readers import Tell
from affectlens.analyzer.scene import Scene, check
from affectlens.analyzer.settings import RULES, ModelSettings, Settings, stamp
from affectlens.clues.clue import Clue
from affectlens.clues.extent import end_s
from affectlens.clues.words import signed
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.timeline import Span, windows
from affectlens.media.clip import Clip
from affectlens.model import checkpoint, lora
from affectlens.model.asking import Asking, ask, stream
from affectlens.model.declaration import System
from affectlens.model.example import Example, Turn
from affectlens.model.network import AffectLM
from affectlens.model.pools import instruction, question, read
from affectlens.model.processor import AffectProcessor
from affectlens.perception.percepts import Percepts
from affectlens.reasoning.analysis import Absence, Segment
from affectlens.reasoning.confidence import decide
from affectlens.reasoning.measured import Own, cut, fall, measured, people
from affectlens.reasoning.pool import uniform
from affectlens.reasoning.reasoner import PersonReading, Reading
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.told import told
from affectlens.reasoning.weights import weights
from affectlens.reasoning.worth import leading, telling


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

    def __call__(self, percepts: Percepts, clues: Sequence[Clue], space: LabelSpace) -> Reading:
        """Read everybody."""
        percepts = signed(percepts)
        spans = windows(end_s(percepts), width_s=self.settings.window_s)
        everybody = people(percepts)
        shown = {
            one.person: self.scene.example(one.person, None, (), clues=clues) for one in everybody
        }
        read = tuple(self._read(one, shown[one.person], clues, space, spans) for one in everybody)
        texts = {one.id: self._explain(one.id, shown[one.id]) for one in read if one.measured}
        explanation = told(read, texts, clues, space, self.settings)
        absent = tuple(absence for name, one in shown.items() for absence in _absent(name, one))
        return Reading(self.name, read, explanation, self.settings.peak, absent)

    def _read(
        self,
        own: Own,
        whole: Example,
        clues: Sequence[Clue],
        space: LabelSpace,
        spans: Sequence[Span],
    ) -> PersonReading:
        """Read one person: the whole clip, then each window in which they are seen or heard."""
        if not whole.present and not whole.subtitle:
            return _nothing(own.person, space)
        turn = label_turn(self.scene.system, space, language=self.settings.language)
        there = [
            seen for part, span in zip(cut(own, spans), spans, strict=True)
            if (seen := measured(part, span))
        ]  # fmt: skip
        windows_ = there if len(spans) > 1 else []
        parts = [self.scene.example(own.person, span, (turn,), clues=clues) for span in windows_]
        overall, *each = self._score([replace(whole, turns=(turn,)), *parts], space)
        read = list(zip(windows_, each, strict=True)) or [(span, overall) for span in there]
        mine = [c for c in clues if c.person == own.person]
        return person_reading(own.person, overall, read, mine, space, self.settings)

    def _score(self, examples: Sequence[Example], space: LabelSpace) -> list[dict[str, float]]:
        """Probabilities of the labels, example by example."""
        how = Asking(labels=space, max_tokens=0)
        progress = self.scene.progress
        answers = ask(self.model, self.processor, examples, how, progress=progress)
        scores = [answer.labels for answer in answers]
        return [dict(s.probabilities) for s in scores if not isinstance(s, Missing)]

    def _explain(self, person: str, shown: Example) -> str:
        """What the model writes of a person."""
        turn = reason_turn(self.scene.system, language=self.settings.language)
        example = replace(shown, turns=(turn,))
        self.tell(f"{person}: ")
        pieces = []
        how = Asking(max_tokens=self.max_tokens)
        for piece in stream(self.model, self.processor, example, how):
            pieces.append(piece)
            self.tell(piece)
        self.tell("\n")
        return "".join(pieces)


def label_turn(system: System, space: LabelSpace, *, language: str) -> Turn:
    """How a system is asked for a label."""
    return Turn(question=question(system.prompts, space, language=language), task="emotion")


def reason_turn(system: System, *, language: str) -> Turn:
    """How a system is asked for its reasons: by the task of fine descriptions, where it has one."""
    fine = "reason_v2" in read(system.prompts).tasks
    asked = instruction(system.prompts, "reason", language=language)
    return Turn(question=asked, task="reason_v2" if fine else "reason")


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
    return LanguageReader(
        settings.model, model, processor, scene, settings.reasoning, own.max_tokens, tell
    )


def load(settings: Settings, *, progress: Progress = silent) -> tuple[AffectLM, AffectProcessor]:
    """The model and its processor; once per process, setting and content of the model's folder.

    Raises:
        ConfigError: the settings name no language model, or streams that it does not have.
        InputError: the folder is not that of a model, or its weights do not fit.
        UnavailableError: the model, or the language model it builds on, is not to be had.
    """
    if settings.model == RULES:
        raise ConfigError("A language model is needed, not the rules: name one with --model.")
    progress("language model", 0.0)
    model, processor = _loaded(settings.model, settings.language_model, stamp(settings.model))
    check(settings.language_model, processor.system)
    progress("language model", 1.0)
    return model, processor


@lru_cache(maxsize=1)
def _loaded(model: str, own: ModelSettings, _: str) -> tuple[AffectLM, AffectProcessor]:
    loaded = checkpoint.load(model, place=own.place, language=own.language, bits=own.bits)
    if own.place.torch_dtype() == torch.float32 and own.bits is None:
        # A sixth faster; in fewer digits, rounding the sum would change answers.
        lora.merge(loaded.model)
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
