"""A manifest as people write it: `root` is the file, which is not there yet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

ROWS = """\
id,path,label,labels,subtitle,speaker,split,valence,arousal,description,site
a,clips/a.mp4,happiness,"[glad, relieved]","Oh, hello!",P1,train,0.5,0.2,She smiles.,north
b,clips/b.wav,Anger,,,P2,test,-0.5,,,south
c,clips/none.mp4,sad,"down; tired",,P3,test,,,,
"""


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Three rows, of which one has no media."""
    put(root, ROWS)
    clips(root.parent / "clips", "a.mp4", "b.wav")
    return {"fitted": {}, "test": {"split": "test"}, "mine": {"space": "happy,angry,sad,bored"}}
