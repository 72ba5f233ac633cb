"""A small GGUF file of the Llama family, written byte by byte as the format says."""

# O rows and I columns of a matrix, B blocks of 32 numbers, K bytes of a block

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, INNER, HEADS, GROUPS, DEPTH = 64, 96, 4, 2, 2
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_F32, _Q4_1, _Q8_0 = 0, 3, 8
_TEXT, _LIST = 8, 9
_ALIGNED = 32

Floats = NDArray[np.float32]


def write(path: Path, **changed: Any) -> dict[str, Floats]:
    """Write the file, some fields changed; gives its tensors as they are read."""
    stored = _tensors(np.random.default_rng(0))
    fields = {**_fields(), **changed}
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(stored), len(fields))
    head += b"".join(_text(name) + _value(value) for name, value in fields.items())
    data = b""
    for name, (kind, values, bytes_) in stored.items():
        sizes = tuple(reversed(values.shape))
        head += _text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, kind, len(data))
        data += bytes_ + bytes(-len(bytes_) % _ALIGNED)
    path.write_bytes(head + bytes(-len(head) % _ALIGNED) + data)
    return {name: values for name, (_, values, _) in stored.items()}


def pieces() -> list[str]:
    """Special tokens, the 256 bytes as byte-level BPE writes them, and two joined pieces."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {**{b: chr(b) for b in plain}, **{b: chr(256 + i) for i, b in enumerate(others)}}
    return [*SPECIAL, *(letters[byte] for byte in range(256)), "ha", "ĠĠ"]


def _fields() -> Mapping[str, Any]:
    tokens = pieces()
    return {
        "general.architecture": "llama",
        "llama.block_count": DEPTH,
        "llama.context_length": 128,
        "llama.embedding_length": WIDTH,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": GROUPS,
        "llama.rope.freq_base": 100_000.0,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3 if token in SPECIAL else 1 for token in tokens],
        "tokenizer.ggml.merges": ["h a", "Ġ Ġ"],
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.padding_token_id": 2,
        "tokenizer.chat_template": CHAT,
    }


def _tensors(rng: np.random.Generator) -> dict[str, tuple[int, Floats, bytes]]:
    made = {"token_embd.weight": _q8_0(rng, len(pieces()), WIDTH), "output_norm.weight": _f32(rng)}
    kept = WIDTH // HEADS * GROUPS
    for layer in range(DEPTH):
        before = f"blk.{layer}."
        made |= {
            f"{before}attn_norm.weight": _f32(rng),
            f"{before}ffn_norm.weight": _f32(rng),
            f"{before}attn_q.weight": _q4_1(rng, WIDTH, WIDTH),
            f"{before}attn_k.weight": _q4_1(rng, kept, WIDTH),
            f"{before}attn_v.weight": _q4_1(rng, kept, WIDTH),
            f"{before}attn_output.weight": _q4_1(rng, WIDTH, WIDTH),
            f"{before}ffn_gate.weight": _q4_1(rng, INNER, WIDTH),
            f"{before}ffn_up.weight": _q4_1(rng, INNER, WIDTH),
            f"{before}ffn_down.weight": _q4_1(rng, WIDTH, INNER),
        }
    return made


def _f32(rng: np.random.Generator) -> tuple[int, Floats, bytes]:
    values = rng.normal(1, 0.1, WIDTH).astype("<f4")
    return _F32, values, values.tobytes()


def _q8_0(rng: np.random.Generator, rows: int, columns: int) -> tuple[int, Floats, bytes]:
    scale_B1 = rng.uniform(0.001, 0.01, (rows * columns // 32, 1)).astype("<f2")
    whole_BK = rng.integers(-128, 128, (len(scale_B1), 32), np.int8)
    values = scale_B1.astype(np.float32) * whole_BK
    blocks_BK = np.concatenate([scale_B1.view(np.uint8), whole_BK.view(np.uint8)], 1)
    return _Q8_0, values.reshape(rows, columns), blocks_BK.tobytes()


def _q4_1(rng: np.random.Generator, rows: int, columns: int) -> tuple[int, Floats, bytes]:
    two_B2 = rng.uniform(-0.05, 0.05, (rows * columns // 32, 2)).astype("<f2")
    whole_BK = rng.integers(0, 16, (len(two_B2), 32), np.uint8)
    values = two_B2[:, :1].astype(np.float32) * whole_BK + two_B2[:, 1:].astype(np.float32)
    packed_BK = whole_BK[:, :16] | whole_BK[:, 16:] << 4
    blocks_BK = np.concatenate([two_B2.view(np.uint8), packed_BK], 1)
    return _Q4_1, values.reshape(rows, columns), blocks_BK.tobytes()


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(value: Any) -> bytes:
    """A field's value behind the number of its kind."""
    if isinstance(value, str):
        return struct.pack("<I", _TEXT) + _text(value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    inner = [_value(one) for one in value]
    return (
        struct.pack("<I", _LIST)
        + inner[0][:4]
        + struct.pack("<Q", len(inner))
        + b"".join(one[4:] for one in inner)
    )
