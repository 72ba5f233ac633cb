"""A target less some of its streams: for weights that were trained without them."""

import dataclasses
from collections.abc import Sequence

from affectlens.foundation.errors import ConfigError
from affectlens.model.convert.format import Target
from affectlens.model.declaration import Layout, System


def without(target: Target, names: Sequence[str]) -> Target:
    """The folder of the system without streams: no tensors, no slot in its prompts.

    Raises:
        ConfigError: it has no such stream, or is no system.
    """
    if "system" not in target.config:
        raise ConfigError(f"{target.name} is no system, so there is no stream to leave out.")
    system = System.from_json(target.config["system"])
    for name in names:
        system = _less(system, name)
    widths = {k: v for k, v in target.config["widths"].items() if k not in names}
    gone = tuple(f"connectors.{name}." for name in names)
    return dataclasses.replace(
        target,
        shapes={k: shape for k, shape in target.shapes.items() if not k.startswith(gone)},
        config={**target.config, "system": system.as_json(), "widths": widths},
    )


def _less(system: System, name: str) -> System:
    known = [stream.name for stream in system.streams]
    if name not in known:
        raise ConfigError(f"{system.name} has no stream {name!r}. It has: {', '.join(known)}.")
    return dataclasses.replace(
        system,
        streams=tuple(stream for stream in system.streams if stream.name != name),
        training=_unslotted(system.training, name),
        generation=_unslotted(system.generation, name),
    )


def _unslotted(layout: Layout, name: str) -> Layout:
    slot = f"{{{name}}}"
    return dataclasses.replace(
        layout,
        first=tuple(sentence.replace(slot, "") for sentence in layout.first),
        later=tuple(sentence.replace(slot, "") for sentence in layout.later),
    )
