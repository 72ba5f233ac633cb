"""Items and systems for tests of features, small and true."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.annotation import Source as File
from affectlens.encoders.encoder import Source
from affectlens.encoders.view import View
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part, use
from affectlens.model.declaration import Stream, System
from affectlens.model.published import published
from affectlens.model.tiny import shrink
from affectlens.training.engine import Encoding, Engine
from affectlens.training.item import Item
from affectlens.training.recipe import Data, Recipe, Stage

UNTOLD = Missing("nobody told")
PICTURE = Source(use("tiny", width=8), View(of="middle_frame"), "tokens")
SOUND = Source(use("tiny", width=12), View(of="sound"), "tokens")
SILENT_FILE = File(
    path="",
    sha256=UNTOLD,
    duration_s=UNTOLD,
    frames=UNTOLD,
    width=UNTOLD,
    height=UNTOLD,
    rate_hz=UNTOLD,
    streams={},
    speaker=UNTOLD,
    origin=UNTOLD,
    corpus=None,
    licence="",
    columns={},
)


def item(id_: str, media: Path | Missing = UNTOLD) -> Item:
    """A clip of which only its name and file are known."""
    path = id_ if isinstance(media, Missing) else media.name
    return Item(annotation=Annotation(id=id_, source=replace(SILENT_FILE, path=path)), media=media)


def seeing() -> System:
    """Pictures alone: no face is looked for."""
    return system((Stream(name="seen", sources=(PICTURE,), connector=Part("pooled_linear")),))


def system(streams: Sequence[Stream] | None = None) -> System:
    """Pictures and sound of the smallest encoder, one token each."""
    wanted = streams or (
        Stream(name="seen", sources=(PICTURE,), connector=Part("pooled_linear")),
        Stream(name="heard", sources=(SOUND,), connector=Part("pooled_linear")),
    )
    plain = shrink(published("emotion_llama"))
    slots = "".join(f"{{{stream.name}}}" for stream in wanted)
    layout = replace(plain.training, first=(slots, "{question}"))
    return replace(plain, streams=tuple(wanted), training=layout, generation=layout)


def recipe(features: str = "", how: str = "kept", folder: str = "", path: str = "a") -> Recipe:
    """Settings of a run of one data, "a"."""
    return Recipe(
        data={"a": Data(path=path, features=features)},
        stages={"one": Stage()},
        engine=Engine(device="cpu"),
        encoding=Encoding(how=how, folder=folder),  # type: ignore[arg-type]
    )
