"""DFEW in small: five folds over the same clips."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

LABELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 3, 9: 1, 10: 2}  # by clip, from 1


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Ten clips; fold n tests clips 2n-1 and 2n; clip 10 is not there."""
    for fold in range(1, 6):
        tested = {2 * fold - 1, 2 * fold}
        for split, names in (("train", LABELS.keys() - tested), ("test", tested)):
            rows = "".join(f"{name},{LABELS[name]}\n" for name in sorted(names))
            folder = root / "EmoLabel_DataSplit" / f"{split}(single-labeled)"
            put(folder / f"set_{fold}.csv", f"video_name,label\n{rows}")
    clips(root / "Clip" / "original", *(f"{name:05}.mp4" for name in LABELS if name < 10))
    both = {f"fold{fold}": {"fold": fold, "split": None} for fold in range(1, 6)}
    return {"default": {}, "train": {"fold": 2, "split": "train"}, **both}
