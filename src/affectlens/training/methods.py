"""How a stage learns: from answers, from pairs of answers, or from rewards for its own answers."""

from pathlib import Path

from affectlens.model.checkpoint import Loaded
from affectlens.training import fitting
from affectlens.training.fitting import Fitted, Watch
from affectlens.training.item import Sources
from affectlens.training.lessons import Lessons
from affectlens.training.plan import Plan
from affectlens.training.preference import dpo, grpo
from affectlens.training.preference.pairs import Pairs
from affectlens.training.preference.questions import Questions
from affectlens.training.teaching import Teacher


def fit(  # noqa: PLR0913
    name: str,
    teacher: Teacher,
    loaded: Loaded,
    sources: Sources,
    plan: Plan,
    folder: Path,
    watch: Watch,
) -> Fitted:
    """Train a stage by its method, from the model that is given; raises as of `fitting.fit`."""
    recipe, stage, processor = teacher.recipe, teacher.stage, loaded.processor
    lessons = Lessons(plan, sources, teacher, processor, stage.dropout)
    if stage.method == "dpo":
        return dpo.fit(name, recipe, loaded, Pairs(lessons, sources, processor), folder, watch)
    if stage.method == "grpo":
        questions = Questions(lessons, sources, recipe, stage)
        return grpo.fit(name, recipe, loaded, questions, folder, watch)
    return fitting.fit(name, recipe, loaded, lessons, folder, watch)
