"""EMER in small: version 1 in English and Chinese, version 2, and OV-MERD+."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

V1 = "names,emotions,subtitles,reasons\n"


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Two clips of version 1, three of version 2 of which each half lacks one, two of OV-MERD+."""
    put(
        root / "dataset-v1" / "gt-eng.csv",
        f'{V1}sample_1,angry,Go away.,"In the video, he roared."\nsample_2,worried,,She sighs.\n',
    )
    put(root / "dataset-v1" / "gt-chi.csv", f"{V1}sample_1,angry,走开,视频中他怒吼。\n")
    put(
        root / "final-EMER-reason.csv",
        "name,chinese,english\n"
        "sample_1,在视频中；在音频中；在文本中,Input: In the video he sits. In the text\n"
        'sample_3,在视频中,"Output： In the video, input: nothing."\n',
    )
    put(
        root / "check-openset.csv",
        "name,openset\nsample_1,\"['furious', 'let down', 'furious']\"\nsample_2,['anxious']\n",
    )
    put(root / "ovlabel.csv", 'name,openset\nsample_1,"[furious, Tired]"\nsample_9,[]\n')
    put(root / "subtitle_eng.csv", "name,sentence\nsample_1,Go away.\nsample_9,\n")
    clips(root / "video", "sample_1.avi")
    versions = {version: {"version": version} for version in ("v1", "v2", "plus")}
    chinese = {f"{v} zh": {"version": v, "language": "zh"} for v in ("v1", "v2")}
    return {"default": {}, **versions, **chinese}
