"""The files of the project, as the house tests see them."""

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "affectlens"
_CODE = ("src", "tests", "benchmarks", "examples", "recipes")


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file that git keeps or would keep; without git, every file of the folders of code."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT, capture_output=True, check=True, text=True,
        ).stdout.split("\0")  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return tuple(path for folder in _CODE for path in (ROOT / folder).rglob("*.*"))
    return tuple(path for name in listed if name and (path := ROOT / name).is_file())


def modules() -> tuple[Path, ...]:
    """Every Python file."""
    return tuple(path for path in files() if path.suffix == ".py")


@functools.cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def text_of(path: Path) -> str | None:
    """A file's text, or None when it holds something else."""
    data = path.read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def short(path: Path) -> str:
    """A path as people say it."""
    return path.relative_to(ROOT).as_posix()
