"""A small system of five streams and batches for it, made without processor and encoders."""

# B samples, T tokens

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.encoders.view import View
from affectlens.foundation.device import Place
from affectlens.foundation.part import use
from affectlens.model.config import AffectLMConfig
from affectlens.model.declaration import Layout, Lora, Stream, System
from affectlens.model.language import language_config, load_language
from affectlens.model.network import AffectLM
from affectlens.model.padded import pad

CPU = Place(device="cpu")
PAD = 0
_EVA = use("eva", weights="tiny", width=8, side=56, depth=1, heads=2)


def stream(name: str, connector: str, output: str = "patches", **settings: Any) -> Stream:
    source = Source(_EVA, View(of="first_frame"), output)
    return Stream(name=name, sources=(source,), connector=use(connector, **settings))


PATCHES = stream("patches", "merge_linear", group=2)
CONTEXT = stream("context", "pooled_linear", "cls")
LAYOUT = Layout(first=("{patches}{context}", "{question}"), later=("{question}",))
LORA = Lora(rank=4, alpha=8, targets=("q_proj", "v_proj"))
SYSTEM = System(
    name="small",
    paper="none",
    language="tiny:llama",
    streams=(PATCHES, CONTEXT),
    training=LAYOUT,
    generation=LAYOUT,
    prompts="emotion_llama",
    lora=LORA,
)


def small(system: System = SYSTEM, seed: int = 0) -> AffectLM:
    """A model with a filled language model and new connectors and LoRA."""
    config = AffectLMConfig(system=system, text_config=language_config(system.language))
    torch.manual_seed(seed)
    model = AffectLM(config, load_language(system.language, CPU))
    model.eval()
    return model


def trained(system: System = SYSTEM) -> AffectLM:
    """The same, its LoRA no longer zero."""
    model = small(system)
    generator = torch.Generator().manual_seed(1)
    for name, parameter in model.named_parameters():
        if ".lora_B." in name:
            parameter.data.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    return model


def features(rows: int, seed: int, scale: float = 1.0) -> Features:
    values = np.random.default_rng(seed).normal(size=(rows, 8)) * scale
    return Features(values.astype(np.float32), np.arange(rows, dtype=np.float64))


class Sample:
    """A prompt of ids with slots, and an answer; `patches` rows make half as many tokens."""

    def __init__(self, text: Sequence[int], answer: Sequence[int], patches: int, context: bool):
        tokens = patches // 2
        self.ids = [*text, *[PAD] * (tokens + context), *text[::-1]]
        self.slots = [0] * len(text) + [1] * tokens + [2] * context + [0] * len(text)
        self.answer = list(answer)
        self.patches = features(patches, sum(text)) if patches else None
        self.context = features(1, sum(text) + 1) if context else None


SAMPLES = (
    Sample((30, 31, 32, 33), (68, 69, 70, 2), 4, context=False),
    Sample((20, 21), (67, 2), 0, context=True),
    Sample((10, 11, 12), (65, 66, 2), 8, context=True),
    Sample((40,), (71, 2), 0, context=False),
)


def batch(
    samples: Sequence[Sample], *, training: bool = False, left: bool = False, more: int = 0
) -> dict[str, Any]:
    """What the processor gives, `more` columns of padding wider than needed."""
    rows = [
        (
            one.ids + one.answer * training,
            one.slots + [0] * len(one.answer) * training,
            [-100] * len(one.ids) + one.answer,
        )
        for one in samples
    ]
    width = max(len(ids) for ids, _, _ in rows) + more

    def padded(columns: Sequence[list[int]], value: int) -> torch.Tensor:
        wide = [
            [value] * (width - len(c)) + c if left else c + [value] * (width - len(c))
            for c in columns
        ]
        return torch.tensor(wide)

    made: dict[str, Any] = {
        "input_ids": padded([ids for ids, _, _ in rows], PAD),
        "attention_mask": padded([[1] * len(ids) for ids, _, _ in rows], 0),
        "slots": padded([slots for _, slots, _ in rows], 0),
        "streams": {},
    }
    for name in ("patches", "context"):
        have = [i for i, one in enumerate(samples) if getattr(one, name) is not None]
        if have:
            sources = [pad([getattr(samples[i], name) for i in have])]
            made["streams"][name] = {"rows_N": torch.tensor(have), "sources": sources}
    if training:
        made["labels"] = padded([labels for _, _, labels in rows], -100)
    return made
