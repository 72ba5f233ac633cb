"""Modality dropout: samples shown without something, so that missing inputs are normal."""

import dataclasses
import random

from affectlens.foundation.missing import Missing
from affectlens.model.example import Example
from affectlens.training.recipe import Dropout

LEFT_OUT = Missing("left out by modality dropout")
_TEXTS = ("subtitle", "clues")


def dropped(example: Example, dropout: Dropout, rng: random.Random) -> Example:
    """The example without what chance leaves out; one thing that was there always stays."""
    texts = [name for name in _TEXTS if (getattr(example, name) or "").strip()]
    chances = [
        *((name, dropout.stream) for name in sorted(example.present)),
        *((name, getattr(dropout, name)) for name in texts),
    ]
    out = {name for name, chance in chances if rng.random() < chance}
    if out and len(out) == len(chances):
        out.remove(rng.choice(sorted(out)))
    if not out:
        return example
    return dataclasses.replace(
        example,
        features={n: LEFT_OUT if n in out else f for n, f in example.features.items()},
        subtitle=None if "subtitle" in out else example.subtitle,
        clues=None if "clues" in out else example.clues,
    )
