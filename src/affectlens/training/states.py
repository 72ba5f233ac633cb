"""What a run goes on from beside its weights, as JSON and safetensors: optimizer, rates, chance."""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from affectlens.foundation.errors import InputError

State = Mapping[str, Any]


def write(state: State, path: Path) -> None:
    """Write numbers, texts, lists, tuples, dicts and tensors: `<path>.json`, `<path>.safetensors`.

    Raises:
        TypeError: the state holds something else.
    """
    tensors: dict[str, Tensor] = {}
    text = json.dumps(_plain(state, tensors))
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    if tensors:
        save_file(tensors, path.with_suffix(".safetensors"))


def read(path: Path) -> dict[str, Any]:
    """What `write` wrote; tensors are on the CPU.

    Raises:
        InputError: a file is not there or damaged.
    """
    beside = path.with_suffix(".safetensors")
    try:
        plain = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        tensors = load_file(beside) if beside.exists() else {}
        state: dict[str, Any] = _made(plain, tensors)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise InputError(f"{path}, state of a training run, cannot be read: {error!r}") from error
    return state


def chance(device: torch.device) -> dict[str, Any]:
    """Where this process's random numbers stand: Python's, NumPy's, torch's, its device's."""
    words = np.random.get_state(legacy=False)  # noqa: NPY002 - the one that libraries draw from
    words["state"]["key"] = words["state"]["key"].tolist()
    state = {"python": random.getstate(), "numpy": words, "torch": torch.get_rng_state()}
    if device.type != "cpu":
        state["device"] = torch.get_device_module(device).get_rng_state()
    return state


def set_chance(state: State, device: torch.device) -> None:
    """Go on with the random numbers that `chance` told of."""
    random.setstate(state["python"])
    words = state["numpy"]
    key = np.asarray(words["state"]["key"], np.uint32)
    np.random.set_state({**words, "state": {**words["state"], "key": key}})  # noqa: NPY002
    torch.set_rng_state(state["torch"])
    if device.type != "cpu" and "device" in state:
        torch.get_device_module(device).set_rng_state(state["device"])


@contextmanager
def undisturbed(device: torch.device) -> Iterator[None]:
    """Afterwards random numbers go on as if nothing had drawn any meanwhile."""
    before = chance(device)
    try:
        yield
    finally:
        set_chance(before, device)


def _plain(value: object, tensors: dict[str, Tensor]) -> object:
    """JSON of which an object is always one of: a dict as pairs, a tuple, a tensor's name."""
    match value:
        case Tensor():
            name = str(len(tensors))
            tensors[name] = value.detach().cpu().contiguous()
            return {"tensor": name}
        case Mapping():
            return {"dict": [[_plain(k, tensors), _plain(v, tensors)] for k, v in value.items()]}
        case tuple():
            return {"tuple": [_plain(one, tensors) for one in value]}
        case list():
            return [_plain(one, tensors) for one in value]
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"The state of a run holds a {type(value).__name__}, which is not written.")


def _made(plain: Any, tensors: Mapping[str, Tensor]) -> Any:
    match plain:
        case {"tensor": name}:
            return tensors[name]
        case {"dict": pairs}:
            return {_made(key, tensors): _made(value, tensors) for key, value in pairs}
        case {"tuple": items}:
            return tuple(_made(one, tensors) for one in items)
        case list():
            return [_made(one, tensors) for one in plain]
    return plain
