"""Emotion-LLaMA's own files: LoRA, five projections and a head that was never used (spec §2.1)."""

import re
from collections.abc import Collection
from pathlib import Path

from affectlens.model.convert import lora_names, trained
from affectlens.model.convert.format import Target
from affectlens.model.published import published

WHAT = (
    "Emotion-LLaMA (checkpoint_best.pth, Emotion_LLaMA.pth, Emoation_LLaMA.pth, MER2024-best.pth)"
)
DTYPES = frozenset({"F32"})
INSIDE = "model"
DROPPED = {
    r"attention\..*": "the head for six classes, which no code calls (§2.2)",
    r".*\.rotary_emb\.inv_freq": "a buffer that the language model computes",
}
_PROJECTIONS = {
    "patches": "llama_proj",
    "local": "feats_llama_proj1",
    "temporal": "feats_llama_proj2",
    "audio": "feats_llama_proj3",
    "context": "cls_tk_llama_proj",
}
_OURS = re.compile(r"connectors\.(?P<stream>\w+)\.linear\.(?P<what>weight|bias)")
_ITS_OWN = ("feats_llama_proj", "cls_tk_llama_proj", "attention.feats_prep.")


def recognises(names: Collection[str]) -> bool:
    """It has what MiniGPT-v2 lacks."""
    return any(name.startswith(_ITS_OWN) for name in names)


plain = lora_names.plain


def target(like: Path | None) -> Target:
    """A folder of trained tensors."""
    return trained.target(published("emotion_llama", compat="released"), like)


def released(name: str) -> str | None:
    """LoRA and the five projections."""
    match = _OURS.fullmatch(name)
    if match is None or match["stream"] not in _PROJECTIONS:
        return lora_names.released(name)
    return f"{_PROJECTIONS[match['stream']]}.{match['what']}"
