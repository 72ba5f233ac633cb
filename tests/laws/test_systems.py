"""What every declared system must keep, whichever it is; each runs here at a tiny size."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from affectlens.encoders import encoder
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.encoders.measuring import PARTS
from affectlens.encoders.view import Measures, Pictures, Shown, Waves
from affectlens.foundation import plugins
from affectlens.foundation.device import Place
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import configured
from affectlens.model import checkpoint, declaration, pools, streams, tiny
from affectlens.model.batch import IGNORED
from affectlens.model.checkpoint import Loaded
from affectlens.model.declaration import System
from affectlens.model.example import Example, Turn
from affectlens.model.processor import AffectProcessor
from affectlens.model.tokenizers import load_tokenizer

NAMES = plugins.names(declaration.GROUP)
CPU = Place(device="cpu")
GREEDY: dict[str, Any] = {"max_new_tokens": 5, "do_sample": False}
ASKED = (Turn(question="Which emotion?", task="emotion", answer="happy"),)

pytestmark = pytest.mark.parametrize("name", NAMES)


@cache
def declared(name: str) -> System:
    """The system with its defaults."""
    module = plugins.load(declaration.GROUP, name)
    system: System = module.build(module.Config())
    return system


@cache
def spoken(name: str) -> AffectProcessor:
    """The processor of the system at a tiny size."""
    return AffectProcessor(load_tokenizer("tiny:llama"), system=tiny.shrink(declared(name)))


@cache
def whole(name: str) -> Loaded:
    """The system at a tiny size."""
    return checkpoint.create(tiny.shrink(declared(name)), place=CPU)


@cache
def encoded(source: str) -> Features:
    """What a tiny encoder gives of chance pictures or of a second of noise."""
    parsed = Source.from_json(json.loads(source))
    module, config = configured(encoder.GROUP, parsed.encoder)
    rng = np.random.default_rng(0)
    shown: Shown
    if parsed.view.of == "sound":
        shown = Waves((rng.normal(0, 0.1, 16_000).astype(np.float32),), np.zeros(1))
    elif parsed.view.of == "measures":
        values_TK = rng.uniform(0, 1, (9, sum(map(len, PARTS.values())))).astype(np.float32)
        shown = Measures(values_TK, np.ones(values_TK.shape, np.bool_), np.arange(9.0))
    else:
        count = parsed.view.count
        rgb_THWC = rng.integers(0, 255, (count, 64, 64, 3), dtype=np.uint8)
        shown = Pictures(rgb_THWC, np.arange(count, dtype=np.float64))
    found: Features = module.build(config, CPU)(shown)[parsed.output]
    return found


@cache
def example(name: str) -> Example:
    """A sample with every stream."""
    system = spoken(name).system
    features = {
        stream.name: tuple(encoded(json.dumps(source.as_json())) for source in stream.sources)
        for stream in system.streams
    }
    return Example(turns=ASKED, features=features, subtitle="Oh my!", clues="A smile.")


def test_it_is_named_as_its_file_and_says_what_it_is(name: str) -> None:
    system = declared(name)
    assert system.name == name
    assert all((system.paper, system.exact, system.licence))


def test_it_goes_into_json_and_back(name: str) -> None:
    system = declared(name)
    assert System.from_json(json.loads(json.dumps(system.as_json()))) == system


def test_declaring_it_loads_no_torch(name: str) -> None:
    code = (
        "import sys; from affectlens.foundation import plugins; "
        f"m = plugins.load('model.systems', {name!r}); m.build(m.Config()); "
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_its_encoders_and_connectors_fit_together(name: str) -> None:
    with torch.device("meta"):
        joints = streams.joints(declared(name), 64)
    assert list(joints) == [stream.name for stream in declared(name).streams]


def test_its_instructions_exist(name: str) -> None:
    for language in ("en", "zh"):
        assert pools.instruction(declared(name).prompts, "emotion", language=language)


def test_training_and_use_read_the_same_prompt(name: str) -> None:
    processor = spoken(name)
    system = processor.system
    alike = AffectProcessor(processor.tokenizer, system=replace(system, generation=system.training))
    learned, used = alike.row(example(name), training=True), alike.row(example(name))
    assert learned.ids[: len(used.ids)] == used.ids
    assert learned.slots[: len(used.ids)] == used.slots


def test_only_the_answer_and_its_end_are_learned(name: str) -> None:
    processor = spoken(name)
    row = processor.row(example(name), training=True)
    assert [label for label in row.labels if label != IGNORED][-1] == 2
    assert processor.decode([label for label in row.labels if label != IGNORED]) == "happy"


@pytest.mark.parametrize("training", [True, False])
def test_any_stream_may_be_missing_and_then_has_no_tokens(name: str, training: bool) -> None:
    full, processor = example(name), spoken(name)
    for number, stream in enumerate(processor.system.streams, start=1):
        features = {**full.features, stream.name: Missing("not there")}
        row = processor.row(replace(full, features=features), training=training)
        expected = set(range(len(features) + 1)) - {number}
        assert set(row.slots) == expected
    none = replace(full, features={}, subtitle=None, clues=None)
    text = processor.tokenizer.decode(processor.row(none).ids)
    assert "Which emotion?" in text
    assert "  The person" not in text


def test_it_learns_and_answers_alone_as_in_a_batch(name: str) -> None:
    model, processor = whole(name).model, whole(name).processor
    full = example(name)
    partial = replace(
        full, features={key: Missing("not there") for key in full.features}, subtitle=None
    )
    loss = model(**processor([full, partial], training=True)).loss
    loss.backward()
    trained = [p for p in model.parameters() if p.grad is not None]
    assert torch.isfinite(loss)
    assert trained
    model.zero_grad()
    together = model.generate(**processor([full, partial]), **GREEDY)
    for one, ids in zip((full, partial), together.tolist(), strict=True):
        alone = model.generate(**processor([one]), **GREEDY)[0].tolist()
        assert ids[: len(alone)] == alone


def test_saved_and_loaded_it_answers_the_same(name: str, tmp_path: Path) -> None:
    before = whole(name)
    folder = tmp_path / "saved"
    checkpoint.save(before.model, before.processor, folder)
    after = checkpoint.load(str(folder), place=CPU)
    batch, again = before.processor([example(name)]), after.processor([example(name)])
    assert torch.equal(batch["input_ids"], again["input_ids"])
    assert after.processor.system == before.processor.system
    wanted = before.model.generate(**batch, **GREEDY)
    assert torch.equal(wanted, after.model.generate(**again, **GREEDY))
