"""Clips of a recipe in small: annotations in a file, and a look at them without a system."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.corpora.placing import put

from affectlens.annotation import document
from affectlens.annotation.annotation import Annotation, Media
from affectlens.annotation.imported import Told, annotation
from affectlens.emotions.spaces import space
from affectlens.foundation.missing import Missing
from affectlens.training.item import Item
from affectlens.training.material import open_source
from affectlens.training.recipe import Data, Recipe, Stage
from affectlens.training.survey import Survey, survey
from affectlens.training.tasks import label_of

Sources = Mapping[str, Sequence[Item]]

MOODS = ("happy", "sad", "angry")


def one(name: str, *, speaker: str = "", sha256: str = "", **fields: Any) -> Annotation:
    """A clip whose file is media/NAME.wav."""
    made = annotation(Told(name=name, by="made", fields=fields), Path())
    source = replace(
        made.source,
        speaker=speaker or made.source.speaker,
        sha256=sha256 or made.source.sha256,
    )
    return replace(made, source=source, media=Media(sound=f"media/{name}.wav"))


def labelled(count: int, *, prefix: str = "c", split: str = "") -> list[Annotation]:
    """Clips with labels, two of each speaker."""
    told = {"split": split} if split else {}
    return [
        one(f"{prefix}{n}", speaker=f"{prefix}-{n // 2}", label=MOODS[n % 3], **told)
        for n in range(count)
    ]


def folder(root: Path, annotations: Sequence[Annotation], *, media: bool = True) -> Path:
    """A data set, with a file of its own content for each clip."""
    lines = [json.dumps(document.to_json(clip)) + "\n" for clip in annotations]
    put(root / "annotations.jsonl", "".join(lines))
    for clip in annotations if media else ():
        put(root / "media" / f"{clip.id}.wav", f"the bytes of {clip.id}")
    return root


def recipe(data: Mapping[str, Data], tasks: Mapping[str, float], **settings: Any) -> Recipe:
    """A recipe of one stage; broken clips are allowed."""
    stage = Stage(data=settings.pop("learned", ()), tasks=tasks)
    return Recipe(data=data, stages={"only": stage}, **{"broken": 1.0, **settings})


def opened(made: Recipe) -> Sources:
    return {name: open_source(name, data) for name, data in made.data.items()}


def looked_at(made: Recipe, sources: Sources | None = None, *, media: bool = True) -> Survey:
    """A survey that asks for files."""

    def answerable(item: Item, task: str, data: Data) -> Missing | None:
        if task == "emotion":
            found = label_of(item, space(made.space), data.labels)
        else:
            found = item.annotation.fine
        return found if isinstance(found, Missing) else None

    def has_media(source: str, item: Item) -> Missing | None:
        del source
        return item.media if media and isinstance(item.media, Missing) else None

    return survey(
        opened(made) if sources is None else sources,
        made, made.stages["only"], answerable, has_media,
    )  # fmt: skip
