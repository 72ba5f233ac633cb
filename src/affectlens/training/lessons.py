"""`Lessons`: what is learned at each place of a plan, made when it is asked for."""

import random
from collections.abc import Callable, Mapping, Sequence

from torch.utils.data import Dataset

from affectlens.foundation.errors import AffectlensError, InputError
from affectlens.foundation.missing import Missing
from affectlens.model.batch import IGNORED
from affectlens.model.example import Example
from affectlens.model.processor import AffectProcessor
from affectlens.training.draw import Broken, Draw, Lesson
from affectlens.training.dropout import dropped
from affectlens.training.item import Item
from affectlens.training.plan import Plan
from affectlens.training.recipe import Dropout
from affectlens.training.tasks import CONVERSATION

_SHORT = frozenset({"emotion", "sentiment", "valence", "ovlabel", CONVERSATION})
ExampleOf = Callable[[Item, Draw, random.Random], Example | Missing]


class Lessons(Dataset[Lesson | Broken]):
    """`lessons[position]` hangs on nothing but the plan; any process may make it."""

    def __init__(
        self,
        plan: Sequence[Draw] | Plan,
        sources: Mapping[str, Sequence[Item]],
        example_of: ExampleOf,
        processor: AffectProcessor,
        dropout: Dropout,
    ) -> None:
        self._plan = plan
        self._sources = sources
        self._example_of = example_of
        self._processor = processor
        self._dropout = dropout

    def __len__(self) -> int:
        return len(self._plan)

    def __getitem__(self, position: int) -> Lesson | Broken:
        """The sample of a position; one that cannot be learned is `Broken`, never another one."""
        draw = self._plan[position]
        name = f"{draw.source}: clip {draw.index}"
        try:
            item = self._sources[draw.source][draw.index]
            name = f"{draw.source}: {item.id}"
            return self._lesson(item, draw)
        except Exception as error:  # noqa: BLE001 - one sample must not end a run; all are named
            expected = isinstance(error, AffectlensError)
            reason = str(error) if expected else f"{type(error).__name__}: {error}"
            # Errors of features begin with the clip, which stands before them here.
            own = name.removeprefix(f"{draw.source}: ")
            return Broken(draw=draw, name=name, reason=reason.removeprefix(f"{own}: "))

    def length(self, position: int) -> int:
        """About how long a sample is: characters of its texts, read without its features.

        0 where the clip cannot be read. Only for putting samples of like length together: that it
        is not exact costs some padding.
        """
        draw = self._plan[position]
        try:
            item = self._sources[draw.source][draw.index]
        except Exception:  # noqa: BLE001 - whoever asks for the sample itself is told why
            return 0
        known = item.annotation
        answers = [] if draw.task in _SHORT else [known.coarse, known.fine]
        told = [known.subtitle, *answers]
        texts = [text for text in told if not isinstance(text, Missing)]
        if draw.task == CONVERSATION:
            texts += [text for turn in item.turns for text in (turn.question, turn.answer or "")]
        return sum(map(len, texts))

    def _lesson(self, item: Item, draw: Draw) -> Lesson:
        rng = random.Random(draw.seed)  # noqa: S311 - chance that a seed can repeat
        example = self._example_of(item, draw, rng)
        if isinstance(example, Missing):
            raise InputError(example.reason)
        example = dropped(example, self._dropout, rng)
        row = self._processor.row(example, training=True)
        if all(label == IGNORED for label in row.labels[1:]):
            raise InputError(f"{example.name} has no answer that could be learned.")
        return Lesson(draw=draw, example=example, row=row)
