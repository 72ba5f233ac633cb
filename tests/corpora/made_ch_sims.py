"""CH-SIMS in small, in MMSA's format; its clips have four digits, its list may have lost them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

ROWS = """\
video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode
video_0001,0001,我不想嫁给李茶,-0.8,-0.6,-0.8,-1.0,Negative,train
video_0001,2,怎么可能,0.0,0.0,-0.2,0.0,Neutral,valid
video_0003,0003,"好啊，走吧",0.6,0.4,0.8,0.6,Positive,test
"""


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Three clips of two videos."""
    put(root / "meta.csv", ROWS)
    clips(root / "Raw", "video_0001/0001.mp4", "video_0001/0002.mp4", "video_0003/0003.mp4")
    return {"default": {}, "all": {"split": None}, "version 2": {"version": "2", "split": None}}
