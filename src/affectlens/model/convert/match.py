"""The strict comparison of a file's tensors with what its format must have."""

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from affectlens.foundation.errors import InputError
from affectlens.model.convert.format import Format, Target
from affectlens.model.convert.source import Source


@dataclass(frozen=True, slots=True)
class Match:
    """Which tensor of a file becomes which of ours."""

    used: Mapping[str, str]  # our name → the name in the file
    dropped: Mapping[str, str]  # the name in the file → why


@dataclass(slots=True)
class _Faults:
    """What keeps a file from being used; nothing is used unless all lists are empty."""

    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    dtypes: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Every fault on a line of its own, by kind."""
        kinds = {
            "missing": self.missing,
            "extra": self.extra,
            "twice, under two names": self.twice,
            "of another shape": self.shapes,
            "of another type": self.dtypes,
            "with values that are not finite": self.values,
        }
        return "\n".join(
            f"{len(found)} {kind}:\n" + "\n".join(f"  {one}" for one in found)
            for kind, found in kinds.items()
            if found
        )


def match(
    source: Source,
    form: Format,
    target: Target,
    *,
    drop: Sequence[str] = (),
    tell: Callable[[float], None] = lambda share: None,
) -> Match:
    """Find every tensor that a file of this format has, by name, shape, type and finite values.

    `drop` has names, with `*` and `?`, of tensors to leave out besides those that the format drops.

    Raises:
        InputError: something is missing, left over or not as it must be; all of it is listed.
    """
    wanted = {theirs: ours for ours in target.shapes if (theirs := form.released(ours)) is not None}
    faults = _Faults()
    found: dict[str, str] = {}
    dropped: dict[str, str] = {}
    for name in source.tensors:
        plain = form.plain(name)
        why = _why_dropped(name, form.DROPPED)
        if any(fnmatch.fnmatchcase(name, one) for one in drop):
            dropped[name] = "asked for"
        elif plain not in wanted and why:
            dropped[name] = why
        elif plain not in wanted:
            faults.extra.append(name)
        elif plain in found:
            faults.twice.append(f"{name} and {found[plain]}")
        else:
            found[plain] = name
    faults.missing = [
        name for name, ours in wanted.items() if name not in found and ours not in target.optional
    ]
    used = {wanted[plain]: name for plain, name in found.items()}
    _examine(source, form, target, used, faults)
    if not faults.shapes and not faults.dtypes:
        _look_at_values(source, used, faults, tell)
    said = faults.text()
    if said:
        raise InputError(
            f"{source.path.name} is not what {form.WHAT} must be. It has\n{said}\n"
            "Nothing was written. Another file may be meant, or another --from; extra tensors "
            "are left out only where --drop names them."
        )
    return Match({ours: used[ours] for ours in target.shapes if ours in used}, dropped)


def _why_dropped(name: str, dropped: Mapping[str, str]) -> str | None:
    return next((why for pattern, why in dropped.items() if re.fullmatch(pattern, name)), None)


def _examine(
    source: Source, form: Format, target: Target, used: Mapping[str, str], faults: _Faults
) -> None:
    """Shapes and types, which the file says without being read."""
    for ours, name in used.items():
        stored, shape = source.tensors[name], target.shapes[ours]
        if stored.shape != shape:
            faults.shapes.append(f"{name}: {list(stored.shape)}, wanted {list(shape)}")
        if stored.dtype not in form.DTYPES:
            faults.dtypes.append(f"{name}: {stored.dtype}, wanted {', '.join(sorted(form.DTYPES))}")


def _look_at_values(
    source: Source, used: Mapping[str, str], faults: _Faults, tell: Callable[[float], None]
) -> None:
    read = source.reader()
    for number, name in enumerate(used.values(), start=1):
        tensor = read(name)
        wrong = tensor.numel() - int(torch.isfinite(tensor).sum())
        if wrong:
            faults.values.append(f"{name}: {wrong} of {tensor.numel()}")
        tell(number / len(used))
