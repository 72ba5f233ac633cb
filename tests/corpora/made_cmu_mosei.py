"""CMU-MOSEI in small, in MMSA's format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

ROWS = """\
video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode,label_by
--qXJuDtHPw,5,I see that a writer is somebody who has an incredible gift.,1.0,,,,Positive,train,0
-3g5yACwYnA,10,Key is part of the people that we use.,0.6667,,,,Positive,valid,0
-6rXp3zJ3kc,1,It has not been easy.,-1.3333,,,,Negative,test,0
"""


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Three sentences of three videos."""
    put(root / "label.csv", ROWS)
    clips(root / "Raw", "--qXJuDtHPw/5.mp4", "-3g5yACwYnA/10.mp4", "-6rXp3zJ3kc/1.mp4")
    return {"default": {}, "all": {"split": None}}
