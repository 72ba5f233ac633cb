"""A language model of the Llama family as a folder of transformers, made of its GGUF file."""

# O rows and I columns of a matrix

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import InputError
from affectlens.model.gguf import Floats, Gguf, opened

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedTokenizerFast

_NAMES = {
    r"^token_embd\.": "model.embed_tokens.",
    r"^output_norm\.": "model.norm.",
    r"^output\.": "lm_head.",
    r"^blk\.": "model.layers.",
    r"\.attn_norm\.": ".input_layernorm.",
    r"\.ffn_norm\.": ".post_attention_layernorm.",
    r"\.attn_([qkv])\.": r".self_attn.\1_proj.",
    r"\.attn_output\.": ".self_attn.o_proj.",
    r"\.ffn_(gate|up|down)\.": r".mlp.\1_proj.",
}
_CONTROL = 3  # the kind of a token that is no text
_TOKENS = "tokenizer.ggml."
# How text is cut before pairs are joined. Transformers' own reader of GGUF does not know that of
# SmolLM and leaves blanks with the digit behind them.
_CUTS = ("smollm",)


def write(path: Path, folder: Path) -> None:
    """Write config, weights in 16 bits and tokenizer of a GGUF file into a folder.

    Half precision it is: a dequantised number is a 16-bit scale times a small integer, which
    float16 keeps ten times more exactly than bfloat16.

    Raises:
        InputError: the file is no such model.
    """
    from safetensors.numpy import save_file

    model = opened(path)
    try:
        config = _config(model)
        tokenizer = _tokenizer(model.fields)
    except KeyError as error:
        raise InputError(f"{path} lacks the field {error}.") from None
    config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _settle_generation(config, folder)
    heads = {"q": config.num_attention_heads, "k": config.num_key_value_heads}
    tensors = dict(_renamed(name, values, heads) for name, values in model.tensors())
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _config(model: Gguf) -> "PretrainedConfig":
    from transformers import LlamaConfig

    fields = model.fields
    if fields["general.architecture"] != "llama":
        raise InputError(
            f"{model.path} is of the family {fields['general.architecture']!r}; wanted llama."
        )
    own = {name.removeprefix("llama."): value for name, value in fields.items()}
    width, heads = own["embedding_length"], own["attention.head_count"]
    return LlamaConfig(
        vocab_size=len(fields[f"{_TOKENS}tokens"]),
        hidden_size=width,
        intermediate_size=own["feed_forward_length"],
        num_hidden_layers=own["block_count"],
        num_attention_heads=heads,
        num_key_value_heads=own["attention.head_count_kv"],
        head_dim=width // heads,
        max_position_embeddings=own["context_length"],
        # Kept as 32 bits: 9.99999974e-06 is meant as 1e-05.
        rms_norm_eps=_short(own["attention.layer_norm_rms_epsilon"]),
        rope_parameters={"rope_type": "default", "rope_theta": _short(own["rope.freq_base"])},
        tie_word_embeddings="output.weight" not in model.places,
        bos_token_id=fields[f"{_TOKENS}bos_token_id"],
        eos_token_id=fields[f"{_TOKENS}eos_token_id"],
        pad_token_id=fields[f"{_TOKENS}padding_token_id"],
        architectures=["LlamaForCausalLM"],
        dtype="float16",
    )


def _short(value: float) -> float:
    """The shortest number that is the same in 32 bits."""
    return float(str(np.float32(value)))


def _settle_generation(config: "PretrainedConfig", folder: Path) -> None:
    """Ids alone: how to generate is said by who asks."""
    ids = {key: getattr(config, key) for key in ("bos_token_id", "eos_token_id", "pad_token_id")}
    text = json.dumps(ids, indent=2)
    (folder / "generation_config.json").write_text(f"{text}\n", encoding="utf-8")


def _tokenizer(fields: Mapping[str, Any]) -> "PreTrainedTokenizerFast":
    """Byte-level BPE with the file's pieces, merges, special tokens and chat template."""
    from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    kind, cut = fields[f"{_TOKENS}model"], fields[f"{_TOKENS}pre"]
    if kind != "gpt2" or cut not in _CUTS:
        raise InputError(f"Its tokenizer is of the kind {kind}, {cut}; wanted gpt2, smollm.")
    tokens: list[str] = fields[f"{_TOKENS}tokens"]
    merges = [tuple(pair.split(" ")) for pair in fields[f"{_TOKENS}merges"]]
    backend = Tokenizer(BPE({token: i for i, token in enumerate(tokens)}, merges))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    backend.decoder = decoders.ByteLevel()
    kinds = fields[f"{_TOKENS}token_type"]
    control = [token for token, one in zip(tokens, kinds, strict=True) if one == _CONTROL]
    backend.add_special_tokens([AddedToken(token, special=True) for token in control])
    names = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
    special = {
        f"{short}_token": tokens[fields[f"{_TOKENS}{long}_token_id"]]
        for short, long in names.items()
    }
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        chat_template=fields["tokenizer.chat_template"],
        clean_up_tokenization_spaces=False,
        model_max_length=fields["llama.context_length"],
        **special,
    )


def _renamed(
    name: str, values: Floats, heads: Mapping[str, int]
) -> tuple[str, NDArray[np.float16]]:
    """A tensor under transformers' name for it."""
    found = re.search(r"\.attn_([qk])\.", name)
    if found:
        values = _turned_back(values, heads[found[1]])
    for pattern, new in _NAMES.items():
        name = re.sub(pattern, new, name)
    return name, np.ascontiguousarray(values, np.float16)


def _turned_back(values_OI: Floats, heads: int) -> Floats:
    """Rows in transformers' order: GGUF has the two halves that are turned together in turns."""
    outputs, inputs = values_OI.shape
    pairs = values_OI.reshape(heads, outputs // heads // 2, 2, inputs)
    return pairs.swapaxes(1, 2).reshape(outputs, inputs)
