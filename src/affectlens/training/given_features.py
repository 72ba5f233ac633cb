"""Features that were given: `<folder>/<stream>/<clip>.npy`, as the field's code has them.

What `affectlens features` wrote is compared with what the system wants, and tells why a stream of a
clip is missing. Spec emotion-llama §1.3.
"""

import functools
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from affectlens.analyzer.batch import FAILURE
from affectlens.analyzer.featuring import LEDGER, SCHEMA, SOURCES
from affectlens.analyzer.sources import AVERAGING
from affectlens.encoders import folders
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.records import Ledger
from affectlens.model.declaration import System
from affectlens.training.item import Item

_UNTIMED_S = 1.0  # between rows of a clip of which nobody told how long it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A folder, and the sources of a system that it has, by name, with their widths."""

    folder: Path
    widths: Mapping[str, int]

    def has(self, item: Item) -> bool:
        """Whether it has anything of a clip."""
        return any(self._file(name, item) is not None for name in self.widths)

    def lacks(self, item: Item) -> tuple[str, ...]:
        """The sources of which it has no file of a clip."""
        return tuple(name for name in self.widths if self._file(name, item) is None)

    def read(self, name: str, item: Item) -> Features | Missing:
        """One source's features of a clip; without times, so rows are spread evenly over it.

        Raises:
            InputError: the file is no array of finite numbers of that width.
        """
        path = self._file(name, item)
        if path is None:
            return self._reason(name, item)
        values_TD = folders.rows(path, width=self.widths[name])
        told_s = item.annotation.source.duration_s
        duration_s = len(values_TD) * _UNTIMED_S if isinstance(told_s, Missing) else told_s
        return folders.spread(values_TD, duration_s)

    def _file(self, name: str, item: Item) -> Path | None:
        paths = (self.folder / name / f"{one}.npy" for one in _names(item))
        return next((path for path in paths if path.is_file()), None)

    def _reason(self, name: str, item: Item) -> Missing:
        told = _reasons(self.folder)
        for one in _names(item):
            reason = told.get((name, one)) or told.get(("", one))
            if reason:
                return Missing(reason)
        return Missing(f"there is no file {self.folder / name / f'{item.id}.npy'}")


def given(folder: Path, system: System) -> Given:
    """A folder with features of some sources of a system.

    Raises:
        ConfigError: there is no such folder, it has none of the sources, or other ones.
    """
    from affectlens.model.streams import widths  # loads torch

    sources = sources_of(system)
    here = {name: source for name, source in sources.items() if (folder / name).is_dir()}
    if not here:
        what = "has none of them" if folder.is_dir() else "is no folder"
        raise ConfigError(
            f"Features are wanted in folders called {', '.join(sources)}, and {folder} {what}."
        )
    _refuse_others(folder, here, {s.name: s.connector.name for s in system.streams})
    wide = [width for found in widths(system).values() for width in found]
    by_name = dict(zip(sources, wide, strict=True))
    _refuse_widths(folder, {name: by_name[name] for name in here})
    return Given(folder=folder, widths={name: by_name[name] for name in here})


def sources_of(system: System) -> dict[str, Source]:
    """All sources in their order by the names of their folders: "audio", or "fusion.0"."""
    return folders.named({stream.name: stream.sources for stream in system.streams})


def _refuse_others(
    folder: Path, sources: Mapping[str, Source], connectors: Mapping[str, str]
) -> None:
    """Compare with what `affectlens features` wrote down of its own files."""
    made = _made(folder)
    for name in sources.keys() & made.keys():
        differ = _differences(made[name], sources[name].as_json())
        if differ:
            raise ConfigError(
                f"{folder / name} holds features that were made with another "
                f"{' and '.join(differ)} than the system has. Make them with `affectlens features` "
                "for this system, or leave data.*.features empty."
            )
        connector = connectors[name.split(".")[0]]
        if made[name].get("pooled") and connector not in AVERAGING:
            raise ConfigError(
                f"{folder / name} holds means of all rows, and the connector {connector} wants "
                "the rows themselves. Make the features anew with pooled=no."
            )


def _refuse_widths(folder: Path, widths: Mapping[str, int]) -> None:
    """Look at one file of each source; whether it is sound is told with its clip."""
    for name, width in widths.items():
        try:
            with os.scandir(folder / name) as files:  # there may be a million
                first = next(one for one in files if one.name.endswith(".npy"))
            found = np.load(first.path, mmap_mode="r", allow_pickle=False).shape
        except (StopIteration, OSError, ValueError):
            continue
        if found[-1:] != (width,):
            raise ConfigError(
                f"{folder / name} holds features of the shape {found}, and the system wants "
                f"{width} numbers in a row. Is it another encoder's folder?"
            )


def _made(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """What made the files of each folder, where that was written down."""
    if not (folder / SOURCES).is_file():
        return {}
    try:
        found = json.loads((folder / SOURCES).read_text("utf-8"))
        sound = all(isinstance(one["encoder"]["settings"], dict) for one in found.values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{folder / SOURCES} is damaged ({error!r}).") from None
    return found if sound else {}


def _differences(made: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """In which words two sources differ; where weights lie is none of them."""

    def settings(source: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: one for name, one in source["encoder"]["settings"].items() if name != "weights"
        }

    differ = [name for name in ("view", "output") if made.get(name) != wanted[name]]
    same = made["encoder"].get("name") == wanted["encoder"]["name"]
    return differ if same and settings(made) == settings(wanted) else ["encoder", *differ]


def _names(item: Item) -> Iterator[str]:
    """What a clip's file may be called: its id, its medium's name, what it was imported as."""
    media = () if isinstance(item.media, Missing) else (item.media.stem,)
    told = PurePosixPath(item.annotation.source.path).stem
    for name in dict.fromkeys((item.id, *media, told)):
        inside = PurePosixPath(name)
        if name and not inside.is_absolute() and ".." not in inside.parts:
            yield name


@functools.cache
def _reasons(folder: Path) -> Mapping[tuple[str, str], str]:
    """Why a source of a clip has no file, by both names; of a clip that failed, under no source."""
    found: dict[tuple[str, str], str] = {}
    for row in Ledger(folder / LEDGER, SCHEMA, (FAILURE,)).read():
        clip = Path(row["input"]["path"]).stem
        if row["schema"] == FAILURE:
            found["", clip] = row["error"]
        else:
            found |= {(name, clip): reason for name, reason in row["missing"].items()}
    return found
