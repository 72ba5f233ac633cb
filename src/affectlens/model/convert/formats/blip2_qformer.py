"""BLIP-2's Q-Former as LAVIS released it: the half that reads pictures, and its queries."""

import re
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from affectlens.foundation.errors import InputError
from affectlens.model.convert import settings
from affectlens.model.convert.format import Target

WHAT = "BLIP-2's Q-Former (blip2_pretrained_flant5xxl.pth and its kin), where others start from"
DTYPES = frozenset({"F32", "F16"})
INSIDE = "model"
DROPPED = {
    r"Qformer\.cls\..*|Qformer\.bert\.embeddings\.(word|position)_embeddings\.weight"
    r"|Qformer\.bert\.embeddings\.position_ids"
    r"|Qformer\.bert\.encoder\.layer\.\d+\.(intermediate|output)\..*": "of the half for text",
    r"(t5_proj|opt_proj|llm_proj|vision_proj|text_proj|itm_head)\..*|temp": "the way into another "
    "language model",
    r"(visual_encoder|ln_vision)\..*": "of the picture encoder, which is converted by itself",
}
_EVA_WIDTH = 1408
_OURS_AND_THEIRS = (  # transformers' names and LAVIS's
    (re.compile(r"layernorm\."), "embeddings.LayerNorm."),
    (re.compile(r"(encoder\.layer\.\d+\.(?:cross)?attention)\.attention\."), r"\1.self."),
)


def recognises(names: Collection[str]) -> bool:
    """It has queries and layers that cross over to pictures, and nothing that was trained after."""
    later = any(name.startswith(("llama_model.", "video_", "audio_")) for name in names)
    crosses = any(name.startswith("Qformer.") and ".crossattention." in name for name in names)
    return "query_tokens" in names and crosses and not later


def plain(name: str) -> str:
    """There is one spelling."""
    return name


def target(like: Path | None) -> Target:
    """A folder with the tensors of `model.qformer_net.QFormer`."""
    import torch

    from affectlens.model.qformer_net import QFormer, Shape

    sizes = {} if like is None else settings.read(like, "sizes")
    width = int(sizes.pop("source_width", _EVA_WIDTH))
    try:
        shape = Shape(**sizes)
    except TypeError as error:
        raise InputError(f"{like} has no sizes of a Q-Former: {error}") from error
    with torch.device("meta"):
        net = QFormer(shape, width)
    return Target(
        name="blip2_qformer",
        file="model.safetensors",
        shapes={name: tuple(tensor.shape) for name, tensor in net.state_dict().items()},
        config={"model_type": "blip2_qformer", "sizes": {**asdict(shape), "source_width": width}},
        use='checkpoint.start(system, {"connectors.STREAM.qformer.": Path("{folder}")}, …)',
    )


def released(name: str) -> str | None:
    """LAVIS's name; of tensors of another folder only `ln_vision` is in such files."""
    if name.startswith("ln_vision."):
        return name
    if name == "queries":
        return "query_tokens"
    if not name.startswith("net."):
        return None
    inner = name.removeprefix("net.")
    for pattern, replacement in _OURS_AND_THEIRS:
        inner = pattern.sub(replacement, inner)
    return f"Qformer.bert.{inner}"
