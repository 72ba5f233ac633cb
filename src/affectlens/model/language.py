"""Language models by name: a hub id, a local folder, one that we carry, or a tiny random one."""

import difflib
import importlib.util
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig, PreTrainedModel

from affectlens.encoders.quiet import quiet
from affectlens.encoders.random_weights import fill
from affectlens.encoders.weights import PATTERNS, locate
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.model import carried

log = logging.getLogger(__name__)

Bits = Literal[4, 8]
TINY = "tiny:"
_WHAT = "The language model"
_CONFIG = ("config.json", "generation_config.json")
_SHAPE: dict[str, Any] = {
    "vocab_size": 264,  # 259 of the tiny tokenizer, and some that no text has, as Qwen's
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
}


def language_config(language: str) -> PretrainedConfig:
    """The config of a causal language model: a hub id, a folder, "carried:NAME" or "tiny:FAMILY".

    Raises:
        ConfigError: there is no tiny family, or no carried model, of that name.
        UnavailableError: it is neither here nor to be fetched.
    """
    if language.startswith(TINY):
        return _tiny(language.removeprefix(TINY))
    folder = _folder(language, _CONFIG)
    return AutoConfig.from_pretrained(folder).get_text_config(decoder=True)


def load_language(
    language: str,
    place: Place,
    *,
    bits: Bits | None = None,
    attention: str | None = None,
) -> PreTrainedModel:
    """The loaded language model in eval mode; `bits` quantizes it while it is loaded.

    `attention` is transformers' name of an implementation: "sdpa", "eager", "flash_attention_2".

    Raises:
        ConfigError: there is no tiny family, or no carried model, of that name; or a tiny one is
            wanted in few bits.
        UnavailableError: it is neither here nor to be fetched, or bitsandbytes is not installed.
        InputError: its weights cannot be read, or are not all there.
    """
    device, dtype = place.torch_device(), place.torch_dtype()
    if language.startswith(TINY):
        if bits is not None:
            raise ConfigError(f"{language} is drawn, not loaded: leave out the {bits} bits.")
        config = _tiny(language.removeprefix(TINY))
        with torch.random.fork_rng(devices=[]):
            model = AutoModelForCausalLM.from_config(config, attn_implementation=attention)
        fill(model)
        return model.to(device, dtype).eval()
    settings = {} if bits is None else {"quantization_config": quantization(bits, dtype)}
    return load_folder(
        AutoModelForCausalLM,
        _folder(language, PATTERNS),
        dtype=dtype,
        device_map={"": device},
        attn_implementation=attention,
        **settings,
    )


def load_folder(kind: Any, folder: Path, **settings: Any) -> PreTrainedModel:
    """A folder's model, by one of transformers' Auto classes, in eval mode.

    What its files have beyond the net is told in the log.

    Raises:
        InputError: its weights cannot be read, or are not all there.
    """
    with quiet():
        try:
            model, report = kind.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # so that they are told, not thrown
                **settings,
            )
        except (OSError, SafetensorError) as error:
            raise InputError(f"The weights in {folder} cannot be read: {error}") from error
    wrong = [f"\n{kind}: {keys}" for kind, keys in report.items() if keys and "unexp" not in kind]
    if wrong:
        raise InputError(f"{folder} does not hold the whole language model.{''.join(wrong)}")
    if report["unexpected_keys"]:
        log.info("%s: not used: %s", folder, sorted(report["unexpected_keys"]))
    loaded: PreTrainedModel = model.eval()
    return loaded


def quantization(bits: Bits, dtype: torch.dtype) -> Any:
    """How transformers is told to load in 4 (NF4) or 8 bits; connectors and LoRA stay as they are.

    Raises:
        UnavailableError: bitsandbytes is not installed.
    """
    from transformers import BitsAndBytesConfig

    if importlib.util.find_spec("bitsandbytes") is None:
        raise UnavailableError(
            f"Loading the language model in {bits} bits needs the package bitsandbytes, which is "
            "not installed: `pip install bitsandbytes`, or leave the quantization out."
        )
    return BitsAndBytesConfig(
        load_in_4bit=bits == 4,
        load_in_8bit=bits == 8,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=["lm_head", "connectors", r".*\.lora_[AB]"],
    )


def _folder(language: str, patterns: Sequence[str]) -> Path:
    name = carried.name_of(language)
    if name is not None:
        return carried.folder(name)
    return locate(language, what=_WHAT, patterns=patterns)


def _tiny(family: str) -> PretrainedConfig:
    if family not in _FAMILIES:
        near = difflib.get_close_matches(family, _FAMILIES, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"There is no tiny language model {family!r}.{hint} It has: {', '.join(_FAMILIES)}."
        )
    return _FAMILIES[family]()


def _llama() -> PretrainedConfig:
    from transformers import LlamaConfig

    return LlamaConfig(**_SHAPE)


def _smollm2() -> PretrainedConfig:
    from transformers import LlamaConfig

    return LlamaConfig(**_SHAPE, tie_word_embeddings=True)


def _qwen2() -> PretrainedConfig:
    from transformers import Qwen2Config

    return Qwen2Config(**_SHAPE)


def _qwen3() -> PretrainedConfig:
    from transformers import Qwen3Config

    return Qwen3Config(**_SHAPE, head_dim=8, tie_word_embeddings=True)


def _gemma3() -> PretrainedConfig:
    from transformers import Gemma3TextConfig

    layers = ["sliding_attention", "full_attention"]
    return Gemma3TextConfig(**_SHAPE, head_dim=8, sliding_window=64, layer_types=layers)


def _mistral() -> PretrainedConfig:
    from transformers import MistralConfig

    return MistralConfig(**_SHAPE, sliding_window=None)


_FAMILIES: dict[str, Callable[[], PretrainedConfig]] = {
    "llama": _llama,
    "smollm2": _smollm2,
    "qwen2": _qwen2,
    "qwen3": _qwen3,
    "gemma3": _gemma3,
    "mistral": _mistral,
}
