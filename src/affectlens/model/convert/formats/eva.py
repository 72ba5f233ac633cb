"""EVA ViT-g/14 as LAVIS released it, and as files of whole models hold it (spec §1.2)."""

from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path

from affectlens.foundation.errors import InputError
from affectlens.model.convert import settings
from affectlens.model.convert.format import Target

WHAT = "EVA ViT-g/14 (eva_vit_g.pth), the picture encoder"
DTYPES = frozenset({"F16", "F32"})
INSIDE = ""
DROPPED = {
    r"blocks\.39\..*": "the last block, which BLIP-2 and its kin leave out",
    r"(norm|fc_norm|head)\..*": "the head, which BLIP-2 and its kin leave out",
    r"(llama_model|llama_proj|feats_llama_proj|cls_tk_llama_proj|attention|Qformer|opt_proj"
    r"|t5_proj|vision_proj|text_proj|itm_head).*|query_tokens|temp": "of another part of the model",
}
_PREFIX = "visual_encoder."
_MARK = "blocks.0.attn.q_bias"
_SIDE = 224  # pixels; the encoder interpolates the position embeddings to the side it is set to
_NORM = "ln_vision."


def recognises(names: Collection[str]) -> bool:
    """Its blocks have a bias for queries alone."""
    return _MARK in names or f"{_PREFIX}{_MARK}" in names


def plain(name: str) -> str:
    """Without the name that models give the encoder."""
    return name.removeprefix(_PREFIX)


def target(like: Path | None) -> Target:
    """A folder for the encoder `eva`.

    Raises:
        InputError: `like` has no sizes of the net.
    """
    import torch

    from affectlens.encoders.eva_net import EvaVit
    from affectlens.encoders.eva_sizes import Sizes

    sizes = Sizes(side=_SIDE)
    if like is not None:
        try:
            sizes = Sizes(**settings.read(like, "sizes"))
        except TypeError as error:
            raise InputError(f"{like} has no sizes of EVA: {error}") from error
    with torch.device("meta"):
        net = EvaVit(sizes)
    shapes = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    norm = {f"{_NORM}{part}": (sizes.width,) for part in ("weight", "bias")}
    return Target(
        name="eva",
        file="model.safetensors",
        shapes=shapes | norm,
        optional=frozenset(norm),
        config={"model_type": "eva_vit", "sizes": asdict(sizes)},
        use="give {folder} as the weights of the encoder eva",
        known_as="eva_vit_g",
    )


def released(name: str) -> str | None:
    """The encoder keeps the released names."""
    return name
