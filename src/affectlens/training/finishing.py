"""The model of a run: the last stage's, calibrated, with what it was made of and its card."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from affectlens.emotions.spaces import space
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.model import calibration
from affectlens.model.calibration import Calibration
from affectlens.training import beginning, figures, provenance
from affectlens.training.calibrating import Scored, calibrated, scored
from affectlens.training.card import write_card
from affectlens.training.final_weights import settle_weights
from affectlens.training.folder import RunFolder
from affectlens.training.item import Sources
from affectlens.training.prepared import Prepared
from affectlens.training.provenance import Made
from affectlens.training.publishing import publish
from affectlens.training.recipe import Recipe
from affectlens.training.teaching import HeldBack, Teacher
from affectlens.training.tested import tested

Places = tuple[tuple[str, int], ...]
_UNWANTED = Missing("keep.calibrate is off")


def finish(
    folder: RunFolder,
    teacher: Teacher,
    sources: Sources,
    ready: Mapping[str, Prepared],
    tell: Callable[[str], None],
) -> None:
    """Put the run's model into its place; one that is there already stays."""
    recipe = teacher.recipe
    if _is_finished(folder, recipe):
        return
    last, own = list(ready.items())[-1]
    places = own.survey.develop if recipe.keep.calibrate else ()
    taught = replace(teacher, stage=recipe.stages[last])
    found = _scored(folder.stage_model(last), taught, sources, places)
    fitted = calibrated(found, space(recipe.space)) if recipe.keep.calibrate else _UNWANTED
    if isinstance(fitted, Missing):
        tell(f"The model is not calibrated: {fitted.reason}.")
    else:
        _journal(folder, last, fitted)
    made = Made(
        recipe=recipe,
        system=teacher.system,
        folder=folder,
        sources=sources,
        tested=tested(found, places, sources, space(recipe.space)),
        calibration=fitted.reason if isinstance(fitted, Missing) else "",
    )
    publish(folder, finish=lambda draft: _add(draft, made, fitted))


def _is_finished(folder: RunFolder, recipe: Recipe) -> bool:
    """Whether the run's model is of the last stage's weights, and as the recipe wants it."""
    try:
        told = provenance.read(folder.model)
    except InputError:
        return False
    wanted = (provenance.weights_of(folder, recipe), provenance.settings_of(recipe))
    return wanted == (told["weights"]["sha256"], told["settings"])


def _scored(model: Path, teacher: Teacher, sources: Sources, places: Places) -> list[Scored]:
    """What the stage's model says of the clips that are held back."""
    if not places:
        return []
    loaded = beginning.resume_from(str(model), teacher.recipe)
    clips = HeldBack(teacher, sources, places)
    return scored(loaded.model, loaded.processor, clips, space(teacher.recipe.space))


def _journal(folder: RunFolder, stage: str, fitted: Calibration) -> None:
    told = {
        key: {"temperature": fit.temperature, "clips": fit.clips, "ece": fit.ece}
        for key, fit in fitted.fits.items()
    }
    course = figures.read(folder.journal).get(stage)
    step = 0 if course is None else course.last_step
    facts = {"threshold": fitted.threshold, "sets": told}
    figures.write(folder.journal, "calibration", stage, step, **facts)


def _add(draft: Path, made: Made, fitted: Calibration | Missing) -> None:
    recipe = made.recipe
    settle_weights(draft, recipe.keep.precision, recipe.licence)
    if isinstance(fitted, Calibration):
        calibration.write(draft, fitted)
    provenance.write(draft, provenance.provenance(made))
    write_card(draft)
