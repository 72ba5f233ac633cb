"""Files of a made data set: text as it is, and stand-ins for media that differ from each other."""

from pathlib import Path


def put(path: Path, text: str) -> Path:
    """Write a text file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def clips(folder: Path, *names: str) -> None:
    """Stand-ins for media; loaders of corpora look for files and open none."""
    for name in names:
        put(folder / name, f"the bytes of {folder.name}/{name}")
