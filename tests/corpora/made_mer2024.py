"""MER2024, MER2025 and MER2026 in small, in one folder: their files have different names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.made_mer2023 import pickled
from tests.corpora.placing import clips, put


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """One or two clips of each set."""
    put(root / "label-disdim.csv", "name,discrete,valence\nsample_00000000,angry,-1.5\n")
    pickled(root / "label-6way.npz", test1_corpus={"samplenew3_1": {"emo": "sad", "val": -10}})
    put(root / "MER2024-noise_NCE.txt", "samplenew3_2 50 worried\n")
    put(root / "track1_train_disdim.csv", "name,discrete,valence\nsamplenew3_3,happy,1.25\n")
    for name in ("ovmerd", "mercaptionplus"):
        put(
            root / f"track2_train_{name}.csv",
            "name,openset\nsample_00000000,\"['angry', 'let down']\"\nsample_00000007,[]\n",
        )
    put(root / "track3_train_ovmerd.csv", 'name,reason\nsample_00000000,"In the video, a man."\n')
    put(root / "track1_train.csv", "name,discrete,valence\nsamplenew3_4,neutral,0\n")
    put(root / "track2_train_human.csv", 'name,openset\nsamplenew3_5,"[calm, content]"\n')
    put(
        root / "subtitle_chieng.csv",
        "name,chinese,english\nsample_00000000,出去,Get out!\nsamplenew3_2,,\n",
    )
    clips(root / "video", *(f"samplenew3_{n}.mp4" for n in range(1, 6)), "sample_00000000.mp4")
    sets = {
        2024: ("train", "semi", "noise"),
        2025: ("train", "ovmerd", "mercaptionplus"),
        2026: ("train", "human"),
    }
    parts = {
        f"{edition} {split}": {"edition": edition, "split": split}
        for edition, splits in sets.items()
        for split in splits
    }
    return {"default": {}, "zh": {"language": "zh"}, **parts}
