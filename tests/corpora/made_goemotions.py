"""GoEmotions in small: three labels, comments with one and with two of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import put


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Three comments to train on and two to develop with."""
    put(root / "labels.txt", "anger\njoy\nsadness")
    put(root / "train.tsv", 'So "happy" for you!\t1\te1\nGo away.\t0\te2\nGlad, but\t1,2\te3\n')
    put(root / "dev.tsv", "It hurts.\t2\te4\nGreat.\t1\te5\n")
    return {"default": {}, "dev": {"split": "dev"}, "as published": {"space": "meld7"}}
