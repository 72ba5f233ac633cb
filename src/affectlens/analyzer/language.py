"""A language model as the line's reasoner: what it is shown, told and asked of each person.

Each person is read window by window and over the whole clip: the streams of that person and time,
the words said in it, and a question whose answers are the labels of the space. The likelihoods of
the labels are their probabilities. Then the model is asked for its reasons, and what it writes is
checked against the clues (`reasoning.told`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch

from affectlens.analyzer.scene import Scene
from affectlens.analyzer.settings import RULES, ModelSettings, Settings
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
from affectlens.model.example import Example, Turn
from affectlens.model.network import AffectLM
from affectlens.model.pools import instruction, question
from affectlens.model.processor import AffectProcessor
from affectlens.perception.percepts import Percepts
from affectlens.reasoning.analysis import Segment
from affectlens.reasoning.confidence import decide
from affectlens.reasoning.measured import fall, people
from affectlens.reasoning.pool import uniform
from affectlens.reasoning.reasoner import PersonReading, Reading
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.told import told
from affectlens.reasoning.weights import weights
from affectlens.reasoning.worth import leading, telling

Tell = Callable[[str], None]


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
        persons = [one.person for one in people(percepts)]
        read = tuple(self._read(person, clues, space, spans) for person in persons)
        texts = {one.id: self._explain(one) for one in read if one.measured}
        explanation = told(read, texts, clues, space, self.settings)
        return Reading(self.name, read, explanation, self.settings.peak)

    def _read(
        self, person: str, clues: Sequence[Clue], space: LabelSpace, spans: Sequence[Span]
    ) -> PersonReading:
        """Read one person: the whole clip, then each window in which there is something of them."""
        prompts, tongue = self.scene.system.prompts, self.settings.language
        turn = Turn(question=question(prompts, space, language=tongue), task="emotion")
        whole = self.scene.example(person, None, (turn,))
        if not _shows(whole):
            return _nothing(person, space)
        parts = [
            (span, part)
            for span in (spans if len(spans) > 1 else ())
            if _shows(part := self.scene.example(person, span, (turn,)))
        ]
        overall, *each = self._score([whole, *(part for _, part in parts)], space)
        read = [(span, likely) for (span, _), likely in zip(parts, each, strict=True)]
        read = read or [(spans[0], overall)]
        mine = [c for c in clues if c.person == person]
        near = fall(mine, [span for span, _ in read])
        return PersonReading(
            id=person,
            label=self._label(overall),
            probabilities=overall,
            confidence=max(overall.values()),
            measured=True,
            segments=tuple(
                self._segment(span, likely, clues, space)
                for (span, likely), clues in zip(read, near, strict=True)
            ),
            conflicts=(),
        )

    def _score(self, examples: Sequence[Example], space: LabelSpace) -> list[dict[str, float]]:
        """Probabilities of the labels, example by example."""
        answers = ask(self.model, self.processor, examples, Asking(labels=space, max_tokens=0))
        scores = [answer.labels for answer in answers]
        return [dict(s.probabilities) for s in scores if not isinstance(s, Missing)]

    def _segment(
        self, span: Span, likely: Mapping[str, float], near: Sequence[Clue], space: LabelSpace
    ) -> Segment:
        label = self._label(likely)
        told_of = telling(near, span, leading(label, likely), space, weights())
        return Segment(
            span=span,
            label=label,
            probabilities=likely,
            confidence=max(likely.values()),
            modalities={},
            clues=tuple(clue.id for clue in told_of),
        )

    def _label(self, likely: Mapping[str, float]) -> str | None:
        """The label, or None to abstain."""
        return decide(likely, threshold=self.settings.threshold, margin=self.settings.margin)

    def _explain(self, one: PersonReading) -> str:
        """What the model writes of a person."""
        why = instruction(self.scene.system.prompts, "reason", language=self.settings.language)
        example = self.scene.example(one.id, None, (Turn(question=why, task="reason"),))
        self.tell(f"{one.id}: ")
        pieces = []
        how = Asking(max_tokens=self.max_tokens)
        for piece in stream(self.model, self.processor, example, how):
            pieces.append(piece)
            self.tell(piece)
        self.tell("\n")
        return "".join(pieces)


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


def load(settings: Settings) -> tuple[AffectLM, AffectProcessor]:
    """The model and its processor; once per process and setting.

    Raises:
        ConfigError: the settings name no language model.
        InputError: the folder is not that of a model, or its weights do not fit.
        UnavailableError: the model, or the language model it builds on, is not to be had.
    """
    if settings.model == RULES:
        raise ConfigError("A language model is needed, not the rules: name one with --model.")
    return _loaded(settings.model, settings.language_model)


@cache
def _loaded(model: str, own: ModelSettings) -> tuple[AffectLM, AffectProcessor]:
    loaded = checkpoint.load(model, place=own.place, language=own.language, bits=own.bits)
    if own.place.torch_dtype() == torch.float32 and own.bits is None:
        # A sixth faster; in fewer digits, rounding the sum would change answers.
        lora.merge(loaded.model)
    return loaded.model, loaded.processor


def _shows(example: Example) -> bool:
    """Whether there is anything of a person at that time."""
    return bool(example.present or example.subtitle)


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
