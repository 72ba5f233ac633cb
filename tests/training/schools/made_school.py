"""A school in small: drawn faces that smile, frown or neither, with the votes of ten people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from tests.training.toys import item

from affectlens.encoders.backends.face_cnn import Config
from affectlens.training.engine import Engine
from affectlens.training.item import Item
from affectlens.training.recipe import Data, Recipe, Stage
from affectlens.training.school import School
from affectlens.training.schools.attend import TINY, Class

MOUTHS = {"happiness": -1, "sadness": 1, "neutral": 0}
TINY_NET = Config(weights=TINY, width=16)


def draw(path: Path, emotion: str, number: int) -> Path:
    """A square with a mouth that is bent up, down or not at all."""
    rng = np.random.default_rng(number)
    grey_HW = rng.integers(90, 110, (48, 48)).astype(np.uint8)
    bend, x = MOUTHS[emotion], np.arange(12, 37)
    y = 32 + bend * ((x - 24) ** 2 / 18 - 4) + rng.integers(-2, 3)
    cv2.polylines(grey_HW, [np.stack([x, y], 1).astype(np.int32)], False, 250, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), grey_HW)
    return path


def face(root: Path, emotion: str, number: int, split: str = "train") -> Item:
    """A drawn face with nine votes of ten."""
    name = f"{split}{number:03}"
    one = item(name, draw(root / f"{name}.png", emotion, number))
    columns = {emotion: "9", "contempt": "1", "NF": "0"}
    source = replace(one.annotation.source, columns=columns)
    return replace(one, annotation=replace(one.annotation, source=source, split=split))


def pupils(root: Path, count: int = 60, held: int = 12) -> Mapping[str, Sequence[Item]]:
    """Faces of one data, "faces", to learn from and to develop on."""
    emotions = list(MOUTHS)
    learned = [face(root, emotions[n % 3], n) for n in range(count)]
    back = [face(root, emotions[n % 3], 900 + n, "dev") for n in range(held)]
    return {"faces": [*learned, *back]}


def own(run: Path, **school: object) -> Class:
    """A school of two short lessons."""
    settings = {"masked_epochs": 1, "epochs": 3, "batch": 16, "precision": "float32", **school}
    recipe = Recipe(
        data={"faces": Data(path="faces")},
        stages={"one": Stage()},
        schools={"face": School(data=("faces",), **settings)},  # type: ignore[arg-type]
        size="tiny",
        engine=Engine(device="cpu", threads=1),
        licence="CC BY-NC-SA 4.0",
    )
    return Class(name="face", recipe=recipe, pupil=TINY_NET, run=run)
