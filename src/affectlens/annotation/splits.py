"""Which clips are for training and which for tests: whole speakers, sources and twins at a time."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.recipe import Splits
from affectlens.annotation.twins import joined_by, known_as
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

NAMES = ("train", "dev", "test")
_TIES = ("speaker", "source")
_CLIP = "clip"
_SHOWN = 5  # examples in a sentence
_FAR = 0.25  # of all clips, by which train may fall short before it is told

Groups = Sequence[Sequence[str]]


def split(
    annotations: Sequence[Annotation], settings: Splits, groups: Groups
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The split of each clip by its id, and sentences for the card; `groups` are ids of twins.

    What people told stays as it is, and clips that belong to those join them. Each other group
    draws its split by a hash of what it is known by, so that a new clip moves no other one, unless
    it joins two groups. So shares are only met on the average of many groups.
    """
    shares = _shares(settings)
    pattern = re.compile(settings.pattern) if settings.pattern else None
    ties = {one.id: tuple(_ties(one, settings.by, pattern)) for one in annotations}
    members = _joined(ties, groups)
    told = {one.id: one.split for one in annotations if not isinstance(one.split, Missing)}
    found: dict[str, str] = dict(told)
    torn, drawn = [], {}
    for name, ids in members.items():
        before = Counter(told[id_] for id_ in ids if id_ in told)
        if len(before) > 1:
            torn.append(f"{name.partition(':')[2]} ({', '.join(sorted(before))})")
        if before:
            common = min(before, key=lambda one: (-before[one], one))
            found |= {id_: common for id_ in ids if id_ not in told}
        else:
            drawn[name] = _drawn(name, shares, settings.seed)
    notes = [*_told_notes(told, torn), *_someone_to_train_on(drawn, members, set(found.values()))]
    found |= {id_: place for name, place in drawn.items() for id_ in members[name]}
    notes += _notes(ties, members, drawn, shares, settings)
    return {one.id: found[one.id] for one in annotations}, tuple(notes)


def name_of(split: str | Missing) -> str:
    """A split's name in letters, digits and underscores; what nobody put into one is for training.

    So it can be a file's name, and `datasets` allows it.
    """
    return "train" if isinstance(split, Missing) else re.sub(r"\W+", "_", split)


def by_split(annotations: Iterable[Annotation]) -> dict[str, list[int]]:
    """Places of clips by the names of their splits, in order.

    Raises:
        ConfigError: two splits would have the same name, or an id stands twice.
    """
    places: dict[str, list[int]] = defaultdict(list)
    told: dict[str, str] = {}
    ids: set[str] = set()
    for place, one in enumerate(annotations):
        if one.id in ids:
            raise ConfigError(f"The id {one.id!r} stands twice: ids tell clips apart.")
        ids.add(one.id)
        name = name_of(one.split)
        if isinstance(one.split, str) and told.setdefault(name, one.split) != one.split:
            raise ConfigError(
                f"The splits {told[name]!r} and {one.split!r} would both be called {name!r}: "
                "rename one."
            )
        places[name].append(place)
    return places


def _shares(settings: Splits) -> dict[str, float]:
    shares = {name: float(getattr(settings, name)) for name in NAMES}
    return {name: share / sum(shares.values()) for name, share in shares.items()}


def _ties(
    one: Annotation, by: Sequence[str], pattern: re.Pattern[str] | None
) -> Iterator[tuple[str, str]]:
    """What a clip shares with others, in the order of `by`."""
    for kind in by:
        name = known_as(one, kind)
        if kind == "source" and pattern is not None:
            match = pattern.search(one.id)
            name = match.group(1) if match and match.group(1) else name
        if not isinstance(name, Missing):
            yield kind, name


def _joined(
    ties: Mapping[str, Sequence[tuple[str, str]]], groups: Groups
) -> dict[str, tuple[str, ...]]:
    """Ids by what their group is known by: its first speaker, else source, else clip."""
    pairs = [(f"{_CLIP}:{id_}", f"{_CLIP}:{id_}") for id_ in ties]
    for id_, mine in ties.items():
        pairs += [(f"{_CLIP}:{id_}", f"{kind}:{name}") for kind, name in mine]
    for group in groups:
        here = [id_ for id_ in group if id_ in ties]
        pairs += [(f"{_CLIP}:{here[0]}", f"{_CLIP}:{id_}") for id_ in here[1:]]
    roots = joined_by(pairs)
    inside: dict[str, list[str]] = defaultdict(list)
    for name in sorted(roots):
        inside[roots[name]].append(name)
    return dict(sorted(_named(names) for names in inside.values()))


def _named(names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The name that changes least when clips are added, and the ids."""
    order = [*_TIES, _CLIP]
    first = min(names, key=lambda name: (order.index(name.partition(":")[0]), name))
    ids = [name.partition(":")[2] for name in names if name.startswith(f"{_CLIP}:")]
    return first, tuple(ids)


def _drawn(name: str, shares: Mapping[str, float], seed: int) -> str:
    digest = hashlib.sha256(f"{seed}\0{name}".encode(errors="backslashreplace")).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    for split_name, share in shares.items():
        if place < share:
            return split_name
        place -= share
    return next(name for name in reversed(NAMES) if shares[name])  # what rounding left over


def _someone_to_train_on(
    drawn: dict[str, str], members: Mapping[str, Sequence[str]], told: set[str]
) -> Iterator[str]:
    """Where no group fell to train, the largest goes there."""
    if not drawn or "train" in drawn.values() or "train" in told:
        return
    largest = min(drawn, key=lambda name: (-len(members[name]), name))
    drawn[largest] = "train"
    if len(members) > 1:
        yield "No group fell to train by chance, so the largest one was put there."


def _told_notes(told: Mapping[str, str], torn: Sequence[str]) -> Iterator[str]:
    if told:
        yield f"{len(told):,} clips keep the split that people gave them."
    if torn:
        yield f"People put one group into several splits, which was left so: {_some(torn)}."


def _notes(
    ties: Mapping[str, Sequence[tuple[str, str]]],
    members: Mapping[str, Sequence[str]],
    drawn: Mapping[str, str],
    shares: Mapping[str, float],
    settings: Splits,
) -> Iterator[str]:
    if not ties:
        return
    alone = sum(not mine for mine in ties.values())
    if settings.by and alone:
        what = " nor ".join(settings.by)
        yield (
            f"{alone:,} of {len(ties):,} clips tell neither {what}; each of them counts as a "
            "source of its own, so that one person may be in several splits."
            if len(settings.by) > 1
            else f"{alone:,} of {len(ties):,} clips do not tell their {what}."
        )
    if len(members) == 1 and drawn:
        yield (
            "All clips belong together (one speaker, source or twin leads to the next), so all are "
            "in train: nothing is left to test on."
        )
        return
    empty = [name for name in NAMES if shares[name] and drawn and name not in drawn.values()]
    if empty:
        groups = "1 group" if len(drawn) == 1 else f"{len(drawn):,} groups"
        yield (
            f"Nothing was drawn for {' and '.join(empty)}: there were {groups} to draw from. "
            "Another seed or larger shares may change that."
        )
    yield from _far_off(members, drawn, shares)


def _far_off(
    members: Mapping[str, Sequence[str]], drawn: Mapping[str, str], shares: Mapping[str, float]
) -> Iterator[str]:
    """That few groups, or one large one, leave training with much less than was asked for."""
    clips: Counter[str] = Counter()
    for name, place in drawn.items():
        clips[place] += len(members[name])
    if drawn and clips["train"] < (shares["train"] - _FAR) * clips.total():
        yield (
            f"Of the clips whose split was drawn, train has {clips['train'] / clips.total():.0%}, "
            f"where {shares['train']:.0%} were asked for: whole groups are drawn, and the largest "
            "fell elsewhere. Another seed changes that (splits.seed)."
        )


def _some(names: Sequence[str]) -> str:
    more = f" … ({len(names):,} in all)" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
