"""A training run on one screen: recipe → data → schools → survey → features → stages → model.

What was done before in the same folder is not done again: features, stages, steps.
"""

import gc
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from affectlens.emotions.spaces import space
from affectlens.foundation.progress import Progress, silent
from affectlens.model.checkpoint import Loaded
from affectlens.model.declaration import System
from affectlens.training import beginning, disk, groups, prepared, processes, tensorboard
from affectlens.training.bars import bars
from affectlens.training.develop import Developer
from affectlens.training.featured import featured
from affectlens.training.finishing import finish
from affectlens.training.fitting import Fitted, Watch
from affectlens.training.folder import RunFolder
from affectlens.training.item import Sources
from affectlens.training.journal import Journal
from affectlens.training.lessons import Lessons
from affectlens.training.methods import fit
from affectlens.training.prepared import Prepared, prepare
from affectlens.training.publishing import publish
from affectlens.training.recipe import Dropout, Recipe
from affectlens.training.report.page import write as write_report
from affectlens.training.schooled import schooled
from affectlens.training.teaching import HeldBack, Teacher, held_draws

Tell = Callable[[str], None]
Watching = AbstractContextManager[Progress]


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """How a run went."""

    stages: Mapping[str, Fitted] = field(default_factory=dict)  # that were trained now
    before: tuple[str, ...] = ()  # stages that an earlier run had done
    stopped: int | None = None  # exit code of the signal that stopped it


def run(
    recipe: Recipe,
    path: Path,
    *,
    watching: Watching = nullcontext(silent),  # noqa: B008 - holds nothing
    tell: Tell = lambda sentence: None,
    check: bool = False,
) -> Done:
    """Train all stages of a recipe in a folder, or go on with them; `check`: up to the first step.

    `watching` shows how far what comes before the first step is; a stage shows itself on stderr.

    Raises:
        ConfigError: recipe, data, checkpoint or folder do not fit together.
        InputError: data are not there, or too many samples are broken.
        UnavailableError: a model or package is not to be had.
        LimitError: the disk is full; nothing that was saved is lost.
    """
    folder = RunFolder(path)
    system = beginning.system_of(recipe)
    with ExitStack() as stack:
        if processes.is_first() and not check:
            stack.enter_context(folder.held(recipe))
        processes.gather(recipe, folder)
        with processes.first_alone(), watching as progress:
            sources = prepared.sources_of(recipe, progress=progress)
            system = schooled(recipe, system, sources, None if check else folder, progress=progress)
            teacher = Teacher(
                recipe=recipe,
                stage=next(iter(recipe.stages.values())),
                system=system,
                featured=featured(recipe, system, folder.features),
            )
            ready = prepare(sources, teacher, None if check else folder, progress=progress)
        if recipe.keep.tensorboard and not tensorboard.is_there():
            tell(
                "TensorBoard is not installed, so its curves are not written; the report and the "
                "journal have the same numbers. To have them: pip install 'affectlens[train]'"
            )
        if check:
            _check(recipe, system, ready, tell)
            return Done()
        return _stages(folder, sources, teacher, ready, tell)


def _stages(
    folder: RunFolder,
    sources: Sources,
    teacher: Teacher,
    ready: Mapping[str, Prepared],
    tell: Tell,
) -> Done:
    """One after the other, each from the model of the one before."""
    recipe = teacher.recipe
    before: list[str] = []
    trained: dict[str, Fitted] = {}
    model = ""
    for name, own in ready.items():
        place = folder.stage_model(name)
        if place.is_dir():
            before.append(name)
        else:
            loaded = _loaded(recipe, teacher.system, model, tell)
            taught = replace(teacher, stage=recipe.stages[name])
            trained[name] = _stage(name, loaded, folder, sources, taught, own)
            del loaded
            gc.collect()
            if trained[name].stopped is not None:
                break
            processes.once(partial(publish, folder, name))
        model = str(place)
    else:
        processes.once(lambda: finish(folder, teacher, sources, ready, tell))
    processes.once(lambda: write_report(folder.path))
    stopped = next((one.stopped for one in trained.values() if one.stopped is not None), None)
    return Done(stages=trained, before=tuple(before), stopped=stopped)


def _loaded(recipe: Recipe, system: System, model: str, tell: Tell) -> Loaded:
    """The model of the stage before, else what the recipe begins with."""
    if model:
        return beginning.resume_from(model, recipe)
    loaded, told = beginning.begin(recipe, system)
    for sentence in told:
        tell(sentence)
    return loaded


def _stage(
    name: str,
    loaded: Loaded,
    folder: RunFolder,
    sources: Sources,
    teacher: Teacher,
    own: Prepared,
) -> Fitted:
    recipe = teacher.recipe
    places, processor = own.survey.develop, loaded.processor
    draws = held_draws(teacher, sources, places)
    developer = Developer(
        processor,
        HeldBack(teacher, sources, places),
        space(recipe.space),
        lessons=Lessons(draws, sources, teacher, processor, Dropout()),
    )
    has_curves = recipe.keep.tensorboard and tensorboard.is_there()
    journal = Journal(
        folder.journal,
        name,
        facts=_facts(teacher, own),
        groups=teacher.stage.groups,
        details=developer.details,
        curves=folder.path / "tensorboard" / name if has_curves else None,
    )

    def skip(skipped: Sequence[Any]) -> None:
        folder.skipped.extend({"stage": name, **one._asdict()} for one in skipped)

    with bars(name) as bar:
        watch = Watch(
            develop=developer if own.survey.develop else None,
            callbacks=(journal, bar),
            on_broken=skip,
        )
        try:
            return fit(name, teacher, loaded, sources, own.plan, folder.stage(name), watch)
        except BaseException as error:
            with suppress(OSError):  # a full disk must not hide what it was
                journal.stopped(str(error) or type(error).__name__)
                processes.once_if_first(lambda: write_report(folder.path))
            raise


def _facts(teacher: Teacher, own: Prepared) -> dict[str, Any]:
    """What the journal tells of a stage's start."""
    recipe, system = teacher.recipe, teacher.system
    return {
        "recipe_sha256": recipe.sha256,
        "seed": recipe.seed,
        "model": system.name,
        "language": system.language,
        "data": {name: dict(counts) for name, counts in own.survey.counts.items()},
        "develop": len(own.survey.develop),
        "metric": recipe.metric_of(teacher.stage),
        "plan_sha256": own.sha256,
        "notes": list(own.notes),
    }


def _check(recipe: Recipe, system: System, ready: Mapping[str, Prepared], tell: Tell) -> None:
    """Tell all that a run would do."""
    loaded, told = beginning.begin(recipe, system)
    for sentence in told:
        tell(sentence)
    for name, own in ready.items():
        stage = recipe.stages[name]
        assigned = groups.settle(loaded.model, stage.groups)
        sizes = dict(loaded.model.named_parameters())
        learns = {
            group: sum(sizes[one].numel() for one in names if sizes[one].requires_grad)
            for group, names in assigned.items()
        }
        listed = ", ".join(f"{group} {count:,}" for group, count in learns.items() if count)
        tell(f"Stage {name}: {own.steps:,} steps of {stage.batch}; learns {listed} parameters.")
        for source, counts in own.survey.counts.items():
            tell(f"  {source}: {json.dumps(dict(counts))[1:-1].replace(chr(34), '')}")
        for note in own.notes:
            tell(f"  note: {note}")
        wanted = disk.room_wanted(loaded.model, recipe.keep.last)
        tell(f"  its checkpoints want about {disk.told(wanted)} on the disk")
