"""BLIP-2's Q-Former becomes a folder by LAVIS's names, and new models start from it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.model import released_files as released
from tests.model.affect_models import PATCHES, SYSTEM

from affectlens.foundation.errors import InputError
from affectlens.foundation.part import use
from affectlens.model import checkpoint
from affectlens.model.convert.convert import Report
from affectlens.model.declaration import Stream
from affectlens.model.qformer_net import QFormer, Shape

Shapes = dict[str, tuple[int, ...]]
Q_FORMER = {"queries": 3, "layers": 4, "hidden": 8, "heads": 2, "intermediate": 16}


def lavis_q_former(shape: Shape, width: int) -> Shapes:
    """Names and shapes in `blip2_pretrained_flant5xxl.pth`, less the half that reads text."""
    made: Shapes = {"query_tokens": (1, shape.queries, shape.hidden)}

    def norm(name: str) -> None:
        made.update({f"{name}.weight": (shape.hidden,), f"{name}.bias": (shape.hidden,)})

    def attention(name: str, wide: int) -> None:
        made.update(released.linear(f"{name}.self.query", shape.hidden, shape.hidden))
        made.update(released.linear(f"{name}.self.key", wide, shape.hidden))
        made.update(released.linear(f"{name}.self.value", wide, shape.hidden))
        made.update(released.linear(f"{name}.output.dense", shape.hidden, shape.hidden))
        norm(f"{name}.output.LayerNorm")

    norm("Qformer.bert.embeddings.LayerNorm")
    for i in range(shape.layers):
        layer = f"Qformer.bert.encoder.layer.{i}"
        attention(f"{layer}.attention", shape.hidden)
        if i % shape.every == 0:
            attention(f"{layer}.crossattention", width)
        made |= released.linear(f"{layer}.intermediate_query.dense", 8, shape.intermediate)
        made |= released.linear(f"{layer}.output_query.dense", shape.intermediate, 8)
        norm(f"{layer}.output_query.LayerNorm")
    return made


def test_the_q_former_of_blip_2_is_converted_by_its_names(tmp_path: Path) -> None:
    tensors = released.drawn(lavis_q_former(Shape(**Q_FORMER), 8))
    text = {
        "Qformer.cls.predictions.bias": (7,),
        "Qformer.bert.embeddings.word_embeddings.weight": (7, 8),
        "Qformer.bert.embeddings.position_ids": (1, 5),
        "Qformer.bert.encoder.layer.3.intermediate.dense.bias": (16,),
        "Qformer.bert.encoder.layer.3.output.LayerNorm.bias": (8,),
        "t5_proj.weight": (4, 8),
        "ln_vision.weight": (6,),
    }
    dropped = converted_q_former(tensors | released.drawn(text), tmp_path).sources[0].dropped
    assert dropped.keys() == text.keys()
    made = load_file(tmp_path / "out" / "model.safetensors")
    QFormer(Shape(**Q_FORMER), 8).load_state_dict(made, strict=True)
    layer, bert = "net.encoder.layer.0", "Qformer.bert.encoder.layer.0"
    for ours, theirs in {
        "queries": "query_tokens",
        "net.layernorm.bias": "Qformer.bert.embeddings.LayerNorm.bias",
        f"{layer}.attention.attention.key.weight": f"{bert}.attention.self.key.weight",
        f"{layer}.crossattention.attention.value.bias": f"{bert}.crossattention.self.value.bias",
        f"{layer}.crossattention.output.dense.weight": f"{bert}.crossattention.output.dense.weight",
        f"{layer}.output_query.LayerNorm.weight": f"{bert}.output_query.LayerNorm.weight",
    }.items():
        assert torch.equal(made[ours], tensors[theirs])


def converted_q_former(tensors: dict[str, torch.Tensor], folder: Path) -> Report:
    """`out` in the folder, of the sizes of Q_FORMER."""
    sizes = json.dumps({"sizes": {**Q_FORMER, "source_width": 8}})
    (folder / "like").mkdir()
    (folder / "like" / "config.json").write_text(sizes, encoding="utf-8")
    return released.from_safetensors(tensors, folder, like=folder / "like")


def q_former_stream(name: str, queries: int) -> Stream:
    return replace(PATCHES, name=name, connector=use("qformer", **{**Q_FORMER, "queries": queries}))


def test_a_new_model_starts_from_the_q_former_of_blip_2(tmp_path: Path) -> None:
    converted_q_former(released.drawn(lavis_q_former(Shape(**Q_FORMER), 8)), tmp_path)
    system = replace(
        SYSTEM,
        streams=(q_former_stream("patches", queries=3), q_former_stream("context", queries=5)),
    )
    here = "connectors.patches.qformer."
    model, _, drawn = checkpoint.start(system, {here: tmp_path / "out"}, place=released.CPU)
    made = load_file(tmp_path / "out" / "model.safetensors")
    now = model.state_dict()
    assert all(torch.equal(now[here + name], tensor) for name, tensor in made.items())
    assert not any(name.startswith(here) for name in drawn)
    assert {"connectors.patches.linear.weight", "connectors.context.qformer.queries"} <= set(drawn)
    elsewhere = {"connectors.context.qformer.": tmp_path / "out"}
    with pytest.raises(InputError, match=r"queries \[1, 3, 8\] instead of \[1, 5, 8\]"):
        checkpoint.start(system, elsewhere, place=released.CPU)
