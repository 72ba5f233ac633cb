"""What predictions depend on, as JSON: settings, weights and versions; no places on a machine."""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import affectlens
from affectlens.analyzer.line import packages, weights_of
from affectlens.analyzer.settings import RULES, Settings, stamp
from affectlens.foundation import config
from affectlens.foundation.hashing import sha256_of
from affectlens.model.shipped import NANO, place


def of_analysis(settings: Settings) -> dict[str, Any]:
    """All that an analysis depends on beside its file and the question."""
    return {
        "model": _name(settings.model),
        "affectlens": affectlens.__version__,
        "packages": {name: metadata.version(name) for name in packages(settings)},
        "weights": dict(weights_of(settings)) | _model(settings.model),
        "settings": _settings(settings),
    }


def _settings(settings: Settings) -> Mapping[str, Any]:
    """Without what the question decides and where things lie on this machine."""
    found = config.as_dict(settings)
    del found["model"]
    own = found["language_model"]
    if settings.model == RULES:
        del found["language_model"]
        return found
    del own["store"]
    own["language"] = own["language"] and _name(own["language"])
    own["folders"] = {
        name: _listing(Path(folder))
        for name, folder in (one.split("=", 1) for one in own["folders"])
    }
    return found


def _name(model: str) -> str:
    """A hub id or a name of ours as it is, of a folder its name."""
    own = model in (RULES, NANO) or not Path(model).is_dir()
    return model if own else Path(model).resolve().name


def _model(model: str) -> dict[str, str]:
    """Checksums of a language model's folder."""
    if model == RULES:
        return {}
    from affectlens.encoders.weights import locate

    folder = locate(place(model), what="The model")
    found = {"config": stamp(str(folder))}
    for file in sorted(folder.glob("*.safetensors")):
        found[file.name] = sha256_of(file)
    return found


def _listing(folder: Path) -> list[list[Any]]:
    """Names and sizes of a folder's features."""
    return [[file.name, file.stat().st_size] for file in sorted(folder.glob("*.npy"))]
