"""Weights put into our own nets, strictly, and what every loaded encoder is checked for."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from affectlens.encoders import mismatch, random_weights, weights
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError


def tensors(folder: Path) -> dict[str, Tensor]:
    """Every tensor of a folder's safetensors files by name; they stay on the disk until used.

    Raises:
        InputError: a file is damaged.
    """
    found: dict[str, Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            with safe_open(path, "pt") as file:
                found |= {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise InputError(f"{path} is no whole safetensors file: {error}") from None
    return found


def put(
    net: nn.Module,
    given: Mapping[str, Tensor],
    *,
    source: str,
    place: Place,
    spare: str | None = None,
) -> None:
    """Give a net, built on torch's meta device, its weights where `place` says, and freeze it.

    `spare` is a regular expression for the beginnings of names that may be left over.

    Raises:
        InputError: tensors are missing, left over or of another shape; they are listed.
    """
    wanted = {name: value.shape for name, value in net.state_dict().items()}
    found = {name: value.shape for name, value in given.items()}
    if wrong := mismatch.compared(wanted, found, spare=spare):
        raise InputError(f"The weights in {source} are not those of this encoder; {wrong}.")
    device, dtype = place.torch_device(), place.torch_dtype()
    ready = {name: given[name].to(device, dtype, copy=True) for name in wanted}
    net.load_state_dict(ready, strict=True, assign=True)
    freeze(net)


def draw(net: nn.Module, place: Place) -> str:
    """Give a net random weights, the same on every machine, and freeze it; their fingerprint."""
    random_weights.fill(net)
    freeze(net)
    net.to(place.torch_device(), place.torch_dtype())
    shapes = {name: list(value.shape) for name, value in net.named_parameters()}
    return weights.random_fingerprint(json.dumps(shapes, sort_keys=True))


def freeze(net: nn.Module) -> None:
    """Eval mode, no gradients."""
    net.requires_grad_(False)
    net.eval()


def check_width(source: object, found: int, wanted: int, *, setting: str = "width") -> None:
    """Compare a size of the weights with the encoder's setting for it.

    Raises:
        ConfigError: they differ.
    """
    if found != wanted:
        raise ConfigError(
            f"The weights in {source} are made for {setting} {found}, the encoder is set to "
            f"{wanted}. Set {setting} to {found}, or give other weights."
        )


def check_layers(source: object, depth: int, layers: Sequence[int]) -> None:
    """Stop where a state is asked for that a net of `depth` layers has not.

    Raises:
        ConfigError: there is one.
    """
    for layer in layers:
        if not -depth - 1 <= layer <= depth:
            raise ConfigError(
                f"The net in {source} has the states {-depth - 1} … {depth}; "
                f"the encoder asks for {layer}."
            )
