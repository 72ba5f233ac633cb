"""MiniGPT-v2's file, where Emotion-LLaMA's first stage starts: LoRA and one projection (§2.3)."""

import re
from collections.abc import Collection
from pathlib import Path

from affectlens.model.convert import lora_names, trained
from affectlens.model.convert.format import Target
from affectlens.model.published import published

WHAT = "MiniGPT-v2 (minigptv2_checkpoint.pth): LoRA and llama_proj, the start of stage 1"
DTYPES = frozenset({"F32", "F16", "BF16"})  # nobody of us has seen the file; exact in 32 bits
INSIDE = "model"
DROPPED = {r".*\.rotary_emb\.inv_freq": "a buffer that the language model computes"}
_OURS = re.compile(r"connectors\.(patches|image)\.linear\.(?P<what>weight|bias)")  # v1, v2
_OTHERS = ("feats_llama_proj", "cls_tk_llama_proj", "llama_proj_", "attention.", "conv_pro_module")


def recognises(names: Collection[str]) -> bool:
    """The projection of patches and LoRA, and nothing of those that came after it."""
    lora = any(".lora_A." in name and name.startswith("llama_model.") for name in names)
    return lora and "llama_proj.weight" in names and not any(n.startswith(_OTHERS) for n in names)


plain = lora_names.plain


def target(like: Path | None) -> Target:
    """A folder of trained tensors, of which the file has a part."""
    return trained.target(published("emotion_llama", compat="released"), like)


def released(name: str) -> str | None:
    """LoRA and the projection of patches."""
    match = _OURS.fullmatch(name)
    return f"llama_proj.{match['what']}" if match else lora_names.released(name)
