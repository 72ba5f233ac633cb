"""The model files that are part of the package (`perception/data`); see its README.md."""

import importlib.util
from importlib import resources

from affectlens.foundation.missing import Missing


def read(name: str) -> bytes:
    """The bytes of one file."""
    return (resources.files("affectlens.perception") / "data" / name).read_bytes()


def lacking(name: str, *packages: str) -> Missing | None:
    """What keeps a packaged model from running here, or None; imports nothing."""
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pip = {"cv2": "opencv-python-headless", "ai_edge_litert": "ai-edge-litert"}
            wanted = pip.get(package, package)
            return Missing(f"the package {wanted} is not installed: pip install {wanted}")
    if not (resources.files("affectlens.perception") / "data" / name).is_file():
        return Missing(f"{name} is not in this installation of affectlens: install it anew")
    return None
