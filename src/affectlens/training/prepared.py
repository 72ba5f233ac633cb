"""`Prepared`: a stage before its first step: what was found, what is made, and in which order."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.records import write_atomically
from affectlens.training import leaks
from affectlens.training.featured import lacking, make
from affectlens.training.folder import RunFolder
from affectlens.training.item import Sources, contents_of
from affectlens.training.matched import FORMAT, compose
from affectlens.training.material import open_source
from affectlens.training.plan import Plan, seeded
from affectlens.training.pool import Pool
from affectlens.training.recipe import Recipe, Stage
from affectlens.training.survey import Survey, survey
from affectlens.training.teaching import Teacher

_ORDER = "order.json"
_SHOWN = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """Everything that a stage learns from."""

    survey: Survey
    plan: Plan
    steps: int
    sha256: str  # of pools and clips to develop on
    notes: tuple[str, ...]


def sources_of(recipe: Recipe, *, progress: Progress = silent) -> Sources:
    """The clips of all data of a recipe.

    Raises:
        ConfigError, InputError, UnavailableError: as of `open_source` and `matched.compose`.
    """
    own = {
        name: open_source(name, data, progress=progress)
        for name, data in recipe.data.items()
        if data.format != FORMAT
    }
    return {name: own.get(name) or compose(name, recipe, own) for name in recipe.data}


def prepare(
    sources: Sources,
    teacher: Teacher,
    folder: RunFolder | None,
    *,
    progress: Progress = silent,
) -> dict[str, Prepared]:
    """Every stage: look at all clips, make features that are not there yet, put all into an order.

    Without a folder nothing is made or written.

    Raises:
        ConfigError: recipe and data do not fit, or the data are not those that a run began with.
        InputError: too many clips are broken.
        UnavailableError, LimitError: as of `featured.make`.
    """
    recipe = teacher.recipe
    looked = {
        name: survey(sources, recipe, own.stage, own.answerable, own.has_media, progress=progress)
        for name, own in ((n, replace(teacher, stage=s)) for n, s in recipe.stages.items())
    }
    cache = None if folder is None else folder.hashes
    held = [place for found in looked.values() for place in found.develop]
    ready = {}
    for name, found in looked.items():
        apart = leaks.checked(found, sources, recipe, cache, also=held, progress=progress)
        notes = lacking(sources, _wanted(apart), teacher.featured)
        if folder is not None:
            apart, more = _featured(apart, sources, teacher, progress)
            notes += more
        ready[name] = _ordered(name, apart, notes, recipe, folder)
    return ready


def _wanted(found: Survey) -> dict[str, list[int]]:
    """All clips that are learned or developed on, by their source."""
    wanted: dict[str, set[int]] = {}
    for pool in found.pools:
        wanted.setdefault(pool.source, set()).update(map(int, pool.indices))
    for source, index in found.develop:
        wanted.setdefault(source, set()).add(index)
    return {source: sorted(indices) for source, indices in wanted.items()}


def _ordered(
    name: str, found: Survey, notes: Sequence[str], recipe: Recipe, folder: RunFolder | None
) -> Prepared:
    stage = recipe.stages[name]
    steps = _steps(name, stage, found)
    sha256 = _digest(found)
    if folder is not None and not _went_on(folder, name, sha256):
        rows = [
            {"stage": name, "name": clip, "reason": why, "position": None}
            for clip, why in found.broken
        ]
        folder.skipped.extend(rows)
    plan = Plan(found.pools, steps * stage.batch, seeded(recipe.seed, "stage", name))
    told = (*found.notes, *notes)
    return Prepared(survey=found, plan=plan, steps=steps, sha256=sha256, notes=told)


def _featured(
    found: Survey, sources: Sources, teacher: Teacher, progress: Progress
) -> tuple[Survey, list[str]]:
    """The survey without clips whose features cannot be made."""
    ordered, recipe = _wanted(found), teacher.recipe
    made = make(
        sources,
        ordered,
        teacher.featured,
        held=frozenset(found.develop),
        workers=recipe.encoding.workers,
        progress=progress,
    )
    notes = [f"{count:,} clips have no {name}." for name, count in made.missing.items()]
    if not made.broken:
        return found, notes
    clips = sum(map(len, ordered.values()))
    shown = "; ".join(
        f"{source}: {clip}: {why.rstrip('.')}" for source, clip, why in made.broken[:_SHOWN]
    )
    if len(made.broken) > recipe.broken * clips:
        raise InputError(
            f"{len(made.broken):,} of {clips:,} clips cannot be encoded, and at most broken = "
            f"{recipe.broken:g} of them may be so: {shown}. Mend them, or allow a larger share."
        )
    notes.append(f"{len(made.broken):,} clips cannot be encoded and are left out: {shown}.")
    broken = tuple((f"{source}: {clip}", why) for source, clip, why in made.broken)
    bad = {(source, clip) for source, clip, _ in made.broken}
    gone = {
        (source, index)
        for source, own in ordered.items()
        for index in own
        if any((n, one.id) in bad for n, one in contents_of(source, sources[source][index]))
    }
    return _without(replace(found, broken=(*found.broken, *broken)), gone), notes


def _without(found: Survey, gone: set[tuple[str, int]]) -> Survey:
    pools = []
    for pool in found.pools:
        bad = [index for source, index in gone if source == pool.source]
        left = pool.indices[~np.isin(pool.indices, bad)]
        if not len(left):
            raise InputError(f"No clip of data.{pool.source} for {pool.task!r} can be encoded.")
        pools.append(replace(pool, indices=left))
    develop = tuple(place for place in found.develop if place not in gone)
    return replace(found, pools=tuple(pools), develop=develop)


def _steps(name: str, stage: Stage, found: Survey) -> int:
    """Of the whole stage; there are enough of them for its warm-up."""
    clips = sum(len(own) for own in _clips(found.pools).values())
    steps = stage.epochs * (stage.steps_per_epoch or max(1, -(-clips // stage.batch)))
    if stage.schedule.warmup_steps > steps:
        raise ConfigError(
            f"stages.{name} has {steps:,} steps in all, and its schedule.warmup_steps are "
            f"{stage.schedule.warmup_steps:,}: lower these, or give it more epochs."
        )
    return steps


def _clips(pools: Sequence[Pool]) -> dict[str, np.ndarray]:
    """Different clips of each source."""
    found: dict[str, np.ndarray] = {}
    for pool in pools:
        found[pool.source] = np.union1d(found.get(pool.source, pool.indices), pool.indices)
    return found


def _digest(found: Survey) -> str:
    """SHA-256 in hex of what is learned and developed on."""
    digest = hashlib.sha256()
    for pool in found.pools:
        digest.update(json.dumps([pool.source, pool.task, pool.weight]).encode())
        digest.update(np.ascontiguousarray(pool.indices).data)
    digest.update(json.dumps([found.develop, found.told]).encode())
    return digest.hexdigest()


def _went_on(folder: RunFolder, name: str, sha256: str) -> bool:
    """Whether a stage was begun before; it goes on with the clips that it was begun with."""
    path = folder.stage(name) / _ORDER
    if not path.is_file():
        write_atomically(path, json.dumps({"sha256": sha256}) + "\n")
        return False
    if json.loads(path.read_text("utf-8"))["sha256"] != sha256:
        raise ConfigError(
            f"The data of stage {name!r} are not those that {folder.path} was begun with: clips or "
            "their labels, texts or files came, went or changed. Choose a new folder."
        )
    return True
