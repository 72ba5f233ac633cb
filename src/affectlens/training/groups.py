"""Which parameters learn, and how fast: every parameter of a model is in exactly one group."""

import difflib
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from affectlens.foundation.errors import ConfigError
from affectlens.model import lora
from affectlens.training.recipe import Group, Optimizer
from affectlens.training.recipe import groups as default_groups

_SHOWN = 10
_ADAPTER = re.compile(r"\.lora_\w+\.([\w-]+)")  # the adapter's name in that of its parameter
# Text models without streams, and systems without LoRA, have nothing that these match.
_MAY_BE_ABSENT = frozenset(
    pattern for group in default_groups().values() for pattern in (*group.match, *group.but)
)


def assign(model: nn.Module, groups: Mapping[str, Group]) -> dict[str, list[str]]:
    """Names of parameters by group.

    Raises:
        ConfigError: a parameter is in none or in several groups, or a pattern matches nothing.
    """
    names = [name for name, _ in model.named_parameters()]
    _check_patterns(groups, names)
    owners = {name: [group for group, one in groups.items() if _is_in(name, one)] for name in names}
    lost = [name for name, found in owners.items() if not found]
    torn = [f"{name} ({', '.join(found)})" for name, found in owners.items() if len(found) > 1]
    wrong = [
        f"{len(found)} in {where}: {_listed(found)}"
        for found, where in ((lost, "none"), (torn, "several"))
        if found
    ]
    if wrong:
        raise ConfigError(
            f"Every parameter belongs to exactly one group. {'; '.join(wrong)}. The groups are: "
            f"{', '.join(groups) or 'none'}; change their `match` and `but`."
        )
    return {group: [name for name in names if owners[name] == [group]] for group in groups}


def settle(model: nn.Module, groups: Mapping[str, Group]) -> dict[str, list[str]]:
    """Let the groups with a rate learn and nothing else; returns `assign`'s.

    What learns is in float32, as steps of 1e-5 are lost in 16 bits. An adapter that is not in use
    never learns.

    Raises:
        ConfigError: as of `assign`; or a quantized parameter is to learn, or nothing is.
    """
    assigned = assign(model, groups)
    parameters = dict(model.named_parameters())
    active = lora.active(model)
    for group, names in assigned.items():
        learns = groups[group].rate > 0
        for name in names:
            adapter = _ADAPTER.search(name)
            _set(name, parameters[name], learns and (not adapter or adapter[1] == active))
    if not any(parameter.requires_grad for parameter in parameters.values()):
        raise ConfigError(
            "Nothing would learn: all groups that have parameters have the rate 0. Give one a rate "
            "above it."
        )
    return assigned


def learners(
    model: nn.Module, groups: Mapping[str, Group], optimizer: Optimizer
) -> list[dict[str, Any]]:
    """What learns, as groups of parameters for torch's optimizers; lr is the group's rate.

    Decay is for tensors of two dimensions or more that are no bias and no norm (spec §5.1).
    """
    parameters = dict(model.named_parameters())
    made: list[dict[str, Any]] = []
    for group, names in assign(model, groups).items():
        one = groups[group]
        decay = optimizer.decay if one.decay is None else one.decay
        mine = [(name, parameters[name]) for name in names if parameters[name].requires_grad]
        for share, found in (
            (decay, [(name, p) for name, p in mine if decays(name, p)]),
            (0.0, [(name, p) for name, p in mine if not decays(name, p)]),
        ):
            if found:
                made.append({"name": group, "params": found, "lr": one.rate, "weight_decay": share})
    return made


def decays(name: str, parameter: torch.Tensor) -> bool:
    """Whether weight decay is for this parameter."""
    parts = re.split(r"[._]", name)
    spared = any(part in ("bias", "ln", "bn") or "norm" in part for part in parts)
    return parameter.ndim >= 2 and not spared


def _set(name: str, parameter: nn.Parameter, learns: bool) -> None:
    if learns and not parameter.is_floating_point():
        raise ConfigError(
            f"{name} is quantized and cannot learn: give its group the rate 0, or leave out "
            "engine.bits."
        )
    parameter.requires_grad_(learns)
    if learns and parameter.dtype in (torch.float16, torch.bfloat16):
        parameter.data = parameter.data.float()


def _is_in(name: str, group: Group) -> bool:
    return _matches(name, group.match) and not _matches(name, group.but)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _check_patterns(groups: Mapping[str, Group], names: Sequence[str]) -> None:
    for group, one in groups.items():
        for kind, patterns in (("match", one.match), ("but", one.but)):
            for pattern in patterns:
                if pattern in _MAY_BE_ABSENT or any(fnmatchcase(n, pattern) for n in names):
                    continue
                raise ConfigError(
                    f"groups.{group}.{kind} has {pattern!r}, which matches no parameter."
                    f"{_near(pattern, names)}"
                )


def _near(pattern: str, names: Sequence[str]) -> str:
    """Patterns that do match something and are spelled alike."""
    parts = [name.split(".") for name in names]
    heads = {".".join([*part[:depth], "*"]): None for part in parts for depth in (1, 2, 3)}
    near = difflib.get_close_matches(pattern, [*heads, *names], n=3, cutoff=0.5)
    return f" Near it: {', '.join(near)}." if near else f" There are: {_listed(list(heads)[:4])}."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
