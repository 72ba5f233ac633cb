"""Features of many files as the field's code reads them: `<folder>/<stream>/<file's stem>.npy`.

Float32, (width,) for the mean of all rows, else (rows, width); spec emotion-llama §1.3. A stream
that a file lacks has no file, and its reason in the row: the authors' code would take zeros for it,
which is a feature like any other.
"""

import functools
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import affectlens
from affectlens.analyzer.batch import FAILURE, Row, failure
from affectlens.analyzer.sources import FeatureSettings, sees_faces, sources_of
from affectlens.encoders.encode import encode
from affectlens.encoders.features import Features
from affectlens.encoders.store import FeatureStore
from affectlens.foundation import config
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.records import Ledger, write_atomically
from affectlens.media.clip import Clip
from affectlens.media.opening import open_clip
from affectlens.perception.faces import Faces, observe_faces
from affectlens.perception.percepts import Floats, Percepts

SCHEMA = "affectlens.feature-files/1"
LEDGER = "features.jsonl"
SOURCES = "sources.json"  # what made the files of each folder
_UNASKED = Missing("features do not need it")


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a run."""

    path: Path
    settings: FeatureSettings
    folder: Path
    store: Path | None = None

    @property
    def digest(self) -> str:
        """Of all that the features depend on beside the file itself."""
        return _digest(self.settings)


def refuse_clashes(files: Iterable[Path], ledger: Ledger, digest: str) -> None:
    """Tell what would overwrite features of something else, before any work is done.

    Readers find a file's features by its stem alone, so two of one stem cannot share a folder: a
    name of our making would be found by nobody.

    Raises:
        ConfigError: names two such files, or the folder holds features of other settings.
    """
    by_stem: dict[str, set[str]] = defaultdict(set)
    for row in ledger.read():
        if row["run"]["settings_sha256"] != digest:
            raise ConfigError(
                f"{ledger.path.parent} holds features that were made with other settings. Choose a "
                "new folder."
            )
        if row["schema"] != FAILURE:
            by_stem[Path(row["input"]["path"]).stem].add(row["input"]["path"])
    for file in files:
        same = by_stem[file.stem]
        same.add(str(file))
        if len(same) > 1:
            raise ConfigError(
                f"{' and '.join(sorted(same))} would both be written as {file.stem}.npy, which is "
                "how features are found. Write them to folders of their own."
            )


def describe(settings: FeatureSettings, folder: Path) -> None:
    """Write down what makes the files of each folder."""
    sources = {name: one.as_json() for name, one in sources_of(settings).items()}
    write_atomically(folder / SOURCES, json.dumps(sources, indent=1) + "\n")


def holds(row: Row, folder: Path) -> bool:
    """Whether all files that a row of the ledger tells of are still there."""
    return all((folder / one["file"]).is_file() for one in row["written"].values())


def work(item: Item) -> Row:
    """One file's row; whatever goes wrong with it becomes a row too, so that the others go on."""
    wanted = sources_of(item.settings)
    targets = {name: f"{name}/{item.path.stem}.npy" for name in wanted}
    try:
        for target in targets.values():  # may be of what the file was before
            (item.folder / target).unlink(missing_ok=True)
        clip = open_clip(item.path, limits=item.settings.limits)
        found, warnings = _features(clip, item)
        written = {}
        for name, one in found.items():
            if isinstance(one, Features):
                values = one.values_TD.mean(axis=0) if wanted[name].pooled else one.values_TD
                _write(item.folder / targets[name], values)
                written[name] = {"file": targets[name], "shape": list(values.shape)}
        return {
            "schema": SCHEMA,
            "input": {"path": str(item.path), "sha256": clip.sha256, "duration_s": clip.duration_s},
            "written": written,
            "missing": {n: one.reason for n, one in found.items() if isinstance(one, Missing)},
            "warnings": warnings,
            "run": {"version": affectlens.__version__, "settings_sha256": item.digest},
        }
    except Exception as error:  # noqa: BLE001 - as in `analyzer.batch.work`
        return failure(item, error)


def _features(clip: Clip, item: Item) -> tuple[Mapping[str, Features | Missing], list[str]]:
    settings = item.settings
    faces = Faces(_UNASKED, _UNASKED)
    if sees_faces(settings):
        faces = observe_faces(clip, settings.perception.faces)
    found = encode(
        {name: (one.source,) for name, one in sources_of(settings).items()},
        clip,
        _percepts(faces),
        place=Place(device=settings.device, precision=settings.precision),
        store=None if item.store is None else FeatureStore(item.store),
    )
    alone = {name: one if isinstance(one, Missing) else one[0] for name, one in found.items()}
    return alone, [*clip.warnings, *faces.warnings]


def _percepts(faces: Faces) -> Percepts:
    """Only faces decide what an encoder is shown; the rest would take most of the time."""
    return replace(Percepts.unmeasured(_UNASKED), faces=faces.tracks, shots=faces.shots)


def _write(path: Path, values: Floats) -> None:
    """Write an array whole or not at all."""
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(values, np.float32), allow_pickle=False)
    write_atomically(path, file.getvalue())


@functools.cache
def _digest(settings: FeatureSettings) -> str:
    sources = {name: one.as_json() for name, one in sources_of(settings).items()}
    return sha256_of_text(config.digest(settings) + json.dumps(sources, sort_keys=True))
