"""What a page says of a run before its numbers: how far it is, how well it does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from affectlens.training.figures import Course
from affectlens.training.report.story import NAMES, Story


def state(story: Story) -> str:
    """How far it is."""
    if story.done:
        return "The run is done."
    if not story.courses:
        return "The run has not begun to learn: its journal is empty."
    course = next((one for one in reversed(story.courses) if not one.ended), story.courses[-1])
    where = f"step {course.last_step:,} of {course.steps_wanted:,} of stage {course.stage}"
    if course.ended:
        return f"The run is not done: the next stage after {course.stage} has not begun."
    newest = course.events[-1] if course.events else {}
    if newest.get("kind") == "stopped" and newest["step"] >= course.last_step:
        reason = f": {newest['reason']}" if newest.get("reason") else ""
        return f"The run stopped at {where}{reason or '.'}"
    return f"The run is not done; its journal has come to {where}."


def made(story: Story) -> str:
    """What was trained, from what."""
    recipe = story.recipe
    stages, data = listed(list(story.stages)), listed(list(recipe.get("data", {})))
    size = ", at a tiny size," if recipe.get("size") == "tiny" else ""
    language = f" over {recipe['language']}" if recipe.get("language") else ""
    start: Mapping[str, Any] = recipe.get("start", {})
    begun = start.get("model") or listed(list((start.get("parts") or {}).values()))
    whence = f"from {begun}" if begun else "with connectors and LoRA drawn anew"
    return (
        f"The system {name_of(recipe.get('system'))}{size}{language} learned in "
        f"{counted(len(story.stages), 'stage')} ({stages}) from {data}, beginning {whence}."
    )


def result(story: Story) -> str:
    """How well it does on what it has not seen, and how well one does without looking."""
    course = story.judged
    best = None if course is None else story.best(course)
    if course is not None and best is not None and best.get(story.score(course)) is None:
        return (
            f"On what was held back, stage {course.stage} came to a loss of "
            f"{float(best['loss']):.3f} at step {int(best['step']):,}."
        )
    if course is None or best is None:
        return (
            "It was not tried on clips that were held back: how well it does on clips that it has "
            "not seen is not known."
        )
    score = story.score(course)
    value, clips = float(best[score]), int(best.get("clips", 0))
    name = NAMES[score]
    told = (
        f"On {counted(clips, 'clip')} that were held back, stage {course.stage} came to "
        f"{name} {value:.1%} at step {int(best['step']):,}{_chosen(course)}"
    )
    floor = best.get(f"{score}_majority")
    if floor is None:
        return f"{told}."
    beyond = value - float(floor)
    verdict = (
        f"{beyond * 100:.1f} points above"
        if beyond > 0
        else "which is not above"
        if beyond == 0
        else f"{-beyond * 100:.1f} points below"
    )
    return f"{told}: {verdict} the {float(floor):.1%} of always naming the most frequent label."


def course_of(course: Course) -> str:
    """How far a stage came."""
    steps = f"{course.last_step:,} of {course.steps_wanted:,} steps"
    losses = [float(one["loss"]) for one in course.steps if one.get("loss") is not None]
    fell = f"; the loss went from {losses[0]:.3f} to {losses[-1]:.3f}" if len(losses) > 1 else ""
    return f"{steps}{fell}."


def _chosen(course: Course) -> str:
    """That the best of several tries is a little better than it would be on other clips."""
    tries = len(course.developments)
    return f" (the best of {tries} tries on these clips)" if tries > 1 else ""


def cautions(story: Story) -> Iterator[str]:
    """What must not be overlooked."""
    for course in story.courses:
        strange = [
            f"step {one['step']:,}" for one in course.steps if "loss" in one.get("not_finite", ())
        ]
        if strange:
            yield (
                f"The loss of stage {course.stage} was no finite number at {len(strange)} logged "
                f"steps, first at {strange[0]}. A lower rate or `optimizer.clip` helps."
            )
        if course.developments and course.developments[-1].get("broken"):
            broken = int(course.developments[-1]["broken"])
            yield f"{counted(broken, 'held-back clip')} could not be asked about."
    if story.skipped_all:
        yield (
            f"{counted(story.skipped_all, 'sample')} could not be learned; they left their batches "
            "and stand below."
        )
    yield from story.notes


def figures_of(story: Story) -> dict[str, str]:
    """What stands first, large."""
    course = story.judged
    best = None if course is None else story.best(course)
    found: dict[str, str] = {}
    score = "" if course is None else story.score(course)
    if best is not None and best.get(score) is not None:
        found[f"{NAMES[score]}, held back"] = f"{float(best[score]):.1%}"
        floor = best.get(f"{score}_majority")
        if floor is not None:
            found["most frequent label"] = f"{float(floor):.1%}"
    if story.courses:
        last = story.courses[-1]
        if loss := [one["loss"] for one in last.steps if one.get("loss") is not None]:
            found["loss, last"] = f"{float(loss[-1]):.3f}"
        found["steps"] = f"{sum(one.last_step for one in story.courses):,}"
        samples = sum(int(_newest(one, "samples")) for one in story.courses)
        if samples:
            found["samples"] = f"{samples:,}"
        seconds = sum(float(_newest(one, "seconds")) for one in story.courses)
        if seconds:
            found["of training"] = span(seconds)
    return found


def _newest(course: Course, name: str) -> float:
    return next((float(one[name]) for one in reversed(course.steps) if one.get(name)), 0.0)


def name_of(part: Any) -> str:
    """A plug-in's name, as recipes have it."""
    return str(part.get("name", "?")) if isinstance(part, Mapping) else str(part)


def counted(count: int, what: str) -> str:
    """A number of things."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def listed(names: Sequence[str]) -> str:
    """Names with commas and an "and"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def span(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
