"""Weights put into a net, strictly: what is missing, left over or of another shape stops."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError

_LISTED = 12  # names in a message


def tensors(folder: Path, rename: Callable[[str], str] = str) -> dict[str, Tensor]:
    """Every tensor of a folder's safetensors files by its renamed name; read when touched.

    Raises:
        InputError: a file is damaged.
    """
    found: dict[str, Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(path, "pt") as file:
                found |= {rename(name): file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise InputError(f"{path} is no whole safetensors file: {error}") from None
    return found


def put(
    net: nn.Module,
    given: Mapping[str, Tensor],
    *,
    source: str,
    place: Place,
    harmless: Sequence[str] = (),
) -> None:
    """Give a net (built on torch's meta device) its weights, and freeze it in eval mode.

    `harmless` are the beginnings of names that may be left over.

    Raises:
        InputError: tensors are missing, left over or of another shape; they are listed.
    """
    wanted = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    shapes = {name: tuple(value.shape) for name, value in given.items()}
    left_over = [n for n in shapes.keys() - wanted.keys() if not n.startswith(tuple(harmless))]
    other = [
        f"{name} {list(shapes[name])} instead of {list(wanted[name])}"
        for name in wanted.keys() & shapes.keys()
        if shapes[name] != wanted[name]
    ]
    wrong = {
        "missing": list(wanted.keys() - shapes.keys()),
        "not of this net": left_over,
        "of another shape": other,
    }
    if any(wrong.values()):
        lists = "; ".join(f"{what}: {_list(names)}" for what, names in wrong.items() if names)
        raise InputError(f"{source} does not hold the weights of this encoder. {lists}.")
    device, dtype = place.torch_device(), place.torch_dtype()
    ready = {name: given[name].to(device, dtype, copy=True) for name in wanted}
    net.load_state_dict(ready, strict=True, assign=True)
    freeze(net)


def check_layers(layers: Sequence[int], depth: int, source: str) -> None:
    """Stop where a state is asked for that a net of `depth` layers has not.

    Raises:
        ConfigError: there is one.
    """
    for layer in layers:
        if not -depth - 1 <= layer <= depth:
            raise ConfigError(
                f"{source} has states {-depth - 1} … {depth}; layers asks for {layer}."
            )


def freeze(net: nn.Module) -> None:
    """Eval mode, no gradients."""
    net.requires_grad_(False)
    net.eval()


def meta() -> torch.device:
    """Where a net is built that gets its weights from a file: nothing is initialised in vain."""
    return torch.device("meta")


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(sorted(names)[:_LISTED]) + more
