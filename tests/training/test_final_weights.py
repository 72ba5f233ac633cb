"""Weights that are handed on: smaller, with their licence, and almost the same."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests.model.affect_models import CPU, features, trained
from tests.training.tiny_lessons import PROCESSOR

from affectlens.emotions.spaces import MER6
from affectlens.foundation.device import Place
from affectlens.model import checkpoint, manifest
from affectlens.model.answer import LabelScores
from affectlens.model.asking import Asking, ask
from affectlens.model.checkpoint import TRAINED, Loaded
from affectlens.model.example import Example, Turn
from affectlens.training.final_weights import settle_weights

LICENCE = "CC BY-NC-SA 4.0"


def folder(path: Path) -> Path:
    torch.set_num_threads(1)
    checkpoint.save_trained(trained(), PROCESSOR, path)
    return path


def probabilities(model: Loaded) -> list[dict[str, float]]:
    turns = (Turn(question="Which one?", task="emotion"),)
    examples = [
        Example(turns=turns, features={"patches": (features(4, i),), "context": (features(1, i),)})
        for i in range(4)
    ]
    scores = [one.labels for one in ask(*model, examples, Asking(max_tokens=0, labels=MER6))]
    return [dict(one.probabilities) for one in scores if isinstance(one, LabelScores)]


def test_half_the_bytes_score_almost_the_same(tmp_path: Path) -> None:
    model = folder(tmp_path / "model")
    before = probabilities(checkpoint.load(str(model), place=CPU))
    size = (model / TRAINED).stat().st_size
    settle_weights(model, "float16", "")
    tensors = load_file(model / TRAINED)
    assert {one.dtype for one in tensors.values()} == {torch.float16}
    assert (model / TRAINED).stat().st_size < 0.6 * size
    after = checkpoint.load(str(model), place=CPU)
    assert {one.dtype for one in after.model.parameters()} == {torch.float32}
    for one, other in zip(before, probabilities(after), strict=True):
        assert other == pytest.approx(one, abs=1e-2)


def test_it_loads_into_bfloat16_too(tmp_path: Path) -> None:
    model = folder(tmp_path / "model")
    settle_weights(model, "float16", "")
    place = Place(device="cpu", precision="bfloat16")
    assert probabilities(checkpoint.load(str(model), place=place))


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_the_licence_stands_in_every_file(tmp_path: Path, precision: str) -> None:
    model = folder(tmp_path / "model")
    (model / "encoders/face").mkdir(parents=True)
    save_file({"w": torch.ones(3)}, model / "encoders/face/model.safetensors")
    settle_weights(model, precision, LICENCE)  # type: ignore[arg-type]
    for name in (TRAINED, "encoders/face/model.safetensors"):
        with safe_open(model / name, "pt") as file:
            assert file.metadata() == {"format": "pt", "licence": LICENCE}
            dtypes = {str(file.get_tensor(key).dtype) for key in file.keys()}  # noqa: SIM118
        assert dtypes == {f"torch.{precision}"}
    manifest.verify(model)


def test_the_same_file_under_another_name_stays_as_it_is(tmp_path: Path) -> None:
    model = folder(tmp_path / "model")
    other = tmp_path / "checkpoint.safetensors"
    other.hardlink_to(model / TRAINED)
    before = other.read_bytes()
    settle_weights(model, "float16", LICENCE)
    assert other.read_bytes() == before
    assert not list(model.glob(".*"))


def test_nothing_wanted_changes_nothing(tmp_path: Path) -> None:
    model = folder(tmp_path / "model")
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    settle_weights(model, "float32", "")
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


def test_what_float16_cannot_hold_stays(tmp_path: Path) -> None:
    model = folder(tmp_path / "model")
    tensors = load_file(model / TRAINED)
    first, second, *_ = tensors
    tensors[first] = torch.full_like(tensors[first], 1e6)
    tensors[second] = tensors[second].bfloat16()
    tensors["steps"] = torch.tensor([3])
    save_file(tensors, model / TRAINED)
    settle_weights(model, "float16", "")
    after = load_file(model / TRAINED)
    assert torch.equal(after[first], tensors[first])
    assert after[second].dtype == torch.bfloat16
    assert after["steps"].dtype == torch.int64
