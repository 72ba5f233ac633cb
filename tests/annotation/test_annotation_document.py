"""A line of `annotations.jsonl` keeps to the schema that is published, and comes back equal."""

import json
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.annotation.formats.made_annotations import PEAK, several

from affectlens.annotation import document
from affectlens.annotation.annotation import Annotation, Check, Fingerprint, Made, Media, Source
from affectlens.annotation.conversation import trainer_fields
from affectlens.annotation.item import of_paths
from affectlens.annotation.one import annotate
from affectlens.annotation.recipe import Recipe
from affectlens.clues.clue import Clue
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.reasoning.analysis import Claim

SPAN = Span(0.5, 1.25)


def full() -> Annotation:
    """One in which nothing is Missing."""
    return Annotation(
        id="clip",
        source=Source(
            path="clip.mp4", sha256="0" * 64, duration_s=2.4, frames=30, width=320, height=240,
            rate_hz=12.5, streams={"video": True}, speaker="anna", origin="film", corpus="manifest",
            licence="CC0-1.0", columns={"sex": "female"},
        ),
        media=Media(video="media/clip.mp4", sound="media/clip.wav"),
        split="train", label="sad", given="sad", read="angry", labels=("sad", "tired"),
        valence=-0.4, arousal=0.1, person="P1",
        peak=replace(PEAK, box=(0.1, 0.2, 0.5, 0.6)), units=("AU04",),
        face="Lower eyebrows.", objective="A room.", tone="even", subtitle="Oh.",
        coarse="This person.", fine="She is sad.",
        claims=(Claim("She is sad.", "face", "P1", SPAN, ("c1",), "supported"),),
        clues=(Clue("c1", "face", "AU04", None, SPAN, "brows lowered", 0.5, {"peak_s": 1.0}),),
        checks=(Check(name="units", passed=True, score=1.0, detail="All."),),
        score=1.0, rejected=("units: no",),
        provenance={"label": Made(step="told", by="manifest", key="")},
        fingerprint=Fingerprint(pictures=("0" * 32,), sound="00ff"),
        recipe_sha256="f" * 64,
    )  # fmt: skip


@pytest.mark.parametrize("one", [full(), *several()], ids=lambda one: one.id)
def test_a_line_keeps_to_its_schema_and_comes_back_equal(one: Annotation) -> None:
    written = document.to_json(one)
    jsonschema.validate(written, document.schema())
    back = document.from_json(json.loads(json.dumps(written, allow_nan=False)))
    assert back == one
    assert document.to_json(back) == written


@pytest.mark.slow
def test_a_line_of_a_real_file_does(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("I am so happy to see you again!")
    clip = Path(__file__).parents[2] / "examples" / "clips" / "1001_DFA_HAP_XX.mp4"
    for item in of_paths([words, clip]):
        written = document.to_json(annotate(item, Recipe(), tmp_path / "set"))
        jsonschema.validate(written, document.schema())
        json.dumps(written, allow_nan=False)


def test_the_schema_names_every_field_of_every_noun() -> None:
    whole = document.schema()
    jsonschema.Draft202012Validator.check_schema(whole)
    known = {frozenset(d["properties"]) for d in whole["$defs"].values() if "properties" in d}
    known.add(frozenset(whole["properties"]) - {"schema", *trainer_fields(full())})
    for noun in _nouns(Annotation):
        assert frozenset(field.name for field in fields(noun)) in known, noun


def _nouns(kind: Any) -> Iterator[Any]:
    """The dataclasses that a type is made of; spans and what is Missing are written otherwise."""
    if is_dataclass(kind) and kind not in (Span, Missing):
        yield kind
        for hint in typing.get_type_hints(kind).values():
            yield from _nouns(hint)
    for part in typing.get_args(kind):
        yield from _nouns(part)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ("label", None),
        ("valence", 2.0),
        ("labels", "sad"),
        ("fingerprint", {"pictures": ["xyz"], "sound": "00"}),
        ("score", {"missing": "why", "more": 1}),
        ("recipe_sha256", "abc"),
        ("extra", 1),
    ],
)
def test_the_schema_refuses_what_is_no_annotation(place: str, wrong: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document.to_json(full()) | {place: wrong}, document.schema())
