"""Folders of models: written whole, loaded strictly, the same answers afterwards."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.model.affect_models import CPU, SAMPLES, SYSTEM, batch
from transformers import CONFIG_MAPPING
from transformers.utils import logging as library_logging

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model import checkpoint, lora
from affectlens.model.checkpoint import Loaded
from affectlens.model.config import AffectLMConfig
from affectlens.model.declaration import Lora
from affectlens.model.language import load_language
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor


@pytest.fixture
def made() -> Loaded:
    model, processor = checkpoint.create(replace(SYSTEM, language="tiny:smollm2"), place=CPU)
    for name, parameter in model.named_parameters():
        if ".lora_B." in name:
            torch.nn.init.normal_(parameter, std=0.3)
    return Loaded(model, processor)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What transformers tells; its own handler writes past pytest."""
    messages: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    handler = Kept()
    library_logging.add_handler(handler)
    yield messages
    library_logging.remove_handler(handler)


def answers(loaded: Loaded) -> list[list[int]]:
    ids: list[list[int]] = loaded.model.generate(
        **batch(SAMPLES, left=True), max_new_tokens=8
    ).tolist()
    return ids


def test_a_whole_model_in_shards_answers_the_same(made: Loaded, tmp_path: Path) -> None:
    checkpoint.save(*made, tmp_path / "whole", max_shard_size="20KB")
    assert len(list((tmp_path / "whole").glob("model-*.safetensors"))) > 3
    again = checkpoint.load(str(tmp_path / "whole"), place=CPU)
    assert answers(again) == answers(made)
    assert again.processor.system == made.model.config.declaration
    assert not again.model.training
    trains = [
        {n for n, p in one.model.named_parameters() if p.requires_grad} for one in (again, made)
    ]
    assert trains[0] == trains[1]


def test_trained_parts_alone_answer_the_same(made: Loaded, tmp_path: Path) -> None:
    checkpoint.save_trained(*made, tmp_path / "trained")
    stored = load_file(tmp_path / "trained" / checkpoint.TRAINED)
    assert {name.split(".")[0] for name in stored if ".lora_" not in name} == {"connectors"}
    assert len(stored) == 12
    again = checkpoint.load(str(tmp_path / "trained"), place=CPU)
    assert answers(again) == answers(made)
    assert not again.model.config.trained_only


def test_another_folder_can_stand_for_the_declared_language_model(
    made: Loaded, tmp_path: Path
) -> None:
    checkpoint.save_trained(*made, tmp_path / "trained")
    load_language("tiny:smollm2", CPU).save_pretrained(tmp_path / "base")
    base = str(tmp_path / "base")
    again = checkpoint.load(str(tmp_path / "trained"), place=CPU, language=base)
    assert answers(again) == answers(made)


def test_a_folder_of_weights_and_config_alone_gets_its_processor_from_the_declaration(
    made: Loaded, tmp_path: Path
) -> None:
    checkpoint.save_trained(*made, tmp_path / "trained")
    for path in (tmp_path / "trained").iterdir():
        if path.name not in ("config.json", checkpoint.TRAINED):
            path.unlink()
    again = checkpoint.load(str(tmp_path / "trained"), place=CPU)
    assert answers(again) == answers(made)
    assert again.processor.context == 4096


def test_further_adapters_are_in_a_trained_folder(made: Loaded, tmp_path: Path) -> None:
    lora.add(made.model, Lora(rank=1, alpha=1, targets=("o_proj",)), "second")
    checkpoint.save_trained(*made, tmp_path / "trained")
    again = checkpoint.load(str(tmp_path / "trained"), place=CPU)
    assert lora.names(again.model) == ["default", "second"]


def test_missing_extra_and_misshaped_tensors_are_all_listed(made: Loaded, tmp_path: Path) -> None:
    folder = tmp_path / "trained"
    checkpoint.save_trained(*made, folder)
    (folder / "manifest.json").unlink()
    tensors = load_file(folder / checkpoint.TRAINED)
    del tensors["connectors.patches.linear.bias"]
    tensors["connectors.smell.linear.bias"] = torch.zeros(3)
    tensors["connectors.context.linear.weight"] = torch.zeros(32, 9)
    save_file(tensors, folder / checkpoint.TRAINED)
    with pytest.raises(InputError) as caught:
        checkpoint.load(str(folder), place=CPU)
    text = str(caught.value)
    assert "1 missing: connectors.patches.linear.bias" in text
    assert "1 left over: connectors.smell.linear.bias" in text
    assert "connectors.context.linear.weight [32, 9] instead of [32, 8]" in text


@pytest.mark.parametrize("change", ["drop", "add", "shape"])
def test_a_whole_folder_is_loaded_strictly_too(made: Loaded, tmp_path: Path, change: str) -> None:
    checkpoint.save(*made, tmp_path / "whole")
    path = tmp_path / "whole" / "model.safetensors"
    (tmp_path / "whole" / "manifest.json").unlink()
    tensors = load_file(path)
    name = "connectors.context.linear.bias"
    if change == "drop":
        del tensors[name]
    elif change == "add":
        name = "connectors.context.other"
        tensors[name] = torch.zeros(2)
    else:
        tensors[name] = torch.zeros(7)
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(InputError, match=name):
        checkpoint.load(str(tmp_path / "whole"), place=CPU)


def test_changed_weights_are_noticed(made: Loaded, tmp_path: Path) -> None:
    checkpoint.save_trained(*made, tmp_path / "trained")
    path = tmp_path / "trained" / checkpoint.TRAINED
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"not as they were written: trained\.safetensors"):
        checkpoint.load(str(tmp_path / "trained"), place=CPU)


def test_the_manifest_says_what_made_the_folder(made: Loaded, tmp_path: Path) -> None:
    checkpoint.save(*made, tmp_path / "whole")
    manifest = json.loads((tmp_path / "whole" / "manifest.json").read_text())
    assert manifest["system"] == "small"
    assert list(manifest["files"]) == ["model.safetensors"]
    assert manifest["affectlens"]


def test_a_model_is_written_over_a_model_and_over_nothing_else(
    made: Loaded, tmp_path: Path
) -> None:
    checkpoint.save(*made, tmp_path / "one", max_shard_size="20KB")
    checkpoint.save_trained(*made, tmp_path / "one")
    assert not list((tmp_path / "one").glob("model-*"))
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.jpg").touch()
    with pytest.raises(InputError, match="holiday holds files that are no model"):
        checkpoint.save(*made, tmp_path / "holiday")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["holiday", "one"]


@pytest.mark.parametrize("save", [checkpoint.save, checkpoint.save_trained])
def test_the_rights_of_a_model_are_those_of_any_other_file(
    save: Callable[[AffectLM, AffectProcessor, Path], None], made: Loaded, tmp_path: Path
) -> None:
    before = os.umask(0o027)
    try:
        save(*made, tmp_path / "model")
    finally:
        os.umask(before)
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o750
    rights = {path.stat().st_mode & 0o777 for path in (tmp_path / "model").iterdir()}
    assert rights == {0o640}


def test_a_failed_write_leaves_the_model_that_was_there(made: Loaded, tmp_path: Path) -> None:
    checkpoint.save_trained(*made, tmp_path / "one")
    processor = AffectProcessor(made.processor.tokenizer, system=made.processor.system)
    processor.context = object()  # type: ignore[assignment] # JSON cannot hold it
    with pytest.raises(TypeError):
        checkpoint.save_trained(made.model, processor, tmp_path / "one")
    assert answers(checkpoint.load(str(tmp_path / "one"), place=CPU)) == answers(made)
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_a_system_that_does_not_fit_stops_before_its_language_model_is_loaded() -> None:
    wrong = replace(SYSTEM, lora=Lora(rank=1, alpha=1, targets=("qkv",)))
    with pytest.raises(ConfigError, match="qkv"):
        checkpoint.create(wrong, place=CPU)


def test_a_folder_that_has_its_language_model_takes_no_other(made: Loaded, tmp_path: Path) -> None:
    checkpoint.save(*made, tmp_path / "whole")
    with pytest.raises(ConfigError, match="holds its own language model"):
        checkpoint.load(str(tmp_path / "whole"), place=CPU, language="tiny:llama")


def test_what_trainer_leaves_can_be_loaded_as_it_is(made: Loaded, tmp_path: Path) -> None:
    made.model.save_pretrained(tmp_path / "checkpoint-1")
    again = checkpoint.load(str(tmp_path / "checkpoint-1"), place=CPU)
    assert answers(again) == answers(made)
    assert again.processor.system == made.processor.system


def test_loading_says_nothing(
    made: Loaded, tmp_path: Path, capfd: pytest.CaptureFixture[str], logged: list[str]
) -> None:
    checkpoint.save(*made, tmp_path / "whole")
    checkpoint.save_trained(*made, tmp_path / "trained")
    for name in ("whole", "trained"):
        checkpoint.load(str(tmp_path / name), place=CPU)
    made.model.save_pretrained(tmp_path / "plain")
    assert capfd.readouterr() == ("", "")
    assert logged == []


def test_a_processor_comes_alone_and_says_nothing(
    made: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    checkpoint.save_trained(*made, tmp_path / "model")
    known = CONFIG_MAPPING._extra_content  # as in a process in which nothing of ours was loaded yet
    monkeypatch.delitem(known, AffectLMConfig.model_type, raising=False)
    assert AffectProcessor.from_pretrained(tmp_path / "model").system == made.processor.system
    assert logged == []


def test_a_folder_of_something_else_says_so(tmp_path: Path) -> None:
    load_language("tiny:llama", CPU).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="of a model of type 'llama', not of an AffectLM"):
        checkpoint.load(str(tmp_path), place=CPU)
