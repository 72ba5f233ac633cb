"""Where nets run: words become devices and precisions, or an error that says what to do."""

import random

import numpy as np
import pytest
import torch

from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.seeding import seed_everything

GPUS = torch.cuda.device_count()
ON_CPU = pytest.mark.skipif(GPUS > 0, reason="this machine has a GPU")


@ON_CPU
def test_without_a_gpu_auto_is_the_cpu_in_float32() -> None:
    assert Place().torch_device() == torch.device("cpu")
    assert Place().torch_dtype() == torch.float32


@pytest.mark.skipif(GPUS == 0, reason="no GPU here")
def test_with_a_gpu_auto_is_the_gpu_in_half_the_bits() -> None:
    assert Place().torch_device().type == "cuda"
    assert Place().torch_dtype() in (torch.bfloat16, torch.float16)
    assert Place(device="cpu").torch_dtype() == torch.float32


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_precision_that_is_named_is_taken(precision: str) -> None:
    assert Place(device="cpu", precision=precision).torch_dtype() == getattr(torch, precision)


def test_an_unknown_precision_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="auto, float32, bfloat16, float16; got 'int8'"):
        Place(precision="int8")


@pytest.mark.parametrize("device", ["gpu", "", "cpu!", "cuda:x", "meta", "xpu"])
def test_an_unknown_device_is_refused(device: str) -> None:
    with pytest.raises(ConfigError, match=repr(device) if device else "device"):
        Place(device=device).torch_device()


def test_a_gpu_that_is_not_there_is_unavailable_and_the_cpu_is_named() -> None:
    with pytest.raises(UnavailableError, match=rf"torch sees {GPUS}\. Choose the device cpu"):
        Place(device=f"cuda:{GPUS}").torch_device()


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="this machine has an Apple GPU")
def test_an_apple_gpu_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="Choose the device cpu"):
        Place(device="mps").torch_device()


def test_places_that_say_the_same_are_the_same_key() -> None:
    assert {Place(), Place(device="auto"), Place(device="cpu")} == {Place(), Place(device="cpu")}


def drawn() -> tuple[float, float, float]:
    return random.random(), float(np.random.random()), float(torch.rand(()))  # noqa: NPY002, S311


def test_a_seed_fixes_every_source_of_chance() -> None:
    seed_everything(5)
    first = drawn()
    assert all(a != b for a, b in zip(first, drawn(), strict=True))
    seed_everything(5)
    assert drawn() == first
    seed_everything(6)
    assert all(a != b for a, b in zip(first, drawn(), strict=True))


def test_a_seed_larger_than_numpys_is_taken() -> None:
    seed_everything(2**40 + 1)
