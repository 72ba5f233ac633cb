"""The annotation as a line of JSON of a published schema, and back; trainers' fields first."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, cast

from affectlens.annotation.annotation import SCHEMA, Annotation
from affectlens.annotation.conversation import trainer_fields
from affectlens.foundation.decoding import decode, encode
from affectlens.foundation.errors import InputError

# Fields of other tools, made of the rest: messages, videos, audios, images, ov_labels.
_MADE = "messages", "videos", "audios", "images", "ov_labels"


def to_json(annotation: Annotation) -> dict[str, Any]:
    """One object: `schema`, `id`, what LLaMA-Factory and ms-swift read, then everything."""
    plain: dict[str, Any] = encode(annotation)
    return {"schema": SCHEMA, "id": annotation.id, **trainer_fields(annotation), **plain}


def from_json(data: Mapping[str, Any], where: str = "annotation") -> Annotation:
    """The annotation that a line holds.

    Raises:
        InputError: it is of another schema, or a key is unknown, absent or of the wrong type.
    """
    found = data.get("schema") if isinstance(data, Mapping) else None
    if found != SCHEMA:
        raise InputError(
            f"The {where} should be of schema {SCHEMA!r}, found {found!r}. Another version made "
            "it: annotate again."
        )
    rest = {name: value for name, value in data.items() if name not in ("schema", *_MADE)}
    return decode(Annotation, rest, where)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a line."""
    place = resources.files("affectlens.annotation").joinpath("annotation.schema.json")
    return cast(dict[str, Any], json.loads(place.read_text("utf-8")))
