"""The interface that formats of released checkpoints offer, and the choice among them.

A format is one file in `model/convert/formats/` with
- `WHAT`: the files that it reads, in words;
- `DTYPES`: what its tensors may be stored as, in safetensors' words ("F32");
- `INSIDE`: the key of the file's dict that holds the tensors, or "" where they are the dict itself;
- `DROPPED`: pattern of a tensor's whole name → why it is not kept;
- `recognises(names) -> bool`: whether these are the names of such a file;
- `target(like) -> Target`: the folder that such a file makes, or helps to make; `like` is a folder
  whose config.json says the sizes, None means the published ones;
- `released(name) -> str | None`: what the file calls one of the target's tensors; None where the
  file never has it, as it is one of several that make the folder;
- `plain(name) -> str`: the name that `released` gives, for a name that some files have instead.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from affectlens.foundation import plugins
from affectlens.foundation.errors import InputError

GROUP = "model.convert.formats"
_SHOWN = 5  # names that are told of a file nobody knows

Shape = tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A folder to be made: its tensors by our names, and what stands beside them."""

    name: str  # of the system or encoder; files that make one folder agree in it
    file: str  # "trained.safetensors"
    shapes: Mapping[str, Shape]
    config: Mapping[str, Any]  # becomes config.json
    optional: frozenset[str] = frozenset()  # of the tensors: those that a file may lack
    variant: str = ""  # how the system deviates from its paper, in words
    needs: tuple[str, ...] = ()  # weights that must be had besides
    use: str = ""  # how people go on, with {folder}
    known_as: str = ""  # of an encoder's weights: the name by which it asks for them


class Format(Protocol):
    """A module of the group; attributes as the top of this file says."""

    WHAT: str
    DTYPES: frozenset[str]
    INSIDE: str
    DROPPED: Mapping[str, str]
    recognises: Callable[[Collection[str]], bool]
    target: Callable[[Path | None], Target]
    released: Callable[[str], str | None]
    plain: Callable[[str], str]


def load(name: str) -> Format:
    """A format by its name.

    Raises:
        ConfigError: there is none; the nearest is named.
    """
    return cast("Format", plugins.load(GROUP, name))


def recognise(names: Collection[str], *, file: str) -> str:
    """The name of the one format that knows a file by the names of its tensors.

    Raises:
        InputError: none does, or several do; what was found and what can be read is told.
    """
    known = plugins.names(GROUP)
    fitting = [name for name in known if load(name).recognises(names)]
    if len(fitting) == 1:
        return fitting[0]
    found = ", ".join(sorted(names)[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    can = "\n".join(f"  {name}: {load(name).WHAT}" for name in known)
    why = f"fits {' and '.join(fitting)}" if fitting else "is of no format that is known"
    raise InputError(
        f"{file} {why}; it has {len(names)} tensors: {found}\n"
        f"What can be converted:\n{can}\nSay which it is with --from if it is one of these."
    )
