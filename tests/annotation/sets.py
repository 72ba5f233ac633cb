"""Small data sets, made in this process, for tests of what becomes of them."""

import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from affectlens.annotation import rows
from affectlens.annotation.finish import Finished, finish
from affectlens.annotation.folder import DataFolder
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Output, Recipe
from affectlens.annotation.run import jobs, left_to_do

RECIPE = replace(Recipe(), output=Output(formats=("merr",)))


def tone(path: Path, number: int) -> Path:
    """A quarter of a second of a tone of its own."""
    samples = 8000 * np.sin(2 * np.pi * (200 + 90 * number) * np.arange(4000) / 16000)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def item(path: Path) -> Item:
    """A clip with words and a label."""
    words = f"Some words of {path.stem}."
    return Item(id=path.stem, path=path, words=words, label="neutral", speaker=path.stem)


def items(folder: Path, count: int = 2) -> list[Item]:
    """Tones in a folder."""
    return [item(tone(folder / f"c{number}.wav", number)) for number in range(count)]


def annotated(root: Path, some: Sequence[Item], recipe: Recipe = RECIPE) -> list[str]:
    """Append the rows that are to be made; gives the ids of their files."""
    folder = DataFolder(root)
    with folder.held():
        todo, _ = left_to_do(folder, jobs(folder, some, recipe))
        for job in todo:
            folder.append(rows.work(job))
    return [job.item.id for job in todo]


def made(root: Path, some: Sequence[Item], recipe: Recipe = RECIPE) -> Finished:
    """Annotate and finish."""
    annotated(root, some, recipe)
    folder = DataFolder(root)
    return finish(folder, [job.key for job in jobs(folder, some, recipe)], (), recipe)
