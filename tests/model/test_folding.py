"""LoRA folded while a trained folder is loaded: the weights that merging gives, and as strict."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.model.affect_models import CPU, SAMPLES, SYSTEM, batch
from tests.model.test_lora import SECOND, disturb

from affectlens.foundation.errors import InputError
from affectlens.model import checkpoint, lora, manifest

LOAD = """
import sys
from affectlens.foundation.device import Place
from affectlens.model import checkpoint
checkpoint.load(sys.argv[1], place=Place(device="cpu"), merged=True)
sys.exit("peft" in sys.modules)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A trained folder with two adapters, the first in use."""
    model, processor = checkpoint.create(replace(SYSTEM, language="tiny:smollm2"), place=CPU)
    lora.add(model, SECOND, "second")
    for name in lora.names(model):
        disturb(model, name)
    checkpoint.save_trained(model, processor, tmp_path / "trained")
    return tmp_path / "trained"


def test_folded_and_merged_are_the_same_bit_for_bit(folder: Path) -> None:
    plain, _ = checkpoint.load(str(folder), place=CPU)
    folded, processor = checkpoint.load(str(folder), place=CPU, merged=True)
    before = plain.generate(**batch(SAMPLES, left=True), max_new_tokens=5)
    lora.merge(plain)
    torch.testing.assert_close(folded.state_dict(), plain.state_dict(), atol=0, rtol=0)
    after = folded.generate(**batch(SAMPLES, left=True), max_new_tokens=5)
    assert after.tolist() == before.tolist()
    assert folded.config.merged
    assert folded.config.loras == {}
    assert processor.system.lora == SYSTEM.lora
    assert not folded.training


def test_a_whole_folder_is_merged_too(folder: Path, tmp_path: Path) -> None:
    plain = checkpoint.load(str(folder), place=CPU)
    checkpoint.save(*plain, tmp_path / "whole")
    folded, _ = checkpoint.load(str(tmp_path / "whole"), place=CPU, merged=True)
    lora.merge(plain.model)
    torch.testing.assert_close(folded.state_dict(), plain.model.state_dict(), atol=0, rtol=0)


@pytest.mark.parametrize("wrong", ["missing", "left over", "of another shape"])
def test_tensors_that_do_not_fit_are_refused(folder: Path, wrong: str) -> None:
    path = folder / checkpoint.TRAINED
    tensors = load_file(path)
    name = next(name for name in tensors if ".lora_A.default." in name)
    if wrong == "missing":
        del tensors[name]
    elif wrong == "left over":
        tensors[name.replace("default", "third")] = tensors[name].clone()
    else:
        tensors[name] = tensors[name][:1].clone()
    save_file(tensors, path, metadata={"format": "pt"})
    (folder / manifest.FILE).unlink()
    with pytest.raises(InputError, match=f"{wrong}(?s:.*)lora_A"):
        checkpoint.load(str(folder), place=CPU, merged=True)


def test_a_model_loaded_merged_needs_no_peft(folder: Path) -> None:
    assert subprocess.run([sys.executable, "-c", LOAD, str(folder)], check=False).returncode == 0
