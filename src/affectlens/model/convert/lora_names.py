"""Names of LoRA's tensors in released files, as PEFT 0.2 and today's PEFT write them."""

import re

# Ours: language.model.layers.0.self_attn.q_proj.lora_A.default.weight
_OURS = re.compile(r"language\.(?P<place>.+)\.(?P<half>lora_[AB])\.default\.weight")
_TODAY = re.compile(r"(?P<head>.*\.lora_[AB])\.default(?P<tail>\.weight)")
_WRAPPED = "llama_model.base_model.model"  # the reference's attribute, inside PEFT's two wrappers


def released(name: str, *, adapter: str = "") -> str | None:
    """What the MiniGPT-4 family of code calls one of our LoRA tensors; None for other tensors.

    `adapter` is ".default" for files that today's PEFT wrote.
    """
    match = _OURS.fullmatch(name)
    return match and f"{_WRAPPED}.{match['place']}.{match['half']}{adapter}.weight"


def plain(name: str) -> str:
    """A released name as PEFT 0.2 wrote it, also where a later PEFT did."""
    match = _TODAY.fullmatch(name)
    return name if match is None else match["head"] + match["tail"]
