"""Processes that share a run, as torchrun or `accelerate launch` started them."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from affectlens.foundation.errors import AffectlensError, ConfigError
from affectlens.training.folder import RunFolder
from affectlens.training.recipe import Recipe

_PATIENCE = timedelta(days=30)  # as long as the first may prepare alone
_LOOK_S = 0.05
_BUG = 1  # exit code


def count() -> int:
    """How many."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this is the one that writes and tells."""
    return int(os.environ.get("RANK", "0")) == 0


def gather(recipe: Recipe, folder: RunFolder) -> None:
    """Join the others, in the way in which the stages will train.

    Raises:
        ConfigError: as of `arguments`, for any stage; or a launcher started one process of many.
        UnavailableError: as of `arguments`.
    """
    from affectlens.training.arguments import arguments

    _refuse_alone()
    for stage in recipe.stages.values():
        _ = arguments(recipe, stage, 1, folder.path, count()).device


@contextmanager
def first_alone() -> Iterator[None]:
    """The first process works, then the others, which find done what it did.

    It may take days, whatever timeout the processes have while they train. Where it fails, or is
    stopped, the others leave quietly with its exit code.
    """
    if count() == 1:
        yield
        return
    from torch import distributed

    patient = distributed.new_group(backend="gloo", timeout=_PATIENCE)
    try:
        if is_first():
            with _telling(patient):
                yield
            return
        if code := _heard(patient):
            raise SystemExit(code)
    finally:
        distributed.destroy_process_group(patient)
    yield


def once(work: Callable[[], object]) -> None:
    """The first process does it while the others wait."""
    with first_alone():
        if is_first():
            work()


def once_if_first(work: Callable[[], object]) -> None:
    """The first process does it and nobody waits: the others may have failed."""
    if is_first():
        work()


@contextmanager
def _telling(group: Any) -> Iterator[None]:
    """Tell the others how it ended."""
    code = _BUG
    try:
        yield
        code = 0
    except AffectlensError as error:
        code = error.exit_code
        raise
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else _BUG
        raise
    finally:
        _share(group, code)


def _heard(group: Any) -> int:
    """How it ended."""
    return _share(group, 0)


def _share(group: Any, code: int) -> int:
    """The first process's code; who waits for it still listens to signals."""
    import torch
    from torch import distributed

    told = torch.tensor(code)
    shared = distributed.broadcast(told, src=0, group=group, async_op=True)
    while not shared.is_completed():
        time.sleep(_LOOK_S)
    shared.wait()
    return int(told)


def _refuse_alone() -> None:
    environ = os.environ
    on_cpu = environ.get("ACCELERATE_USE_CPU", "").lower() == "true"
    if on_cpu and "MASTER_PORT" in environ and "WORLD_SIZE" not in environ:
        raise ConfigError(
            "`accelerate launch --cpu` starts one process, however many it is told to. On the CPU "
            "start them with `torchrun --nproc_per_node=2 -m affectlens train …`."
        )
