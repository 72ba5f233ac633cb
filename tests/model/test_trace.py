"""Intermediates of spec'd sizes, in both token layouts, for numbers from elsewhere to meet."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from affectlens.model import trace
from affectlens.model.batch import Batch
from affectlens.model.declaration import System
from affectlens.model.example import Turn
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.model.published import published
from affectlens.model.tokenizers import load_tokenizer
from affectlens.model.trace import Trace

ROWS = {"patches": 1024, "local": 1, "temporal": 1, "audio": 1, "context": 1}
TURN = Turn(question="What does the person feel?", task="emotion", answer="happy")


@pytest.fixture(scope="module")
def system() -> System:
    return published("emotion_llama", compat="released")


@pytest.fixture(scope="module")
def model(system: System) -> AffectLM:
    return trace.specified(system)


def layout(system: System, *, training: bool) -> Batch:
    processor = AffectProcessor(load_tokenizer("tiny:llama"), system=system, context=4096)
    example = trace.example(system, [TURN], ROWS, subtitle="Oh my!")
    return processor([example], training=training)


@pytest.fixture(scope="module")
def found(system: System, model: AffectLM) -> dict[bool, tuple[Batch, Trace]]:
    batches = {training: layout(system, training=training) for training in (True, False)}
    return {training: (batch, trace.trace(model, batch)) for training, batch in batches.items()}


def test_the_fill_is_splitmix64_of_name_and_index() -> None:
    """The formula of the module's docstring in plain integers."""

    def element(key: int, k: int) -> float:
        x = ((k + (key << 32) + 1) * 0x9E3779B97F4A7C15) % 2**64
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) % 2**64
        return 2 * ((x ^ (x >> 31)) >> 11) * 2.0**-53 - 1

    key = 1294287641  # CRC-32 of the name
    values = trace.filled("connectors.a.weight", (2, 3))
    expected = [element(key, k) * math.sqrt(3 / 3) for k in range(6)]
    assert values.ravel().tolist() == pytest.approx(expected, abs=1e-7)
    norm, bias = trace.filled("a.weight", (4,)), trace.filled("a.bias", (4,))
    assert np.abs(norm - 1).max() <= 0.1
    assert np.abs(bias).max() <= 0.1


def test_features_and_connectors_have_the_published_sizes(
    found: dict[bool, tuple[Batch, Trace]],
) -> None:
    for _, one in found.values():
        shapes = {name: tuple(value.shape) for name, value in one.sources.items()}
        assert shapes["patches.0"] == (1, 1024, 1408)
        assert shapes["context.0"] == (1, 1, 1408)
        assert {shapes[f"{name}.0"] for name in ("local", "temporal", "audio")} == {(1, 1, 1024)}
        assert [one.tokens[name].shape[1] for name in ROWS] == [256, 1, 1, 1, 1]


def test_streams_stand_where_each_layout_has_them(
    found: dict[bool, tuple[Batch, Trace]],
) -> None:
    for training, (batch, one) in found.items():
        streams = torch.cat([one.tokens[name] for name in ROWS], 1)
        slots = batch["slots"][0]
        assert torch.equal(one.embeddings_BTL[:, slots > 0], streams)
        places = slots.nonzero().flatten()
        spread = int(places[-1] - places[0]) + 1
        assert (spread > 260) if training else (spread == 260), "generation: 260 in a row"


def test_every_step_of_the_way_is_there_and_meets_the_model(
    model: AffectLM, found: dict[bool, tuple[Batch, Trace]]
) -> None:
    for batch, one in found.values():
        with torch.no_grad():
            logits = model(**batch).logits
            torch.testing.assert_close(one.logits_BTV, logits)
            torch.testing.assert_close(model.language.lm_head(one.hidden_states[-1]), logits)
        assert len(one.hidden_states) == 1 + model.language.config.num_hidden_layers
        assert torch.equal(one.hidden_states[0], one.embeddings_BTL)


def test_lora_takes_part_in_the_numbers(model: AffectLM) -> None:
    lora = [p for name, p in model.named_parameters() if ".lora_B." in name]
    assert lora
    assert all(p.abs().min() > 0 for p in lora)


def test_a_trace_is_kept_as_safetensors_with_the_weights_that_made_it(
    tmp_path: Path, model: AffectLM, found: dict[bool, tuple[Batch, Trace]]
) -> None:
    batch, one = found[False]
    trace.save(one, batch, model, tmp_path / "generation.safetensors")
    stored = load_file(tmp_path / "generation.safetensors")
    assert torch.equal(stored["logits"], one.logits_BTV)
    assert torch.equal(stored["sources.patches.0"], one.sources["patches.0"])
    assert torch.equal(stored["input_ids"], batch["input_ids"])
    weights = {name for name in stored if name.startswith("weights.")}
    assert weights == {f"weights.{name}" for name, _ in model.named_parameters()}
