"""A stage of a few steps, by as many processes as launched it: `shared_run.py METHOD FOLDER`."""

import os
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.training.preference import test_dpo, test_grpo, toy


def main() -> None:
    method, folder = sys.argv[1], Path(sys.argv[2])
    toy.BROKEN.add(3)  # one process has a whole micro-batch less
    learn = {"dpo": test_dpo.learned, "grpo": test_grpo.learned}[method]
    loaded, _ = learn(folder, steps=3, micro_batch=1)
    if os.environ.get("RANK", "0") == "0":
        save_file({"weights": test_dpo.weights(loaded)}, folder / "weights.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
