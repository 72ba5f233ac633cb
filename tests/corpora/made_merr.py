"""MERR in small: labels in .txt, all else in .json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

BOTH = {
    "AU_list": ["AU01", "AU04", "AU12"],
    "visual_prior_list": ["Inner brow raiser", "Brow lowerer"],
    "audio_prior_list": "a calm, low voice",
    "peak_index": "17",
    "peak_AU_list": ["AU04"],
    "pseu_emotion": "contempt",
}
FINE = {
    "sample_00000047": {**BOTH, "smp_reason_caption": "He sneers.", "text": "是你啊"},
    "sample_00000048": {**BOTH, "reason_caption": "She frowns.", "text": ""},
    "sample_00000050": {**BOTH, "smp_reason_caption": "Nobody labelled it.", "text": "x"},
}
COARSE = {"sample_00000001": {**BOTH, "caption": "A man looks down."}}


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Three fine clips, one without text and one text without a label; one coarse clip."""
    put(
        root / "MERR_fine_grained.txt",
        "sample_00000047 22 surprise -0.61232674\nsample_00000048 25 doubt -10\n"
        "sample_00000049 30 neutral\n",
    )
    put(root / "MERR_fine_grained.json", json.dumps(FINE, ensure_ascii=False))
    put(root / "MERR_coarse_grained.txt", "sample_00000001 61 contempt -10\n")
    put(root / "MERR_coarse_grained.json", json.dumps(COARSE))
    put(root / "transcription_en_all.csv", "name,sentence\nsample_00000048,Really?\n")
    clips(root / "video", "sample_00000047.mp4", "sample_00000048.avi", "sample_00000001.mp4")
    return {"default": {}, "coarse": {"split": "coarse"}, "zh": {"language": "zh"}}
