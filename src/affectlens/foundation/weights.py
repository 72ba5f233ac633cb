"""Where each model lies on this machine; never touches the network (`pull` does)."""

import difflib
import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from affectlens.foundation import manifest
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.manifest import Model
from affectlens.foundation.missing import Missing

_PACKAGE = Path(__file__).parents[1]
_YES = {"1", "true", "yes", "on"}


def names() -> list[str]:
    """Every model of the manifest, in its order."""
    return list(manifest.read())


def defaults() -> list[str]:
    """The models that are fetched and checked where none is named: all but the optional ones."""
    return [name for name, model in manifest.read().items() if not model.optional]


def spec(name: str) -> Model:
    """What the manifest says of a model.

    Raises:
        ConfigError: there is no model of that name; the message names the nearest.
    """
    models = manifest.read()
    if name not in models:
        near = difflib.get_close_matches(name, models, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"There is no model {name!r}.{hint} There are: {', '.join(models)}.")
    return models[name]


def find(name: str) -> Path | Missing:
    """The file of a model that has one, the folder of a model that has several.

    Sizes are compared, contents are not: `verify` does that.
    """
    return locate(spec(name), cache_folder())


def locate(model: Model, cache: Path) -> Path | Missing:
    """`find` for any model and cache folder."""
    for folder in _places(model, cache):
        if all(_size(folder / file) == facts.size for file, facts in model.files.items()):
            return folder / next(iter(model.files)) if len(model.files) == 1 else folder
    advice = f"run `affectlens models pull {model.name}`"
    if kept(model, cache).exists():
        return Missing(f"The model {model.name} is damaged on this machine: {advice}.")
    return Missing(f"The model {model.name} is not on this machine: {advice}.")


def is_builtin(name: str) -> bool:
    """Whether `find` gives a file of our own package."""
    found = find(name)
    return isinstance(found, Path) and found.is_relative_to(_PACKAGE)


def verify(name: str) -> list[str]:
    """What is wrong with a model on this machine, checksums included; empty when nothing is."""
    return check(spec(name), cache_folder())


def check(model: Model, cache: Path) -> list[str]:
    """`verify` for any model and cache folder."""
    found = locate(model, cache)
    if isinstance(found, Missing):
        return [found.reason]
    folder = found.parent if len(model.files) == 1 else found
    own = folder.is_relative_to(_PACKAGE)
    advice = "install affectlens again" if own else f"run `affectlens models pull {model.name}`"
    return [
        f"{folder / file} has other content than the manifest says: {advice}."
        for file, facts in model.files.items()
        if sha256_of(folder / file) != facts.sha256
    ]


def fingerprint(name: str) -> str:
    """SHA-256 in hex of what the model is: of its file, or of its files' names and checksums."""
    return fingerprint_of(spec(name))


def fingerprint_of(model: Model) -> str:
    """`fingerprint` for any model."""
    if len(model.files) == 1:
        return next(iter(model.files.values())).sha256
    lines = sorted(f"{facts.sha256}  {file}\n" for file, facts in model.files.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def kept(model: Model, cache: Path) -> Path:
    """The cache's folder for a model; other files of the same name get another folder."""
    return cache / "models" / f"{model.name}-{fingerprint_of(model)[:12]}"


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Where pulled models are kept: AFFECTLENS_HOME, else the system's folder for caches.

    Raises:
        ConfigError: there is neither.
    """
    if env.get("AFFECTLENS_HOME"):
        return Path(env["AFFECTLENS_HOME"]).expanduser().absolute()
    try:
        return _system_caches(env) / "affectlens"
    except RuntimeError as error:  # no home folder
        raise ConfigError(
            "This user has no home folder: set AFFECTLENS_HOME to a folder for models."
        ) from error


def offline(env: Mapping[str, str] = os.environ) -> bool:
    """Whether AFFECTLENS_OFFLINE forbids the network."""
    return env.get("AFFECTLENS_OFFLINE", "").lower() in _YES


def _system_caches(env: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        local = env.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    wanted = Path(env.get("XDG_CACHE_HOME", ""))
    return wanted if wanted.is_absolute() else Path.home() / ".cache"  # as the XDG rules say


def _places(model: Model, cache: Path) -> list[Path]:
    """Folders that may hold the files, in order."""
    own = [] if model.builtin is None else [(_PACKAGE / model.builtin).parent]
    return [*own, kept(model, cache)]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
