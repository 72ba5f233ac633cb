"""CREMA-D in small: sound and video of the same recordings, and what is known of the actors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

NAMES = ("1001_DFA_ANG_XX", "1001_IEO_HAP_HI", "1002_IEO_SAD_LO", "1040_ITH_SAD_X")
PEOPLE = """\
ActorID,Age,Sex,Race,Ethnicity
1001,51,Male,Caucasian,Not Hispanic
1002,21,Female,African American,Not Hispanic
"""


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Four recordings of three actors."""
    put(root / "VideoDemographics.csv", PEOPLE)
    clips(root / "VideoFlash", *(f"{name}.flv" for name in NAMES))
    clips(root / "AudioWAV", *(f"{name}.wav" for name in NAMES))
    clips(root / "AudioMP3", *(f"{name}.mp3" for name in NAMES))
    return {"default": {}, "sound": {"stream": "sound"}}
