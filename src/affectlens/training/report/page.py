"""The page: one file, no script, no network, light and dark."""

from importlib import resources
from pathlib import Path

from affectlens.annotation.card.block import Block, Section, Text, Warn
from affectlens.annotation.card.page import page
from affectlens.foundation.records import write_atomically
from affectlens.training.folder import RunFolder
from affectlens.training.report import curves, schools, tables, words
from affectlens.training.report.story import Story, story


def render(folder: Path) -> str:
    """The page of a run's folder, whether it is done, going on or failed.

    Raises:
        InputError: the folder is no run's, or its recipe or journal is damaged.
    """
    told = story(folder)
    style = resources.files(__package__).joinpath("report.css").read_text("utf-8")
    return page(
        str(told.recipe.get("name", folder.name)),
        words.figures_of(told),
        _sections(told),
        kind="training",
        more_style=style,
    )


def write(folder: Path, out: Path | None = None) -> Path:
    """Write the page into the run's folder, or elsewhere.

    Raises:
        InputError: as of `render`.
    """
    target = out or RunFolder(folder).report
    write_atomically(target, render(folder))
    return target


def _sections(told: Story) -> list[Section]:
    head: list[Block] = [Text(words.result(told)), Text(words.made(told)), Text(words.state(told))]
    head += [Warn(caution) for caution in words.cautions(told)]
    found: list[Section | None] = [Section("In short", tuple(head))]
    for course in reversed(told.courses):  # the last stage is what people look for
        found.append(tables.heading(course))
        found += [*curves.sections(told, course), *tables.stage(told, course)]
    found += schools.sections(told.path)
    found += [tables.answers(told), tables.data(told), tables.surroundings(told)]
    found.append(tables.onward(told))
    return [section for section in found if section is not None]
