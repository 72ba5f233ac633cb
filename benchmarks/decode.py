"""Llama-2-7B's shapes on a GPU, random weights, bfloat16: `python benchmarks/decode.py`.

    python benchmarks/decode.py [--layers 32] [--prompt 330]

Decoding one answer must read all weights and the cache for each token: printed is which share of
the memory bandwidth that a plain copy reaches in the same run. Reading eight prompts is arithmetic:
printed is the share of what a large product of matrices reaches. `--layers` fits smaller GPUs.
"""

# B samples, T tokens, D model width

import argparse
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from accelerate.utils import send_to_device
from transformers import LlamaConfig

from affectlens.model.asking import Asking, ask
from affectlens.model.config import AffectLMConfig
from affectlens.model.declaration import Layout, System
from affectlens.model.example import Example, Turn
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.model.scoring import empty_cache, prefill
from affectlens.model.tokenizers import load_tokenizer

SAMPLES = 8
FEW, MANY = 16, 144  # tokens of an answer: their difference is decoding alone
PLAIN = Layout(first=("{question}",), later=("{question}",), end="</s>")


@dataclass(frozen=True)
class Bench:
    """A model without streams, and prompts of bytes."""

    model: AffectLM
    processor: AffectProcessor
    examples: Sequence[Example]

    def ask(self, tokens: int, *, compiled: bool) -> None:
        """One answer of so many tokens."""
        how = Asking(max_tokens=tokens, compiled=compiled)
        (found,) = ask(self.model, self.processor, self.examples[:1], how)
        assert found.tokens == tokens, "the random model ended early; take another prompt length"


def build(layers: int, prompt: int, device: str) -> Bench:
    """Random weights, made where they stay."""
    torch.manual_seed(0)
    shape = LlamaConfig(
        hidden_size=4096,
        intermediate_size=11008,
        num_hidden_layers=layers,
        num_attention_heads=32,
        vocab_size=32000,
        max_position_embeddings=4096,
        eos_token_id=2,
    )
    system = System(
        name="plain", paper="", language="tiny:llama", streams=(), training=PLAIN,
        generation=PLAIN, prompts="emotion_llama",
    )  # fmt: skip
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            model = AffectLM(AffectLMConfig(system=system, text_config=shape)).eval()
    finally:
        torch.set_default_dtype(before)
    processor = AffectProcessor(load_tokenizer(system.language), system=system, context=4096)
    turn = Turn(question="x" * (prompt - 1))
    return Bench(model, processor, [Example(turns=(turn,))] * SAMPLES)


def best(work: Callable[[], Any], device: str, times: int = 5) -> float:
    """Seconds of the fastest run, waiting for the GPU."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        found.append(time.perf_counter() - start)
    return min(found)


def bandwidth(device: str) -> float:
    """Bytes per second, read and written, while copying 1 GiB."""
    source = torch.zeros(2**30, dtype=torch.uint8, device=device)
    target = torch.zeros_like(source)
    return 2 * 2**30 / best(lambda: target.copy_(source), device)


def peak(device: str, side: int) -> float:
    """Operations per second of a product of square matrices in bfloat16."""
    a = torch.randn(side, side, device=device, dtype=torch.bfloat16)
    return 2 * side**3 / best(lambda: a @ a, device)


def decode(bench: Bench, prompt: int, device: str) -> None:
    """Seconds for each further token of one answer."""
    limit = bandwidth(device)
    language = bench.model.language
    shape = language.config
    read = sum(weight.nbytes for weight in language.parameters())
    read -= language.get_input_embeddings().weight.nbytes  # of these one row is read
    read += (prompt + MANY // 2) * shape.num_hidden_layers * 2 * shape.hidden_size * 2
    for name, compiled in (("growing cache", False), ("fixed cache, compiled", True)):
        seconds = []
        for tokens in (FEW, MANY):
            run = functools.partial(bench.ask, tokens, compiled=compiled)
            for _ in range(3 if compiled else 1):  # compiling, recording, a first replay
                run()
            seconds.append(best(run, device, 3))
        each_s = (seconds[1] - seconds[0]) / (MANY - FEW)
        print(
            f"decoding one answer, {name}: {1 / each_s:.1f} tokens/s = {read / each_s / 1e9:.0f} "
            f"GB/s of {limit / 1e9:.0f} GB/s that a copy moves: {read / each_s / limit:.0%}",
            flush=True,
        )


@torch.inference_mode()
def read_prompts(bench: Bench, device: str, side: int) -> None:
    """Arithmetic of reading eight prompts."""
    limit = peak(device, side)
    language = bench.model.language
    shape = language.config
    batch = send_to_device(bench.processor(bench.examples, training=False), device)
    embeds_BTD, mask_BT = bench.model.embed(batch), batch["attention_mask"]
    samples, length = mask_BT.shape
    weights = sum(weight.numel() for weight in language.model.layers.parameters())
    # Scores and their sum take 4 T D operations a token and layer, causally half of them.
    attention = 2 * shape.num_hidden_layers * length * shape.hidden_size
    work = (2 * weights + attention) * samples * length
    run = functools.partial(_prefill, language, embeds_BTD, mask_BT)
    run()
    seconds = best(run, device)
    print(
        f"reading {samples} prompts of {length} tokens: {seconds * 1e3:.1f} ms = "
        f"{work / seconds / 1e12:.1f} TFLOP/s of {limit / 1e12:.1f} that a product of {side} × "
        f"{side} reaches: {work / seconds / limit:.0%}"
    )


def _prefill(language: Any, embeds_BTD: torch.Tensor, mask_BT: torch.Tensor) -> None:
    prefill(language, embeds_BTD, mask_BT, empty_cache(language))


def main() -> None:
    """Print both shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--layers", type=int, default=32, help="32 are the 7B model, 13 GB")
    parser.add_argument("--prompt", type=int, default=330, help="tokens of a prompt")
    given = parser.parse_args()
    device, side = ("cuda", 8192) if torch.cuda.is_available() else ("cpu", 2048)
    bench = build(given.layers, given.prompt, device)
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU: this only tries the program"
    size = bench.model.num_parameters() / 1e9
    print(f"{name}; torch {torch.__version__}; {given.layers} layers, {size:.2f} B parameters")
    decode(bench, given.prompt, device)
    read_prompts(bench, device, side)


if __name__ == "__main__":
    main()
