"""Training at Llama-2-7B's shapes on a GPU: `python -m benchmarks.training --gpu`.

LoRA of Emotion-LLaMA, bfloat16, features given, samples of about 400 tokens packed end to end. The
share of the GPU's peak (MFU) counts what must be computed: forward and backward through frozen
matrices is 4 operations a weight and token (the weights' own gradients are not needed), and
attention 4 · layers · width · length for each token forward and twice that backward. Computing
activations again is not counted. `--layers` makes a small GPU do.
"""

# T tokens

import statistics
import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from benchmarks.model import example, tokenizer
from transformers import LlamaConfig

from affectlens.model.config import AffectLMConfig
from affectlens.model.example import Example, Turn
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.model.systems import emotion_llama
from affectlens.training.collate import Collator
from affectlens.training.draw import Draw, Lesson
from affectlens.training.loss import count, loss_of

# Dense bfloat16 operations a second, in the makers' data sheets.
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "A10": 125e12}
WORDS = 60  # of an answer
LLAMA_2_7B: dict[str, Any] = {
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "vocab_size": 32000,
}


def measure(batch: int, steps: int, layers: int = 32) -> None:
    """Print tokens and samples a second, memory and MFU."""
    if not torch.cuda.is_available():
        print("There is no GPU here: nothing is measured.")
        return
    name = torch.cuda.get_device_name()
    peak = next((value for key, value in PEAKS.items() if key in name), None)
    model, processor = _built({**LLAMA_2_7B, "num_hidden_layers": layers})
    made = _batch(processor, batch)
    tokens, longest = sum(made["lengths"]), max(made["lengths"])
    seconds = _step_s(model, made, steps)
    flops = _flops(model, made["lengths"])
    print(f"{name}: {batch} samples, {tokens} tokens (longest {longest}), {layers} layers")
    print(f"{batch / seconds:.2f} samples/s, {tokens / seconds:.0f} tokens/s")
    print(f"peak memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    share = "unknown" if peak is None else f"{flops / seconds / peak:.1%}"
    print(f"{flops / seconds / 1e12:.0f} TFLOP/s, MFU {share}")


def _built(shape: dict[str, Any]) -> tuple[AffectLM, AffectProcessor]:
    torch.manual_seed(0)
    system = emotion_llama.build(emotion_llama.Config())
    text_config = LlamaConfig(**shape, max_position_embeddings=4096, eos_token_id=2)
    with torch.device("cuda"):
        torch.set_default_dtype(torch.bfloat16)
        model = AffectLM(AffectLMConfig(system=system, text_config=text_config))
        torch.set_default_dtype(torch.float32)
    model.freeze(torch.float32).train()
    return model, AffectProcessor(tokenizer(), system=system, context=4096)


def _batch(processor: AffectProcessor, size: int) -> dict[str, Any]:
    lessons = []
    for seed in range(size):
        one = example(seed)
        answer = " ".join(np.random.default_rng(seed).choice(["video", "says", "person"], WORDS))
        turn = Turn(question=one.turns[0].question, task="reason", answer=answer)
        asked: Example = replace(one, turns=(turn,))
        draw = Draw(position=seed, source="random", index=seed, task="reason", seed=seed)
        row = processor.row(asked, training=True)
        lessons.append(Lesson(draw=draw, example=asked, row=row))
    made = Collator(processor, "packed", "sample")(lessons)
    return {name: _moved(value) for name, value in made.items()}


def _moved(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.cuda()
    if isinstance(value, dict):
        return {name: _moved(one) for name, one in value.items()}
    return [_moved(one) for one in value] if isinstance(value, list) else value


def _step_s(model: AffectLM, batch: dict[str, Any], steps: int) -> float:
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=1e-5, fused=True)
    whole = count(batch, "sample")
    times = []
    for _ in range(steps + 2):
        torch.cuda.synchronize()
        begun = time.perf_counter()
        with torch.autocast("cuda", torch.bfloat16):
            loss = loss_of(model, batch, whole)
        torch.autograd.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begun)
    return statistics.median(times[2:])


def _flops(model: AffectLM, lengths: list[int]) -> float:
    """Of forward and backward, without what is computed again."""
    config = model.config.text_config
    embeddings = {id(p) for p in model.get_input_embeddings().parameters()}
    matrices = [p for p in model.language.parameters() if p.ndim == 2 and id(p) not in embeddings]
    frozen = sum(p.numel() for p in matrices if not p.requires_grad)
    trained = sum(p.numel() for p in matrices if p.requires_grad)
    attention = sum(4 * config.num_hidden_layers * config.hidden_size * n * n / 2 for n in lengths)
    return float(sum(lengths) * (4.0 * frozen + 6.0 * trained) + 3 * attention)
