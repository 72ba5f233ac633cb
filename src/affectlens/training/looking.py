"""`Looked`: what was found of one source's clips so far, and how one more is looked at."""

from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.twins import known_as
from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.training.contents import Contents, short
from affectlens.training.item import Item, contents_of
from affectlens.training.recipe import LABELLED, Data, Develop, Recipe
from affectlens.training.tasks import foreign, label_of

_LEARNED = attrgetter(
    "label", "labels", "valence", "subtitle", "face", "objective", "tone", "coarse", "fine", "clues"
)

Answerable = Callable[[Item, str, Data], Missing | None]
HasMedia = Callable[[str, Item], Missing | None]

_TRAIN = "train"  # what clips are for that nobody put into a split
_REASONS = 50  # that are counted apart
_OTHER = "other reasons"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a stage wants of a source."""

    name: str
    data: Data
    tasks: Mapping[str, float]
    learned: bool  # whether the stage learns from it
    develop: Develop | None  # None: nothing of it is held back
    space: LabelSpace
    seed: int


@dataclass(slots=True)
class Looked:
    """What was found so far."""

    wanted: Wanted
    indices: dict[str, "array[int]"] = field(init=False)  # by task, of clips that answer it
    contents: Contents = field(default_factory=Contents)  # of clips that answer any
    ranks: "array[int]" = field(default_factory=lambda: array("Q"))  # of `held`, by chance
    held: "array[int]" = field(default_factory=lambda: array("I"))  # can be developed on
    clips: int = 0
    held_back: int = 0
    in_split: int = 0  # sound clips that are to be learned
    splits: Counter[str] = field(default_factory=Counter)
    foreign: Counter[str] = field(default_factory=Counter)
    why: dict[str, Counter[str]] = field(init=False)  # by task, why clips do not answer it
    broken: list[tuple[str, str]] = field(default_factory=list)
    told: int = 0  # changes with whatever is learned or shown of a clip

    def __post_init__(self) -> None:
        self.indices = {task: array("I") for task in self.wanted.tasks}
        self.why = {task: Counter() for task in self.wanted.tasks}

    @property
    def learned(self) -> int:
        """Clips with an answer to a task."""
        return len(self.contents)

    @property
    def used(self) -> int:
        """Clips that were asked for."""
        return self.in_split + self.held_back + len(self.broken)

    def counts(self) -> dict[str, int]:
        """For people."""
        told = {"clips": self.clips, "learned": self.learned, "held back": self.held_back}
        told["broken"] = len(self.broken)
        return told | {task: len(found) for task, found in self.indices.items()}

    def splits_told(self) -> str:
        """Splits with their clips, for people."""
        listed = [f"{name!r} ({n:,} clips)" for name, n in self.splits.most_common()]
        return ", ".join(listed) or "no clips"


def look(
    found: Looked,
    items: Sequence[Item],
    index: int,
    answerable: Answerable,
    has_media: HasMedia,
) -> None:
    """Look at one more clip; a damaged one is noted, and the others go on."""
    wanted = found.wanted
    found.clips += 1
    try:
        item = items[index]
    except (InputError, OSError) as error:
        found.broken.append((f"{wanted.name}: clip {index}", str(error)))
        return
    split = item.annotation.split
    found.splits[_TRAIN if isinstance(split, Missing) else split] += 1
    held = wanted.develop is not None and _is_held(item.annotation, wanted.develop, wanted.seed)
    if not held and not _is_learned(split, wanted):
        return
    absent = has_media(wanted.name, item)
    if absent is not None:
        found.broken.append((f"{wanted.name}: {item.id}", absent.reason))
        return
    _note_foreign(found, item, held=held)
    found.told = short(f"{found.told}\0{_told(item)!r}")
    if held:
        _hold(found, item, index, answerable)
    else:
        _learn(found, item, index, answerable)


def _told(item: Item) -> tuple[object, ...]:
    """All words of a clip that are learned or shown: a run does not go on with others."""
    told = (item.id, item.annotation.source.sha256, item.turns, item.pair)
    parts = tuple((part, one.data, one.item.id) for part, one in item.parts.items())
    return (*told, *_LEARNED(item.annotation), *parts)


def split_of(one: Annotation, recipe: Recipe) -> str:
    """What a clip is for: its own, "train" where it has none, or to be held back."""
    if _is_held(one, recipe.develop, recipe.seed):
        return recipe.develop.split
    return _TRAIN if isinstance(one.split, Missing) else one.split


def _is_learned(split: str | Missing, wanted: Wanted) -> bool:
    name = _TRAIN if isinstance(split, Missing) else split
    return wanted.learned and wanted.data.split in ("", name)


def _is_held(one: Annotation, develop: Develop, seed: int) -> bool:
    """Whether a clip is held back: by its split, else by the hash of whom it shows."""
    if not isinstance(one.split, Missing):
        return one.split == develop.split
    if not develop.share:
        return False
    names = (known_as(one, "speaker"), known_as(one, "source"))
    known = next((name for name in names if not isinstance(name, Missing)), one.id)
    return short(f"{seed}\0{known}") / 2**64 < develop.share


def _note_foreign(found: Looked, item: Item, *, held: bool) -> None:
    """Count a label outside the space where it would be learned or scored; '' leaves it out."""
    wanted = found.wanted
    if held and wanted.develop is not None:
        asked = wanted.develop.metric != "loss"
    else:
        asked = not LABELLED.isdisjoint(wanted.tasks)
    label = foreign(item, wanted.space, wanted.data.labels) if asked else None
    if label is not None and not _is_left_out(label, wanted.data.labels):
        found.foreign[label] += 1


def _is_left_out(label: str, labels: Mapping[str, str]) -> bool:
    same = label.strip().lower()
    return any(theirs.strip().lower() == same and not ours for theirs, ours in labels.items())


def _hold(found: Looked, item: Item, index: int, answerable: Answerable) -> None:
    wanted = found.wanted
    found.held_back += 1
    if wanted.develop is not None and wanted.develop.metric != "loss":
        usable = not isinstance(label_of(item, wanted.space, wanted.data.labels), Missing)
    else:
        usable = any(answerable(item, task, wanted.data) is None for task in wanted.tasks)
    if usable:
        found.ranks.append(short(f"{wanted.seed}\0{wanted.name}\0{item.id}"))
        found.held.append(index)


def _learn(found: Looked, item: Item, index: int, answerable: Answerable) -> None:
    found.in_split += 1
    answers = False
    for task in found.wanted.tasks:
        absent = answerable(item, task, found.wanted.data)
        if absent is None:
            answers = True
            found.indices[task].append(index)
        else:
            known = found.why[task]
            fits = absent.reason in known or len(known) < _REASONS
            known[absent.reason if fits else _OTHER] += 1
    if answers:
        found.contents.add(index, contents_of(found.wanted.name, item))
