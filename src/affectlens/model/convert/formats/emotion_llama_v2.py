"""Emotion-LLaMA-v2's files: LoRA, four projections and the fusion of three sources (spec §10.1)."""

import re
from collections.abc import Collection
from pathlib import Path

from affectlens.model.convert import lora_names, trained
from affectlens.model.convert.format import Target
from affectlens.model.published import published

WHAT = "Emotion-LLaMA-v2 (checkpoint_*.pth of its training)"
DTYPES = frozenset({"F32"})
INSIDE = "model"
DROPPED = {r".*\.rotary_emb\.inv_freq": "a buffer that the language model computes"}
_PROJECTIONS = {
    "fusion": "llama_proj_fusion",
    "image": "llama_proj",
    "video": "llama_proj_video",
    "audio": "llama_proj_audio",
}
_OURS = re.compile(r"connectors\.(?P<stream>\w+)\.linear\.(?P<what>weight|bias)")
_FUSION = "connectors.fusion."
_ITS_OWN = ("conv_pro_module.", "llama_proj_fusion.", "llama_proj_video.", "llama_proj_audio.")


def recognises(names: Collection[str]) -> bool:
    """It has the fusion, or a projection of its own."""
    return any(name.startswith(_ITS_OWN) for name in names)


plain = lora_names.plain


def target(like: Path | None) -> Target:
    """A folder of trained tensors."""
    return trained.target(published("emotion_llama_v2", compat="released"), like)


def released(name: str) -> str | None:
    """LoRA, the projections, and the fusion under its own names."""
    match = _OURS.fullmatch(name)
    if match is not None and match["stream"] in _PROJECTIONS:
        return f"{_PROJECTIONS[match['stream']]}.{match['what']}"
    if name.startswith(_FUSION):
        return f"conv_pro_module.{name.removeprefix(_FUSION)}"
    return lora_names.released(name)
