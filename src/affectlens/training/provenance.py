"""`provenance.json` of a run's model: of what, by which code, how and in how long it was made.

No path of a machine is in it, and of the same run only the date and hours may differ.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PureWindowsPath
from typing import Any

import affectlens
from affectlens.encoders import encode
from affectlens.evaluation.runs import environment
from affectlens.foundation import config
from affectlens.foundation.errors import InputError, UnavailableError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.records import Ledger, write_atomically
from affectlens.model import enclosed, manifest
from affectlens.model.declaration import System
from affectlens.training import data_hashes, figures, newest
from affectlens.training.beginning import place_of
from affectlens.training.data_told import data_told
from affectlens.training.folder import RunFolder
from affectlens.training.given_features import sources_of
from affectlens.training.item import Sources
from affectlens.training.leaks import Checksums
from affectlens.training.recipe import Recipe

FILE = "provenance.json"
SCHEMA = "affectlens.provenance/1"
_SCHOOL = "affectlens.school/1"  # the journal of one
_TRAINED = "trained.safetensors"  # of a folder without the language model
_ROOTED = re.compile(r"[/\\~]|[A-Za-z]:[/\\]|\.\.[/\\]")
_DETAILS = ("kind", "stage", "step", "at", "schema", "confusion", "broken_clips", "not_finite")


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What a run's model was made of."""

    recipe: Recipe
    system: System
    folder: RunFolder
    sources: Sources
    tested: Mapping[str, Any] = field(default_factory=dict)  # as of `tested.tested`
    calibration: str = ""  # why there is none


def provenance(made: Made) -> dict[str, Any]:
    """All of it, as JSON."""
    recipe, last = made.recipe, list(made.recipe.stages)[-1]
    sums = Checksums(made.folder.hashes)
    return {
        "schema": SCHEMA,
        "date": datetime.now(UTC).date().isoformat(),
        "code": _code(),
        "name": recipe.name,
        "licence": recipe.licence,
        "seed": recipe.seed,
        "recipe": plainly(config.as_dict(recipe)),
        "recipe_sha256": recipe.sha256,
        "settings": settings_of(recipe),
        "data": {n: data_told(n, recipe, items, sums) for n, items in made.sources.items()},
        "schools": {name: _school(made.folder.path, name) for name in recipe.schools},
        "stages": _stages(made),
        "precision": str(place_of(recipe.engine).torch_dtype()).removeprefix("torch."),
        "environment": _environment(),
        "language": _language(made),
        "trained_only": _TRAINED in weights_of(made.folder, recipe),
        "encoders": _encoders(made),
        "weights": {"stage": last, "sha256": weights_of(made.folder, recipe)},
        "development": dict(made.tested),
        **({"not_calibrated": made.calibration} if made.calibration else {}),
    }


def write(folder: Path, content: Mapping[str, Any]) -> None:
    """Write it into a model's folder."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(folder / FILE, f"{text}\n")


def read(folder: Path) -> dict[str, Any]:
    """What is told of a model.

    Raises:
        InputError: nothing is, or it is damaged.
    """
    path = folder / FILE
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = found["schema"] == SCHEMA
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} cannot be read: {error!r}") from None
    if not known:
        raise InputError(f"{path} is of {found['schema']!r}, wanted {SCHEMA!r}.")
    return found


def settings_of(recipe: Recipe) -> dict[str, object]:
    """What of a recipe decides how its last stage's model is handed on."""
    return {
        "precision": recipe.keep.precision,
        "calibrate": recipe.keep.calibrate,
        "licence": recipe.licence,
    }


def weights_of(folder: RunFolder, recipe: Recipe) -> dict[str, str]:
    """Checksums of the last stage's weights, as they were trained."""
    return manifest.checksums(folder.stage_model(list(recipe.stages)[-1]))


def plainly(value: Any) -> Any:
    """Plain values in which paths that begin at a root, a home or above are their last names."""
    if isinstance(value, Mapping):
        return {name: plainly(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plainly(one) for one in value]
    if isinstance(value, str) and _ROOTED.match(value):
        return PureWindowsPath(value).name  # it takes both kinds of slashes
    return value


def _code() -> dict[str, object]:
    """The version, the commit of a checkout, and what tells the files from any other."""
    root = Path(affectlens.__file__).parent
    files = (one for kind in ("*.py", "*.toml", "*.json") for one in root.rglob(kind))
    ours = sorted(one for one in files if (root / "model" / "nano") not in one.parents)
    lines = (f"{sha256_of(one)}  {one.relative_to(root).as_posix()}\n" for one in ours)
    return {
        "affectlens": affectlens.__version__,
        "commit": environment.commit(root.parents[1]),
        "files_sha256": data_hashes.of_lines(lines),
    }


def _environment() -> dict[str, object]:
    found = environment.describe()
    return {name: found[name] for name in ("python", "packages", "system", "architecture", "cpu")}


def _school(run: Path, name: str) -> dict[str, object]:
    """What its encoder's config tells, and the hours of its epochs."""
    learned = json.loads((run / "encoders" / name / "config.json").read_text(encoding="utf-8"))
    journal = Ledger(run / "schools" / name / "journal.jsonl", _SCHOOL)
    seconds = sum(row["seconds"] for row in journal.read())
    return {**learned["school"], "hours": _hours(seconds)}


def _stages(made: Made) -> dict[str, object]:
    courses = figures.read(made.folder.journal)
    return {
        name: _stage(courses[name], newest.best(made.folder.stage(name) / "best"))
        for name in made.recipe.stages
        if name in courses
    }


def _stage(course: figures.Course, best: Mapping[str, Any] | None) -> dict[str, object]:
    """What its journal tells."""
    last: Mapping[str, Any] = course.steps[-1] if course.steps else {}
    step = None if best is None else best["step"]
    shown = next((one for one in course.developments if one["step"] == step), {})
    told = {name: value for name, value in shown.items() if name not in _DETAILS}
    return {
        "steps": course.last_step,
        **{name: last[name] for name in ("samples", "tokens") if name in last},
        "hours": _hours(last.get("seconds", 0.0)),  # of training alone
        **{n: course.start.get(n) for n in ("device", "gpus", "processes", "data", "parameters")},
        "best": None if best is None else {**best, "development": told},
    }


def _hours(seconds: float) -> float:
    return round(seconds / 3600, 3)


def _language(made: Made) -> dict[str, object]:
    """The language model below: its name, and its checksum where that is known."""
    model = made.folder.stage_model(list(made.recipe.stages)[-1])
    sha256 = manifest.read(model).get(manifest.LANGUAGE_SHA256)
    return {"name": plainly(made.system.language), **({"sha256": sha256} if sha256 else {})}


def _encoders(made: Made) -> dict[str, object]:
    """Encoders by stream, each with what tells its weights from others."""
    place = place_of(made.recipe.engine)
    told = sources_of(enclosed.closed(made.system))
    found: dict[str, object] = {}
    for name, source in sources_of(made.system).items():
        try:
            mark: str | None = encode.fingerprint(source, place)
        except (InputError, UnavailableError):  # features were given: its weights are not here
            mark = None
        found[name] = {**plainly(told[name].as_json()), "weights_sha256": mark}
    return found
