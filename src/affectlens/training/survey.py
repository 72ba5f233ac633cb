"""`Survey`: one look at every clip before the first step: what can be learned, and what cannot.

It tells missing files, labels outside the space and tasks without clips while nothing is lost yet.
Of a clip it keeps numbers only, so that a million of them fit into memory.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from affectlens.emotions.spaces import space
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.progress import Progress, silent
from affectlens.training.contents import Contents
from affectlens.training.item import Item
from affectlens.training.looking import Answerable, HasMedia, Looked, Wanted, look
from affectlens.training.pool import Pool
from affectlens.training.recipe import Data, Recipe, Stage

_SHOWN = 5
_FEW = 1000  # broken clips that are looked for before a run gives up
_OFTEN = 256  # clips between two words on how far it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a stage learns from, and what it is developed on."""

    pools: tuple[Pool, ...]
    develop: tuple[tuple[str, int], ...]  # source and number of each clip that is held back
    broken: tuple[tuple[str, str], ...]  # clips that cannot be used, each with the reason
    counts: Mapping[str, Mapping[str, int]]  # by source: clips, learned, held back, each task
    notes: tuple[str, ...]  # sentences for people
    contents: Mapping[str, Contents] = field(repr=False)  # of the clips in the pools, by source
    told: Mapping[str, int]  # by source, changes with whatever is learned or shown of its clips


def survey(
    sources: Mapping[str, Sequence[Item]],
    recipe: Recipe,
    stage: Stage,
    answerable: Answerable,
    has_media: HasMedia,
    *,
    progress: Progress = silent,
) -> Survey:
    """Look at every clip of a stage's data and of what is held back.

    `answerable` says why a clip has no answer to a task, `has_media` why there is nothing to be
    shown of it. Held back is what `recipe.develop` says, never in a pool, and of that at most
    `develop.most` clips are developed on: the same ones each time.

    Raises:
        ConfigError: labels are outside the space, or a task, a source or the held-back part has no
            clips.
        InputError: more than the recipe's share of the clips is broken.
    """
    learned = recipe.data_of(stage)
    wanted = [
        _wanted(name, recipe, stage, learned)
        for name in dict.fromkeys((*learned, *recipe.develop.data))
    ]
    total = sum(len(sources[one.name]) for one in wanted)
    most = max(recipe.broken * total, _FEW)
    found: list[Looked] = []
    done = 0
    for one in wanted:
        found.append(Looked(one))
        for index in range(len(sources[one.name])):
            look(found[-1], sources[one.name], index, answerable, has_media)
            done += 1
            if done % _OFTEN == 0 or done == total:
                progress("survey", done / total)
            if len(found[-1].broken) > most:
                break
    _refuse_foreign(found, recipe)
    _refuse_broken(found, recipe)
    develop = _developed(found, recipe)
    pools, notes = _pools(found)
    return Survey(
        pools=pools,
        develop=develop,
        broken=tuple(clip for one in found for clip in one.broken),
        counts={one.wanted.name: one.counts() for one in found},
        notes=(*notes, *_held_note(develop, recipe)),
        contents={one.wanted.name: one.contents for one in found if one.wanted.learned},
        told={one.wanted.name: one.told for one in found},
    )


def _wanted(name: str, recipe: Recipe, stage: Stage, learned: Mapping[str, Data]) -> Wanted:
    data = recipe.data[name]
    develop = replace(recipe.develop, metric=recipe.metric_of(stage))
    shares = recipe.tasks_of(stage, data)
    return Wanted(
        name=name,
        data=data,
        tasks={task: share for task, share in shares.items() if share > 0},
        learned=name in learned,
        develop=develop if name in (develop.data or learned) else None,
        space=space(recipe.space),
        seed=recipe.seed,
    )


def _refuse_foreign(found: Sequence[Looked], recipe: Recipe) -> None:
    """Tell every label that nobody can learn in this space."""
    told = [(one.wanted.name, label, n) for one in found for label, n in one.foreign.most_common()]
    if not told:
        return
    name, label, _ = told[0]
    listed = "; ".join(f"{label!r} ({n:,} clips of data.{name})" for name, label, n in told)
    labels = space(recipe.space).labels
    raise ConfigError(
        f"The label space {recipe.space} has no place for: {listed}. Say what each stands for, as "
        f"in data.{name}.labels = {{{label!r} = {labels[0]!r}}}, where '' leaves its clips out, or "
        f"choose another space. {recipe.space} has {', '.join(labels)}."
    )


def _refuse_broken(found: Sequence[Looked], recipe: Recipe) -> None:
    broken = [clip for one in found for clip in one.broken]
    seen = sum(one.used for one in found)
    if len(broken) <= recipe.broken * seen:
        return
    raise InputError(
        f"{len(broken):,} of {seen:,} clips cannot be used, and at most broken = {recipe.broken:g} "
        f"of them may be so: {_some(broken)}. Mend them, or allow a larger share."
    )


def _some(broken: Sequence[tuple[str, str]]) -> str:
    told = (f"{name}: {reason.rstrip('.')}" for name, reason in broken[:_SHOWN])
    return "; ".join(told) + ("; …" if len(broken) > _SHOWN else "")


def _developed(found: Sequence[Looked], recipe: Recipe) -> tuple[tuple[str, int], ...]:
    """The clips to develop on: of those held back the ones of least hash, evenly of all data."""
    develop = recipe.develop
    held = (
        (place, number, index)
        for number, one in enumerate(found)
        for place, (_, index) in enumerate(sorted(zip(one.ranks, one.held, strict=True)))
    )
    chosen = sorted((n, index) for _, n, index in heapq.nsmallest(develop.most, held))
    if not chosen and (develop.data or develop.share):
        _refuse_nothing_held(found, recipe)
    return tuple((found[number].wanted.name, index) for number, index in chosen)


def _refuse_nothing_held(found: Sequence[Looked], recipe: Recipe) -> None:
    develop = recipe.develop
    asked = [one for one in found if one.wanted.develop is not None]
    back = sum(one.held_back for one in asked)
    what = (
        f"{back:,} clips are held back, and none of them has a label of {recipe.space}"
        if back
        else "; ".join(f"data.{one.wanted.name} has {one.splits_told()}" for one in asked)
    )
    share = f" and a share of {develop.share:g} of those in none" if develop.share else ""
    raise ConfigError(
        f"No clip can be developed on. Wanted: split {develop.split!r}{share}. But {what}. Set "
        "develop.split, develop.share or develop.data, or develop.metric to loss where there are "
        "no labels."
    )


def _pools(found: Sequence[Looked]) -> tuple[tuple[Pool, ...], list[str]]:
    """Pools of the sources that are learned, with weights that sum to 1, and what is told."""
    learned = [one for one in found if one.wanted.learned]
    _refuse_unanswered(learned)
    weights = {
        (one.wanted.name, task): one.wanted.data.weight * share
        for one in learned
        for task, share in _shares(one).items()
    }
    total = sum(weights.values())
    pools = tuple(
        Pool(
            source=one.wanted.name,
            task=task,
            indices=np.array(one.indices[task], np.uint32),
            weight=weights[one.wanted.name, task] / total,
        )
        for one in learned
        for task in _shares(one)
    )
    return pools, [note for one in learned for note in _notes(one)]


def _shares(one: Looked) -> dict[str, float]:
    """Of a source's tasks that it has clips for: they take the place of those that it has not."""
    shares = {task: share for task, share in one.wanted.tasks.items() if one.indices[task]}
    return {task: share / sum(shares.values()) for task, share in shares.items()}


def _refuse_unanswered(learned: Sequence[Looked]) -> None:
    """Every source has clips, every task too, and each task of a source that names its own."""
    for task in dict.fromkeys(task for one in learned for task in one.wanted.tasks):
        asked = [one for one in learned if task in one.wanted.tasks]
        own = [one for one in asked if one.wanted.data.tasks and not one.indices[task]]
        empty = own or ([] if any(one.indices[task] for one in asked) else asked)
        if empty:
            raise ConfigError(
                f"No clip has an answer to the task {task!r}. {' '.join(map(_why(task), empty))} "
                "Give other data, or other tasks."
            )
    for one in learned:
        if not one.learned:
            tasks = ", ".join(one.wanted.tasks)
            raise ConfigError(f"Nothing is learned for {tasks}: {_why(*one.wanted.tasks)(one)}")


def _why(*tasks: str) -> Callable[[Looked], str]:
    """A sentence on why a source has no clips."""

    def told(one: Looked) -> str:
        if not one.in_split:
            split = one.wanted.data.split
            held = f", of which {one.held_back:,} are held back" if one.held_back else ""
            return (
                f"data.{one.wanted.name} has no clip of split {split!r} to learn from: it has "
                f"{one.splits_told()}{held}; see data.{one.wanted.name}.split."
            )
        reasons = sum((one.why[task] for task in tasks), Counter[str]())
        listed = "; ".join(f"{reason} ({n:,})" for reason, n in reasons.most_common(3))
        return f"data.{one.wanted.name}: {listed or 'all its clips are broken'}."

    return told


def _notes(one: Looked) -> Iterator[str]:
    name = one.wanted.name
    for task in one.wanted.tasks:
        if not one.indices[task]:
            yield f"data.{name} has no clip for {task!r}: its share goes to its other tasks."
    idle = one.in_split - one.learned
    if idle:
        reasons = sum(one.why.values(), Counter[str]())
        most = reasons.most_common(1)[0][0]
        yield (
            f"data.{name}: {idle:,} of {one.in_split:,} clips have an answer to none of its tasks, "
            f"most because {most}."
        )
    if one.broken:
        told = _some(one.broken)
        yield f"data.{name}: {len(one.broken):,} clips cannot be used and are left out: {told}."


def _held_note(develop: Sequence[tuple[str, int]], recipe: Recipe) -> Iterator[str]:
    if not develop:
        yield (
            f"No clips are held back, as none is of split {recipe.develop.split!r}: the last "
            "checkpoint counts as the best. See develop.split and develop.share."
        )
