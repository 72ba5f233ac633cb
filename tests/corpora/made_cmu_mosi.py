"""CMU-MOSI in small, in MMSA's format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

ROWS = """\
video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode,label_by
03bSnISJMiM,1,"A LOT OF SAD PARTS, REALLY",-2.4,,,,Negative,train,0
03bSnISJMiM,2,THERE IS SAD PART,0.0,,,,Neutral,train,0
0h-zjBukYpk,1,I GIVE IT A SEVEN,1.0,,,,Positive,valid,0
1iG0909rllw,1,I REALLY LIKED IT,3.0,,,,Positive,test,0
1iG0909rllw,10,NOT THE END THOUGH,-0.2,,,,Negative,test,0
"""


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Five sentences of three videos; the last has no media."""
    put(root / "label.csv", ROWS)
    clips(root / "Raw", "03bSnISJMiM/1.mp4", "03bSnISJMiM/2.mp4", "0h-zjBukYpk/1.mp4")
    clips(root / "Raw", "1iG0909rllw/1.mp4")
    return {"default": {}, "all": {"split": None}, "train": {"split": "train"}}
