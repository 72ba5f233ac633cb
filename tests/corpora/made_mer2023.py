"""MER2023 in small: each track's labels in another of the forms that they are handed out in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tests.corpora.placing import clips, put

CORPORA: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "test1_corpus": {
        "sample_00000011": {"emo": "happy", "val": 2.5},
        "sample_00000012": {"emo": "worried", "val": -1},
    },
    "test2_corpus": {"sample_00000021": {"emo": "neutral", "val": np.float64(0.25)}},
}


def pickled(path: Path, **corpora: Mapping[str, Any]) -> None:
    """A file of labels as MERTools writes it: pickled dicts in arrays of no dimensions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {key: np.array(found) for key, found in corpora.items()}
    np.savez_compressed(path, **arrays)


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Two clips of training, two of MULTI, one of NOISE, three of SEMI."""
    put(
        root / "train-label.csv",
        "name,discrete,valence\nsample_00000000,angry,-1.5\nsample_00000007,surprise,0.6\n",
    )
    pickled(root / "label-6way.npz", **CORPORA)
    put(
        root / "relative_test3_NCEV.txt",
        "samplenew_00006611 125 sad -10\nsamplenew_00000047 22 surprise -0.61232674\n"
        "samplenew_00000048 50 happy\n",
    )
    put(
        root / "transcription_en_all.csv",
        "name,sentence\nsample_00000000,Get out!\nsample_00000007,\nsamplenew_00006611,nan\n"
        'samplenew_00000047,"Oh, you?"\n',
    )
    put(root / "transcription.csv", "name,sentence\nsample_00000000,出去\n")
    clips(root / "train", "sample_00000000.avi", "sample_00000000.mp4")
    clips(root / "test1", "sample_00000011.avi")
    clips(root / "test2", "sample_00000021.mp4", "._sample_00000021.mp4")
    clips(root / "audio", "sample_00000000.wav", "samplenew_00000047.wav")
    clips(root / "test3", "samplenew_00006611.mp4")
    tracks = {split: {"split": split} for split in ("train", "multi", "noise", "semi")}
    return {
        "default": {},
        "all": {"split": None},
        "zh": {"split": None, "language": "zh"},
        **tracks,
    }
