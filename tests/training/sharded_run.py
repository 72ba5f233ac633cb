"""Two processes that share a model's weights by FSDP2, write it whole, and go on from that."""

import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tests.training.killed_run import Examples
from torch import distributed
from torch.distributed.fsdp import fully_shard

from affectlens.foundation.device import Place
from affectlens.model import checkpoint
from affectlens.model.checkpoint import Loaded
from affectlens.model.published import published
from affectlens.model.tiny import shrink
from affectlens.training import gathered, states


def model_of(language: bool) -> Loaded:
    """The same in all processes, in eval mode: without dropout."""
    loaded = checkpoint.create(shrink(published("emotion_llama")), place=Place(device="cpu"))
    if language:
        loaded.model.language.model.norm.requires_grad_(requires_grad=True)
    return loaded


class Run:
    """A few steps on always the same two samples."""

    def __init__(self, loaded: Loaded, *, shards: bool = True) -> None:
        self.model = loaded.model
        examples = Examples(loaded.processor, 2)
        self.batch = loaded.processor([examples[0], examples[1]], training=True)
        for part in (*self.model.language.model.layers, self.model) if shards else ():
            fully_shard(part)
        learning = [one for one in self.model.parameters() if one.requires_grad]
        self.optimizer = torch.optim.AdamW(learning, lr=1e-2)

    def learn(self, steps: int) -> dict[str, torch.Tensor]:
        """The weights after so many more."""
        for _ in range(steps):
            self.optimizer.zero_grad()
            self.model(**self.batch).loss.backward()
            self.optimizer.step()
        return gathered.tensors(self.model)


def work(folder: Path, language: bool) -> None:
    """Learn, write, learn on; and learn on from what was written."""
    distributed.init_process_group("gloo")
    first = distributed.get_rank() == 0
    loaded = model_of(language)
    run = Run(loaded)
    middle = run.learn(3)
    state = gathered.optimizer_state(run.optimizer)
    if first:
        (folder / "model").mkdir(parents=True)
        gathered.write_model(run.model, loaded.processor, middle, folder / "model")
        states.write(state, folder / "optimizer")
        save_file(middle, folder / "middle.safetensors")
    distributed.barrier()
    last = run.learn(2)
    again = Run(model_of(language))
    gathered.read_model(again.model, folder / "model")
    gathered.set_optimizer_state(again.optimizer, states.read(folder / "optimizer"))
    found = again.learn(2)
    if first:
        save_file(last, folder / "last.safetensors")
        save_file(found, folder / "again.safetensors")
    distributed.destroy_process_group()


def main() -> None:
    """`FOLDER`: both kinds, one after the other."""
    torch.set_num_threads(1)
    for language in (False, True):
        children = _begin(Path(sys.argv[1], str(language)), language)
        if any(os.waitpid(child, 0)[1] for child in children):
            sys.exit(1)


def _begin(folder: Path, language: bool) -> list[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = []
    for rank in range(2):
        child = os.fork()
        if not child:
            ranks: dict[str, Any] = {"RANK": rank, "WORLD_SIZE": 2, "MASTER_PORT": port}
            os.environ.update({name: str(value) for name, value in ranks.items()})
            os.environ.update(MASTER_ADDR="127.0.0.1", GLOO_SOCKET_IFNAME="lo")
            status = 1
            try:
                work(folder, language)
                status = 0
            finally:
                if status:
                    traceback.print_exc()
                os._exit(status)
        children.append(child)
    return children


if __name__ == "__main__":
    main()
