"""The tables of a page: what learns and how, from which data, on what; and how to go on."""

from collections.abc import Iterator, Mapping
from typing import Any

from affectlens.annotation.card.block import Block, Plot, Points, Section, Table, Text
from affectlens.evaluation.report import confusion
from affectlens.training.figures import Course, Record
from affectlens.training.folder import RunFolder
from affectlens.training.report.plot import number
from affectlens.training.report.story import Story
from affectlens.training.report.words import counted, course_of, span

_SHOWN = 12  # steps in one cell
_COUNTS = ("learned", "held back", "leaks", "broken")  # of a survey; all else are tasks
_OF_SKIPPED = ("name", "source", "task", "position", "reason")


def heading(course: Course) -> Section:
    """Under which all of a stage stands."""
    return Section(f"Stage {course.stage}", (Text(course_of(course)),))


def stage(story: Story, course: Course) -> list[Section]:
    """What learns in a stage, from what, how long."""
    settings = story.stages.get(course.stage, {})
    took = tuple(_took(course))
    learns: list[Block] = []
    if groups := tuple(_groups(settings, course)):
        learns.append(Table(("parameters", "learn", "stay as they are", "rate"), groups))
    if took:
        learns.append(Table(("it took", ""), took))
    how = Table(("setting", "value"), tuple(_settings(settings, course)))
    found = [Section(f"{course.stage}: how", (how,), half=True)]
    if learns:
        found.insert(0, Section(f"{course.stage}: what learns", tuple(learns), half=True))
    return found


def _groups(settings: Mapping[str, Any], course: Course) -> Iterator[tuple[str, ...]]:
    groups: Mapping[str, Any] = settings.get("groups", {})
    for name, counts in course.start.get("parameters", {}).items():
        rate = groups.get(name, {}).get("rate")
        yield (
            name,
            f"{counts.get('trained', 0):,}",
            f"{counts.get('frozen', 0):,}",
            "–" if rate is None else number(float(rate)),
        )


def _settings(settings: Mapping[str, Any], course: Course) -> Iterator[tuple[str, str]]:
    yield "method", str(settings.get("method", "–"))
    yield "tasks", shares(settings.get("tasks", {}))
    yield "steps", f"{course.last_step:,} of {course.steps_wanted:,}"
    epochs = settings.get("epochs")
    if epochs:
        yield "epochs", f"{epochs:,}"
    batch, micro = settings.get("batch"), settings.get("micro_batch")
    if batch:
        yield "samples a step", f"{batch:,}, {micro} at once in each process"
    yield (
        "loss",
        {"sample": "each sample counts the same", "token": "each token"}.get(
            str(settings.get("loss")), "–"
        ),
    )
    plan = settings.get("schedule", {})
    if plan:
        peak, last = number(plan["peak"]), number(plan["last"])
        warm = f"{number(plan['start'])} → {peak} in {plan['warmup_steps']:,} steps, then "
        begins = warm if plan["warmup_steps"] else f"from {peak} "
        yield "learning rate", f"{begins}along half a cosine to {last}"
    optimizer = settings.get("optimizer", {})
    if optimizer:
        clip = optimizer.get("clip")
        clipped = f", gradients clipped at {number(clip)}" if clip else ""
        yield "optimizer", f"AdamW, weight decay {number(optimizer['decay'])}{clipped}"
    dropped = {name: part for name, part in settings.get("dropout", {}).items() if part}
    if dropped:
        yield "left out of samples", ", ".join(f"{k} {v:.0%}" for k, v in dropped.items())


def _took(course: Course) -> Iterator[tuple[str, str]]:
    last: Record = course.steps[-1] if course.steps else {}
    if last.get("tokens"):
        yield "tokens", f"{last['tokens']:,}"
    if last.get("seconds"):
        yield "time", f"{span(float(last['seconds']))}, without developments and checkpoints"
    peaks = [one["peak_memory_bytes"] for one in course.steps if one.get("peak_memory_bytes")]
    if peaks:
        yield "memory at most", f"{max(peaks) / 2**30:.2f} GiB"
    resumed = [f"{one['step']:,}" for one in course.events if one["kind"] == "resumed"]
    if resumed:
        yield "resumed", f"{counted(len(resumed), 'time')}, at step {', '.join(resumed[:_SHOWN])}"


def data(story: Story) -> Section:
    """What it learned from, and what it left out."""
    blocks: list[Block] = []
    for course in story.courses:
        title = f"Stage {course.stage}" if len(story.courses) > 1 else ""
        found: Mapping[str, Any] = course.start.get("data", {})
        rows = tuple(_source(story, name, counts) for name, counts in found.items())
        if rows:
            heads = ("source", "format", "clips", *_COUNTS, "clips by task", "weight")
            blocks.append(Table(heads, rows, title))
    if not blocks:
        rows = tuple(_source(story, name, {}) for name in story.recipe.get("data", {}))
        blocks.append(Table(("source", "format", "clips", *_COUNTS, "by task", "weight"), rows))
    notes = dict.fromkeys(
        str(note) for course in story.courses for note in course.start.get("notes", ())
    )
    if notes:
        blocks.append(Points(tuple(notes)))
    blocks += _broken(story)
    return Section("Data", tuple(blocks))


def _source(story: Story, name: str, counts: Mapping[str, Any]) -> tuple[str, ...]:
    settings = story.recipe.get("data", {}).get(name, {})
    told = ("clips", *_COUNTS)
    tasks = {task: n for task, n in counts.items() if task not in told}
    return (
        name,
        str(settings.get("format", "–")),
        *(_count(counts.get(one)) for one in told),
        ", ".join(f"{task} {_count(n)}" for task, n in tasks.items()) or "–",
        number(float(settings.get("weight", 1.0))),
    )


def _broken(story: Story) -> Iterator[Block]:
    if story.skipped:
        heads = [name for name in _OF_SKIPPED if any(name in one for one in story.skipped)]
        rows = tuple(
            tuple("–" if one.get(name) is None else str(one[name]) for name in heads)
            for one in story.skipped
        )
        rest = story.skipped_all - len(rows)
        more = f", the first {len(rows)} of {story.skipped_all:,} in skipped.jsonl" if rest else ""
        yield Table(tuple(heads), rows, f"Samples that were not learned{more}", drawn=True)
    course = story.judged
    clips = course.developments[-1].get("broken_clips", {}) if course else {}
    if clips:
        named = tuple((str(name), str(reason)) for name, reason in clips.items())
        title = "Held-back clips that could not be asked about"
        yield Table(("clip", "reason"), named, title, drawn=True)


def answers(story: Story) -> Section | None:
    """The confusion matrix of the last development."""
    course = story.judged
    if course is None or not course.developments[-1].get("confusion"):
        return None
    last = course.developments[-1]
    title = f"Stage {course.stage}, step {last['step']:,}"
    plot = Plot(title, confusion.plot(last["confusion"]), wide=True)
    return Section("Labels of the held-back part", (plot,))


def surroundings(story: Story) -> Section | None:
    """On what it ran."""
    start = story.start
    if not start:
        return None
    rows = [
        (name, str(start[key]))
        for name, key in (
            ("system", "model"),
            ("language model", "language"),
            ("seed", "seed"),
            ("Affectlens", "affectlens"),
            ("Python", "python"),
            ("device", "device"),
            ("processor", "cpu"),
            ("processes", "processes"),
        )
        if start.get(key)
    ]
    if start.get("gpus"):
        rows.append(("GPUs", ", ".join(map(str, start["gpus"]))))
    packages: Mapping[str, Any] = start.get("packages", {})
    wanted = ("torch", "transformers", "peft", "accelerate", "trl", "numpy")
    rows += [(name, str(packages[name])) for name in wanted if name in packages]
    rows.append(("recipe (SHA-256)", f"{str(start.get('recipe_sha256', '–'))[:16]}…"))
    rows.append(("began (UTC)", str(start.get("at", "–"))[:19].replace("T", " ")))
    return Section("On what it ran", (Table(("", ""), tuple(rows)),), half=True)


def onward(story: Story) -> Section:
    """How to go on, and how to use what came out."""
    run = story.path.name or "RUN"
    blocks: list[Block] = []
    if not story.done:
        blocks.append(Text("The same command goes on from the last whole checkpoint:"))
        blocks.append(Points((f"affectlens train RECIPE.toml -o {run}",)))
    found = _model(story)
    made = f"{run}/{found or 'model'}"
    blocks.append(Text("The newest model:" if found else "The model, once it is there:"))
    blocks.append(
        Points(
            (
                f"affectlens analyze CLIP --model {made}",
                f"affectlens chat CLIP --model {made}",
                f"affectlens evaluate run --manifest clips.csv --model {made}",
            )
        )
    )
    if story.recipe.get("keep", {}).get("tensorboard"):
        blocks.append(Text("The curves in TensorBoard:"))
        blocks.append(Points((f"tensorboard --logdir {run}/tensorboard",)))
    return Section("How to go on", tuple(blocks), half=True)


def _model(story: Story) -> str | None:
    """The newest folder of a model that is there."""
    run = RunFolder(story.path)
    stages = [run.stage(name) for name in reversed(list(story.stages))]
    folders = [run.model, *(stage / kind for stage in stages for kind in ("model", "best"))]
    there = (folder for folder in folders if folder.is_dir())
    return next((folder.relative_to(run.path).as_posix() for folder in there), None)


def shares(tasks: Mapping[str, float]) -> str:
    """Tasks with their parts of the whole."""
    whole = sum(tasks.values()) or 1.0
    return ", ".join(f"{name} {part / whole:.0%}" for name, part in tasks.items()) or "–"


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "–"
