"""Folders of trained tensors: the connectors and LoRA of a system, without what they stand on."""

import functools
import json
from pathlib import Path
from typing import Any

from affectlens.encoders import encoder
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.part import configured
from affectlens.model.convert import settings
from affectlens.model.convert.format import Shape, Target
from affectlens.model.declaration import System

FILE = "trained.safetensors"


def target(system: System, like: Path | None) -> Target:
    """The folder of a published system over Llama-2-7b, or of the one in the folder `like`.

    Raises:
        InputError: `like` has no config.json of ours.
    """
    from affectlens.model.config import AffectLMConfig

    if like is None:
        config = AffectLMConfig(system=system, text_config=llama_2_7b())
    else:
        config = _config_in(like)
        system = config.declaration
    config.trained_only = True
    return Target(
        name=system.name,
        file=FILE,
        shapes=_shapes(config.to_json_string()),
        config=config.to_dict(),
        variant=_variant(like),
        needs=_needs(system),
        use="affectlens analyze CLIP --model {folder}",
    )


def llama_2_7b() -> Any:
    """The published config of Llama-2-7b-chat-hf, so that the model need not be here."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=32000,
        hidden_size=4096,
        intermediate_size=11008,
        num_hidden_layers=32,
        num_attention_heads=32,
        max_position_embeddings=4096,
        rms_norm_eps=1e-5,
        bos_token_id=1,
        eos_token_id=2,
        tie_word_embeddings=False,
    )


def _config_in(folder: Path) -> Any:
    from affectlens.model.config import AffectLMConfig

    data = settings.read(folder)
    try:
        return AffectLMConfig.from_dict(data)
    except (ConfigError, KeyError, TypeError) as error:
        raise InputError(f"{folder} has no config.json of an AffectLM: {error}") from error


@functools.lru_cache(maxsize=4)
def _shapes(config_json: str) -> dict[str, Shape]:
    """Every trained tensor."""
    from affectlens.model.config import AffectLMConfig
    from affectlens.model.network import skeleton, trained_tensors

    net = skeleton(AffectLMConfig.from_dict(json.loads(config_json)))
    return {name: tuple(tensor.shape) for name, tensor in trained_tensors(net).items()}


def _variant(like: Path | None) -> str:
    if like is not None:
        return f"as {like} says"
    return "compat released: prompts, order of tokens and choice of picture as the released code"


def _needs(system: System) -> tuple[str, ...]:
    """The language model, and the weights that the encoders name."""
    parts = [source.encoder for stream in system.streams for source in stream.sources]
    configs = [configured(encoder.GROUP, part)[1] for part in parts]
    weights = {one.weights for one in configs if hasattr(one, "weights")} - {"tiny"}
    return (system.language, *sorted(weights))
