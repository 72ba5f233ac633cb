"""Train a tiny model on drawn clips, and ask it: `python examples/train_a_model.py FOLDER`.

The same as `affectlens dataset toy FOLDER/toy` and `affectlens train recipes/tiny_words.toml`:
killed half-way, the same command goes on.
"""

import os
import sys
from pathlib import Path

from affectlens.corpora import toy
from affectlens.emotions.spaces import MER6
from affectlens.foundation import config
from affectlens.foundation.device import Place
from affectlens.model.asking import Asking, ask
from affectlens.model.checkpoint import load
from affectlens.model.example import Example, Turn
from affectlens.model.pools import question
from affectlens.training.recipe import Recipe
from affectlens.training.run import run

RECIPE = Path(__file__).parent.parent / "recipes" / "tiny_words.toml"


def main() -> None:
    """Draw, train and ask."""
    folder = Path(sys.argv[1])
    manifest = folder / "toy" / toy.MANIFEST
    if not manifest.is_file():
        toy.make(manifest.parent, clips=int(os.environ.get("CLIPS", "240")))
    recipe = config.read(Recipe, file=RECIPE, env={}, sets=[f"data.toy.path={manifest}"])
    done = run(recipe, folder / "run")
    for stage, one in done.stages.items():
        print(f"{stage}: {one.steps} steps, {one.best}")
    loaded = load(str(folder / "run" / "model"), place=Place(device="cpu"))
    turn = Turn(question=question("words", MER6), task="emotion")
    said = Example(turns=(turn,), subtitle="Enough, get out of my house!")
    (answer,) = ask(*loaded, [said], Asking(labels=MER6, max_tokens=0))
    print(answer.labels)


if __name__ == "__main__":  # workers import this file again
    main()
