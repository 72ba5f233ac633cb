"""Files as the released code writes them, at sizes that tests can afford."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from affectlens.foundation.device import Place
from affectlens.model.config import AffectLMConfig
from affectlens.model.convert.convert import Options, Report, convert
from affectlens.model.language import language_config
from affectlens.model.published import published
from affectlens.model.tiny import shrink

CPU = Place(device="cpu", precision="float32")
LAYERS = 2  # of the tiny language model
LAYER = "llama_model.base_model.model.model.layers.{i}.self_attn."
HEAD = {  # §2.1: the head that no code calls
    **{f"feats_prep.{i}.0": (256, 1024) for i in range(3)},
    **{f"feats_prep.{i}.0": (256, 4096) for i in range(3, 7)},
    **{f"feats_prep.{i}.3": (128, 256) for i in range(7)},
    "attention_mlp.0": (256, 896),
    "attention_mlp.3": (128, 256),
    "fc_att": (7, 128),
    "fc_out": (6, 128),
}


def like(folder: Path, system: str = "emotion_llama") -> Path:
    """A folder whose config.json says a published system at a tiny size."""
    declared = shrink(published(system, compat="released"))
    config = AffectLMConfig(system=declared, text_config=language_config(declared.language))
    config.save_pretrained(folder)
    return folder


def lora(layers: int, rank: int, width: int, value: int) -> dict[str, tuple[int, ...]]:
    """Names, as PEFT 0.2 writes them, and shapes; `value` is how wide values are."""
    shapes: dict[str, tuple[int, ...]] = {}
    for i in range(layers):
        for target, outputs in (("q_proj", width), ("v_proj", value)):
            shapes[f"{LAYER.format(i=i)}{target}.lora_A.weight"] = (rank, width)
            shapes[f"{LAYER.format(i=i)}{target}.lora_B.weight"] = (outputs, rank)
    return shapes


def linear(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    """Weight and bias."""
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def head() -> dict[str, tuple[int, ...]]:
    """The 36 tensors of the dead head."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (outputs, inputs) in HEAD.items():
        shapes |= linear(f"attention.{name}", inputs, outputs)
    return shapes


def buffers(layers: int, half: int) -> dict[str, tuple[int, ...]]:
    """What transformers 4.30 registered as persistent."""
    return {f"{LAYER.format(i=i)}rotary_emb.inv_freq": (half,) for i in range(layers)}


def tiny_minigpt() -> dict[str, tuple[int, ...]]:
    """MiniGPT-v2's file: EVA is 32 wide, 4 patches join, the language model is 32 wide."""
    return {**lora(LAYERS, 4, 32, 16), **linear("llama_proj", 128, 32)}


def tiny_emotion() -> dict[str, tuple[int, ...]]:
    """Emotion-LLaMA's required tensors; the face and sound nets are as wide as tiny ones are."""
    widths = trained_widths()
    return {
        **tiny_minigpt(),
        **linear("feats_llama_proj1", widths["local"], 32),
        **linear("feats_llama_proj2", widths["temporal"], 32),
        **linear("feats_llama_proj3", widths["audio"], 32),
        **linear("cls_tk_llama_proj", widths["context"], 32),
    }


def trained_widths() -> dict[str, int]:
    """Widths of the streams at the tiny size."""
    from affectlens.model.streams import widths

    return {name: one[0] for name, one in widths(shrink(published("emotion_llama"))).items()}


def drawn(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, Tensor]:
    """Random tensors."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def write(path: Path, tensors: Mapping[str, Any], **beside: Any) -> Path:
    """A training checkpoint as the reference's runner saves it."""
    more = {"optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}}, "epoch": 3, **beside}
    torch.save({"model": dict(tensors), "config": {"run": {"seed": 42}}, **more}, path)
    return path


def from_safetensors(tensors: dict[str, Tensor], folder: Path, **options: object) -> Report:
    """Convert without the child process, where a test is not about it."""
    file = folder / "in.safetensors"
    save_file(tensors, file)
    return convert([file], folder / "out", options=Options(**options))  # type: ignore[arg-type]
