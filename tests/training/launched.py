"""Runs of one process and of two, as a launcher would start them: forks, as imports take seconds.

`python launched.py FOLDER plain|sharded|zero`: writes FOLDER/<run>/told-<rank>.json, what each
process saw, and last.safetensors, the weights at the end.
"""

import json
import os
import shutil
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tests.training.made_lessons import lessons_of, place, recipe_of, stage_of, tiny_system
from torch import distributed
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor
from transformers import TrainerCallback

from affectlens.emotions.spaces import space
from affectlens.foundation.device import Place
from affectlens.foundation.errors import AffectlensError, InputError
from affectlens.model import checkpoint
from affectlens.model.checkpoint import Loaded
from affectlens.training import gathered, processes
from affectlens.training.collate import Skipped
from affectlens.training.develop import Developer, Held
from affectlens.training.engine import Engine, Keep
from affectlens.training.fitting import Watch, fit
from affectlens.training.recipe import Develop, Group, Optimizer

STEPS = 4
BROKEN = (5, 10)
FSDP = {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}
ZERO = {"DS_ACCELERATOR": "cpu"}
CONFIG = Path(__file__).parents[2] / "recipes" / "launch" / "zero2.json"
CONNECTORS = {
    "connectors": Group(match=("connectors.*",)),
    "rest": Group(match=("language.*",), rate=0.0),
}
ALL = {"all": Group(match=("*",))}
KINDS: dict[str, dict[str, Any]] = {
    "packed": {},
    "bucketed": {"batching": "bucketed", "micro_batch": 2},
    "connectors": {"groups": CONNECTORS, "dropout": 0.9},  # some batches have no stream
    "language": {"groups": ALL, "tied": True},
}


class Told(TrainerCallback):
    """Losses and gradients' norms by step, development, and the bytes of a process's parameters."""

    def __init__(self) -> None:
        self.steps: dict[int, list[float]] = {}
        self.developed: dict[int, dict[str, float]] = {}
        self.bytes = 0
        self.units: list[str] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **now: Any) -> None:
        model = now["model"]
        mine = [_local(one) for one in model.parameters()]
        self.bytes = sum(one.numel() * one.element_size() for one in mine)
        self.units = [name for name, one in model.named_modules() if isinstance(one, FSDPModule)]

    def on_log(self, args: Any, state: Any, control: Any, **now: Any) -> None:
        logs = now["logs"]
        if "loss" in logs:
            self.steps[state.global_step] = [logs["loss"], logs["grad_norm"], logs["samples"]]
        elif any(name.startswith("eval_") for name in logs):
            self.developed[state.global_step] = dict(logs)


def _local(parameter: torch.Tensor) -> torch.Tensor:
    return parameter.to_local() if isinstance(parameter, DTensor) else parameter


def learn(
    folder: Path, *, bf16: bool = False, tied: bool = False, dropout: float = 0.0, **settings: Any
) -> None:
    """Train from the newest checkpoint there; what came of it is written beside it."""
    engine = Engine(device="cpu", batching=settings.pop("batching", "packed"), threads=1,
                    precision="bfloat16" if bf16 else "float32",
                    deepspeed=str(CONFIG) if settings.pop("deepspeed", False) else "",
                    checkpointing=settings.pop("checkpointing", False))  # fmt: skip
    loaded = made(bf16=bf16, tied=tied)
    stage = stage_of(optimizer=Optimizer(epsilon=1e-4, clip=1.0), **settings)
    recipe = recipe_of(stage, engine=engine, keep=Keep(log_every=1, every=2, last=9),
                       develop=Develop(every=2))  # fmt: skip
    lessons = lessons_of(loaded, STEPS * stage.batch, broken=BROKEN, dropout=dropout)
    told, skipped = Told(), list[Skipped]()
    watch = Watch(develop=developer(loaded), callbacks=[told], on_broken=skipped.extend)
    fitted = fit("only", recipe, loaded, lessons, place(folder), watch)
    found = {
        "steps": told.steps,
        "developed": told.developed,
        "bytes": told.bytes,
        "units": told.units,
        "skipped": [one.position for one in skipped],
        "done": fitted.steps,
    }
    folder.mkdir(parents=True, exist_ok=True)
    rank = int(os.environ.get("RANK", "0"))
    (folder / f"told-{rank}.json").write_text(json.dumps(found))
    weights = gathered.tensors(loaded.model)
    if rank == 0:
        save_file({n: v.contiguous() for n, v in weights.items()}, folder / "last.safetensors")


def made(*, bf16: bool, tied: bool) -> Loaded:
    """The same model in every process."""
    where = Place(device="cpu", precision="bfloat16" if bf16 else "float32")
    system = tiny_system()
    if tied:
        system = replace(system, language="tiny:qwen2")
    return checkpoint.create(system, place=where, seed=1)


def developer(loaded: Loaded) -> Developer:
    """Three clips, which two processes cannot share evenly."""
    lessons = lessons_of(loaded, 8)
    held = []
    for position in range(3):
        lesson: Any = lessons[position]
        turn = lesson.example.turns[0]
        asked = replace(lesson.example, turns=(replace(turn, answer=None),))
        held.append(Held(asked, turn.answer))
    return Developer(loaded.processor, held, space("mer9"), tell=lambda sentence: None)


def start(work: Callable[[], object], environ: Mapping[str, str]) -> int:
    """A child that works; its exit code is that of the command line."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.environ.update(environ)
        work()
        code = 0
    except AffectlensError as error:
        code = error.exit_code
    except SystemExit as error:
        code = int(error.code or 0)
    except BaseException:  # noqa: BLE001 - whatever it is, the fork must not go on as its parent
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def together(
    work: Callable[[], object], world: int, environ: Mapping[str, str] | None = None
) -> list[int]:
    """Exit codes of processes that share a run."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": "lo"}
    ranks = [
        {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(world), **shared}
        for rank in range(world if world > 1 else 0)
    ]
    children = [start(work, {**one, **(environ or {})}) for one in ranks or [{}]]
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def run(
    folder: Path, name: str, world: int, environ: Mapping[str, str] | None = None, **settings: Any
) -> None:
    """One run, from the newest checkpoint there."""
    codes = together(lambda: learn(folder / name, **settings), world, environ)
    if any(codes):
        raise RuntimeError(f"{name} ended with {codes}.")


def resume(
    folder: Path, name: str, begun: str, world: int, environ: Mapping[str, str] | None = None,
    **settings: Any,
) -> None:  # fmt: skip
    """Go on from the middle of another run."""
    shutil.copytree(folder / begun, folder / name)
    last = place(folder / name) / "checkpoints" / f"checkpoint-{STEPS:06d}"
    shutil.rmtree(last)
    run(folder, name, world, environ, **settings)


def plain(folder: Path) -> None:
    """One process and two; what one began another number ends; and waiting for the first."""
    for name, settings in KINDS.items():
        if name != "language":
            run(folder, f"{name}-1", 1, **settings)
            run(folder, f"{name}-2", 2, **settings)
    resume(folder, "packed-1-to-2", "packed-1", 2)
    resume(folder, "packed-2-to-1", "packed-2", 1)
    codes = {how: together(partial(wait, folder, how), 2) for how in ("done", "failed")}
    (folder / "waited.json").write_text(json.dumps(codes))


def sharded(folder: Path) -> None:
    """FSDP2 and one process."""
    for name in ("packed", "connectors", "language"):
        run(folder, f"{name}-1", 1, **KINDS[name])
        run(folder, f"{name}-fsdp", 2, FSDP, **KINDS[name])
    efficient = {**FSDP, "FSDP_CPU_RAM_EFFICIENT_LOADING": "true"}
    run(folder, "packed-again-fsdp", 2, efficient, checkpointing=True)
    run(folder, "bf16-2", 2, bf16=True)
    run(folder, "bf16-fsdp", 2, FSDP, bf16=True)
    for name in ("packed", "language"):
        resume(folder, f"{name}-fsdp-to-1", f"{name}-fsdp", 1, **KINDS[name])
        resume(folder, f"{name}-1-to-fsdp", f"{name}-1", 2, FSDP, **KINDS[name])


def zero(folder: Path) -> None:
    """DeepSpeed, which shares out gradients and the optimizer's state, and one process."""
    run(folder, "packed-1", 1)
    run(folder, "packed-zero", 2, ZERO, deepspeed=True)
    resume(folder, "packed-zero-to-zero", "packed-zero", 2, ZERO, deepspeed=True)


def wait(folder: Path, how: str) -> None:
    """The first process works alone for longer than the processes' timeout."""
    distributed.init_process_group("gloo", timeout=timedelta(seconds=1))
    with processes.first_alone():
        if processes.is_first():
            time.sleep(2)
            if how == "failed":
                raise InputError("There are no clips.")
            (folder / "prepared").touch()
        if not (folder / "prepared").exists():
            raise RuntimeError("It was not waited for.")
    processes.once(lambda: (folder / f"by-{processes.is_first()}").touch(exist_ok=False))
    distributed.barrier()


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    {"plain": plain, "sharded": sharded, "zero": zero}[sys.argv[2]](folder)


if __name__ == "__main__":
    main()
