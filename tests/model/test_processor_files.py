"""A model's folder has one system: processor and config agree, or it is not loaded."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.model.affect_models import CPU, SYSTEM
from transformers import AutoProcessor

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model import checkpoint, lora, processor_files
from affectlens.model.checkpoint import Loaded
from affectlens.model.processor import AffectProcessor


@pytest.fixture(name="made", scope="module")
def _made() -> Loaded:
    return checkpoint.create(SYSTEM, place=CPU)


@pytest.fixture(name="folder")
def _folder(made: Loaded, tmp_path: Path) -> Path:
    checkpoint.save_trained(*made, tmp_path / "model")
    return tmp_path / "model"


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_a_processor_of_another_system_stops_the_load(folder: Path) -> None:
    path = folder / processor_files.FILE
    changed(path, lambda data: data["system"]["streams"].reverse())
    with pytest.raises(InputError, match=rf"{path}.*they differ in streams\."):
        checkpoint.load(str(folder), place=CPU)


def test_the_library_loads_the_processor_by_itself(folder: Path) -> None:
    assert AutoProcessor.from_pretrained(folder).system == SYSTEM


def test_a_processor_of_another_system_is_not_saved_with_a_model(
    made: Loaded, tmp_path: Path
) -> None:
    other = AffectProcessor(made.processor.tokenizer, system=replace(SYSTEM, max_length=9))
    for save in (checkpoint.save, checkpoint.save_trained):
        with pytest.raises(ConfigError, match="they differ in max_length"):
            save(made.model, other, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_processor_is_saved_with_the_lora_that_its_model_has_now(tmp_path: Path) -> None:
    model, processor = checkpoint.create(SYSTEM, place=CPU)
    lora.merge(model)
    checkpoint.save(model, processor, tmp_path / "model")
    assert AffectProcessor.from_pretrained(tmp_path / "model").system.lora is None
    assert processor.system == SYSTEM


def test_a_damaged_processor_is_told_by_its_file(folder: Path) -> None:
    (folder / processor_files.FILE).write_text("{")
    with pytest.raises(InputError, match=r"processor_config\.json.*cannot be read"):
        checkpoint.load(str(folder), place=CPU)


def test_a_tokenizer_that_is_not_there_is_told(folder: Path) -> None:
    for path in folder.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(InputError, match=r"the tokenizer\.json beside it, cannot be read"):
        checkpoint.load(str(folder), place=CPU)


def test_lora_that_cannot_be_is_told_with_its_config(folder: Path) -> None:
    path = folder / "config.json"
    changed(path, lambda data: data["system"]["lora"].update(rank=-1))
    with pytest.raises(InputError, match=rf"{path}: LoRA has a rank of 1 or more"):
        checkpoint.load(str(folder), place=CPU)


def test_a_further_adapter_that_cannot_be_is_told_with_its_config(folder: Path) -> None:
    lora_0 = {"rank": 0, "alpha": 1, "targets": ["q_proj"], "dropout": 0.0}
    changed(folder / "config.json", lambda data: data["adapters"].update(more=lora_0))
    with pytest.raises(InputError, match=r"config\.json: LoRA has a rank of 1 or more"):
        checkpoint.load(str(folder), place=CPU)
