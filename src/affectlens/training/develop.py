"""`Developer`: how well a model does on the clips that are held back, while it trains."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.counting import labelled
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.model.answer import Answer, LabelScores
from affectlens.model.asking import Asking, ask
from affectlens.model.example import Example
from affectlens.training import states
from affectlens.training.held_loss import Samples, mean_loss
from affectlens.training.shares import gathered, place

if TYPE_CHECKING:
    from affectlens.model.network import AffectLM
    from affectlens.model.processor import AffectProcessor

log = logging.getLogger(__name__)

_AT_ONCE = 16  # batches of clips in memory, from which those of like length are taken
_NAMED = 20  # broken clips that the journal names


class Held(NamedTuple):
    """A clip that is held back: its label is asked for, and known."""

    example: Example  # its last turn asks for the label
    label: str


Clip = Held | Missing | None  # None: it has no label


class Unasked(NamedTuple):
    """A clip that cannot be asked about."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a development showed."""

    numbers: dict[str, float] = field(default_factory=dict)
    confusion: dict[str, Any] = field(default_factory=dict)  # see `Labelled.confusion`
    broken: tuple[Unasked, ...] = ()

    def details(self) -> dict[str, object]:
        """For the journal, beside the numbers."""
        named = {one.name: one.reason for one in self.broken[:_NAMED]}
        return {"confusion": self.confusion, **({"broken_clips": named} if named else {})}


class _Seen(NamedTuple):
    """One clip, seen by one process."""

    said: str
    loss: float  # mean over the true label's tokens and the end


class Developer:
    """Scores the labels as use does, with the prompt of use; training notices nothing of it.

    Numbers are war, uar, weighted_f1, the same of the most frequent true label as `*_majority`,
    label_loss (natural log; the mean over clips of the mean over the true label's tokens and the
    end), clips, broken; and loss, that of lessons. Each process takes a share, all get the same
    numbers; of what there are no clips there are none.
    """

    def __init__(
        self,
        processor: "AffectProcessor",
        clips: Sequence[Clip],
        space: LabelSpace,
        *,
        lessons: Samples = (),
        batch_size: int = 8,
        tell: Callable[[str], None] = log.warning,
    ) -> None:
        """Remember the clips, which are looked at one window at a time; a Missing one is broken.

        `lessons` are of the same clips, in the tasks that a stage teaches.
        """
        self.last = Found()
        self._processor = processor
        self._clips = clips
        self._lessons = lessons
        self._space = space
        self._how = Asking(max_tokens=0, labels=space, batch_size=batch_size)
        self._tell = tell
        self._true: dict[int, str] | None = None  # labels of the clips that can be asked about
        self._broken: tuple[Unasked, ...] = ()

    def __call__(self, model: "AffectLM") -> Mapping[str, float]:
        """The numbers; none if there are no clips."""
        with _as_it_was(model):
            true = self._look() if self._true is None else self._true
            learned = mean_loss(model, self._processor, self._lessons, self._how.batch_size)
            found = self._found(self._seen(model, true), true) if true else Found()
        numbers = found.numbers | ({} if learned is None else {"loss": learned})
        self.last = replace(found, numbers=numbers)
        return dict(numbers)

    def details(self) -> Mapping[str, object]:
        """What the last call found beside the numbers; nothing before the first one."""
        return self.last.details() if self.last.numbers else {}

    def _look(self) -> dict[int, str]:
        """Find the clips that can be asked about, once; every process checks a share."""
        rank, world = place()
        looked = {i: self._looked(i) for i in range(rank, len(self._clips), world)}
        for theirs in gathered(looked):
            looked |= theirs
        found = {i: looked[i] for i in sorted(looked)}
        self._true = {i: one for i, one in found.items() if isinstance(one, str)}
        self._broken = tuple(one for one in found.values() if isinstance(one, Unasked))
        if not self._true and not len(self._lessons):
            told = f"all {len(found)} are broken" if found else "none are held back"
            self._tell(
                f"There is no clip to develop on: {told}. The last checkpoint counts as the best."
            )
        return self._true

    def _looked(self, index: int) -> str | Unasked | None:
        clip = self._clips[index]
        if isinstance(clip, Missing):
            return Unasked(f"clip {index}", clip.reason)
        return asked_label(self._processor, clip, self._space)

    def _seen(self, model: "AffectLM", true: Mapping[int, str]) -> dict[int, _Seen]:
        """What the model says of clips, by their index.

        All processes do the same number of passes, as a model that lies on several of them needs;
        who has fewer clips sees some twice.
        """
        rank, world = place()
        indices = list(true)
        most = -(-len(indices) // world)
        share = [indices[(rank + world * i) % len(indices)] for i in range(most)]
        found: dict[int, _Seen] = {}
        size = self._how.batch_size * _AT_ONCE
        for start in range(0, len(share), size):
            window = {i: true[i] for i in share[start : start + size]}
            found |= self._window(model, window)
        for theirs in gathered(found):
            found |= theirs
        return found

    def _window(self, model: "AffectLM", true: Mapping[int, str]) -> dict[int, _Seen]:
        clips = [self._clips[i] for i in true]
        examples = [clip.example for clip in clips if isinstance(clip, Held)]
        answers = ask(model, self._processor, examples, self._how)
        judged = map(_judged, answers, true.values())
        return dict(zip(true, judged, strict=True))

    def _found(self, seen: Mapping[int, _Seen], true_by: Mapping[int, str]) -> Found:
        order = sorted(seen)
        true = [true_by[i] for i in order]
        told = labelled.of(self._space.labels, true, [seen[i].said for i in order])
        counts = Counter(true)
        most = max(self._space.labels, key=lambda label: counts[label])
        majority = labelled.of(self._space.labels, true, [most] * len(true))
        numbers = {
            **_scores(told),
            **{f"{name}_majority": value for name, value in _scores(majority).items()},
            "label_loss": float(np.mean([seen[i].loss for i in order])),
            "clips": len(order),
            "broken": len(self._broken),
        }
        return Found(numbers, told.confusion(), self._broken)


def asked_label(
    processor: "AffectProcessor", clip: Clip, space: LabelSpace
) -> str | Unasked | None:
    """The true label of a clip, in the space's spelling, or why it cannot be asked about.

    None: it has no label, or it is Missing itself.
    """
    if not isinstance(clip, Held):
        return None
    example, label = clip
    known = space.find(label)
    if known is None:
        return Unasked(example.name, f"{label!r} is no label of {space.name}.")
    try:
        length = len(processor.row(example).ids)
    except InputError as error:
        return Unasked(example.name, str(error))
    longest = max(len(processor.answer_ids(name)) for name in space.labels)
    context = processor.context
    if context is not None and length + longest > context:
        return Unasked(example.name, f"It takes {length} tokens beside the longest label.")
    return known


@contextmanager
def _as_it_was(model: "AffectLM") -> Iterator[None]:
    """Whatever is drawn or switched meanwhile, training goes on as if nothing had happened."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        with states.undisturbed(model.device):
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def _scores(told: labelled.Labelled) -> dict[str, float]:
    found = labelled.matrix(told.counts.sum(0), len(told.labels))
    return {
        "war": float(found.accuracy),
        "uar": float(found.uar),
        "weighted_f1": float(found.weighted_f1),
    }


def _judged(answer: Answer, true: str) -> _Seen:
    scores = answer.labels
    assert isinstance(scores, LabelScores)
    likelihoods = scores.log_likelihoods
    said = max(likelihoods, key=lambda label: likelihoods[label])
    return _Seen(said, -likelihoods[true] / scores.tokens[true])
