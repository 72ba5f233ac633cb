"""`card`: the data card of a data set as README.md and card.html, from its annotations."""

from collections.abc import Iterable
from pathlib import Path

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.card.content import length, sections
from affectlens.annotation.card.facts import Facts
from affectlens.annotation.card.markdown import licence_id, readme, size_category
from affectlens.annotation.card.page import page
from affectlens.annotation.card.summary import NO_LABEL, Summary, summary
from affectlens.annotation.check import language_of
from affectlens.annotation.format import About
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.splits import name_of
from affectlens.foundation.records import write_atomically

__all__ = ["Facts", "card"]

_TASKS = {
    "videos": ("video-classification", "video-text-to-text"),
    "sounds": ("audio-classification",),
    "pictures": ("image-classification", "image-text-to-text"),
}


def card(
    kept: Iterable[Annotation],
    rejected: Iterable[Annotation],
    about: About,
    recipe: Recipe,
    facts: Facts,
) -> list[Path]:
    """Write the card into the data set's folder; the same annotations give the same bytes."""
    found = summary(kept, rejected, reviewed=bool(facts.decisions))
    told = sections(found, about, recipe, facts)
    files = {
        about.root / "README.md": readme(about.name, _header(found, about, recipe), told),
        about.root / "card.html": page(about.name, _figures(found), told),
    }
    for path, text in files.items():
        write_atomically(path, text)
    return list(files)


def _figures(found: Summary) -> dict[str, str]:
    """What stands first."""
    figures = {
        "clips": f"{found.kept:,}",
        "length": length(sum(found.lengths_s)) if found.lengths_s else "",
        "labels": f"{len(found.after.keys() - {NO_LABEL}):,}",
        "speakers": f"{found.speakers:,}" if found.speakers else "",
        "sources": f"{found.sources:,}" if found.sources else "",
        "rejected": f"{found.rejected:,}",
    }
    return {name: value for name, value in figures.items() if value}


def _header(found: Summary, about: About, recipe: Recipe) -> dict[str, object]:
    """What the Hub reads."""
    licence = licence_id([name or about.licence for name in found.licences])
    tasks = [
        task
        for kind, names in _TASKS.items()
        if any(medium.startswith(kind) for medium in found.media)
        for task in names
    ]
    header: dict[str, object] = {
        "pretty_name": about.name,
        "license": licence,
        "language": [language_of(recipe)],
        "task_categories": tasks,
        "size_categories": [size_category(found.kept)],
        "tags": ["emotion", "affective-computing", "merr", "affectlens"],
    }
    if "parquet" in recipe.output.formats:
        header["configs"] = _configs(found, about.root)
    return {key: value for key, value in header.items() if value}


def _configs(found: Summary, root: Path) -> list[dict[str, object]]:
    """Where `datasets.load_dataset` finds the splits: each file by its name.

    By a pattern it would take a data set that was made anew for the one that it loaded before.
    """
    names = sorted({name_of(one.split) for one in found.light})
    files = []
    for name in names:
        paths = sorted((root / "parquet" / "data").glob(f"{name}-[0-9]*.parquet"))
        if paths:
            below = [path.relative_to(root).as_posix() for path in paths]
            files.append({"split": name, "path": below})
    return [{"config_name": "default", "data_files": files}] if files else []
