"""What `affectlens dataset toy` does once its command line is read."""

from pathlib import Path

from affectlens.cli.terminal import bars, console, emit
from affectlens.corpora import toy


def make(out: Path, clips: int, seed: int, labels: str | None) -> None:
    """Draw the clips and say what can be done with them."""
    chosen = tuple(part.strip() for part in labels.split(",")) if labels else toy.LABELS
    with bars() as progress:
        manifest = toy.make(out, clips, seed, chosen, progress=progress)
    emit(f"{clips} clips: {manifest}")
    console().print(
        "Next, train a tiny model with them:\n"
        "  affectlens train recipes/tiny_emotion_llama.toml -o RUN "
        f"--set data.toy.path={manifest}",
        markup=False,
    )
