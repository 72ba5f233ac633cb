"""RAVDESS in small: folders of actors, speech and song, sound and video."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips

NAMES = (
    "Actor_01/03-01-01-01-01-01-01.wav",
    "Actor_01/03-01-02-02-02-01-01.wav",
    "Actor_01/01-01-05-02-01-02-01.mp4",
    "Actor_12/03-02-06-01-02-02-12.wav",
    "Actor_12/03-01-08-01-02-02-12.opus",
    "flat.txt",
    "Actor_12/.03-01-08-01-02-02-12.opus",
)


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Five recordings of two actors."""
    clips(root, *NAMES)
    return {
        "default": {},
        "seven": {"space": "dfew7"},
        "one actor": {"actors": ("02-24",), "channel": "speech", "modality": "sound"},
    }
