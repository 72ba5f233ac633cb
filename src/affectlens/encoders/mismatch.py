"""How the tensors that were found differ from those that a net wants, in words."""

import re
from collections.abc import Iterable, Mapping, Sequence

_NAMED = 12  # of each kind, in a message

Shape = Sequence[int]


def compared(
    wanted: Mapping[str, Shape], found: Mapping[str, Shape], *, spare: str | None = None
) -> str:
    """What is missing, left over or of another shape; empty where nothing is.

    `spare` is a regular expression for the beginnings of names that may be left over.
    """
    both = [(name, found[name], wanted[name]) for name in wanted.keys() & found.keys()]
    return told(
        missing=wanted.keys() - found.keys(),
        left_over=found.keys() - wanted.keys(),
        misshapen=[one for one in both if tuple(one[1]) != tuple(one[2])],
        spare=spare,
    )


def told(
    *,
    missing: Iterable[str],
    left_over: Iterable[str],
    misshapen: Iterable[tuple[str, Shape, Shape]],
    spare: str | None = None,
) -> str:
    """`compared` for lists that a library made; `misshapen` are name, found and wanted shape."""
    kinds = {
        "missing": missing,
        "left over": [n for n in left_over if spare is None or not re.match(spare, n)],
        "of another shape": [
            f"{name} {list(found)} instead of {list(wanted)}" for name, found, wanted in misshapen
        ],
    }
    named = {kind: sorted(names) for kind, names in kinds.items()}
    return "; ".join(
        f"{len(names)} {kind}: {_some(names)}" for kind, names in named.items() if names
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
