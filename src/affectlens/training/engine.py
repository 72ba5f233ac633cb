"""How a run is computed, and what is written while it goes on."""

from dataclasses import dataclass
from typing import Literal

from affectlens.foundation.device import Place
from affectlens.training.bounds import above

Batching = Literal["packed", "bucketed"]
Attention = Literal["sdpa", "eager", "flash_attention_2", "flex_attention"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Keep:
    """What is written while a run goes on, and at its end."""

    every: int = 0  # steps between checkpoints; 0: each epoch
    last: int = 2  # checkpoints that are kept, beside the best one
    log_every: int = 10  # steps between lines of the journal
    tensorboard: bool = True
    precision: Literal["float32", "float16"] = (
        "float32"  # of the run's model; what is wider shrinks
    )
    calibrate: bool = True  # the run's model, on the clips that are held back

    def __post_init__(self) -> None:
        above("keep.every", self.every, 0, itself=True)
        above("keep.last", self.last, 1, itself=True)
        above("keep.log_every", self.log_every, 1, itself=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """How it is computed; on many machines `accelerate launch` or torchrun say where."""

    device: str = "auto"
    precision: str = "auto"  # of computing: float32, bfloat16, float16
    bits: Literal[4, 8] | None = None  # of a frozen language model, by bitsandbytes
    attention: Attention = "sdpa"
    batching: Batching = "packed"  # samples end to end without padding, or like lengths together
    checkpointing: bool = False  # activations are computed again instead of kept
    compile: bool = False
    workers: int = 0  # processes that read features
    threads: int = 0  # of each process, 0: as torch finds best
    deepspeed: str = ""  # a DeepSpeed config

    def __post_init__(self) -> None:
        Place(device=self.device, precision=self.precision)
        above("engine.workers", self.workers, 0, itself=True)
        above("engine.threads", self.threads, 0, itself=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Encoding:
    """How pictures and sound become features."""

    how: Literal["kept", "live"] = "kept"  # made once before the run, or anew for each sample
    folder: str = ""  # where they are kept, empty: features/ in the run's folder
    workers: int = 1

    def __post_init__(self) -> None:
        above("encoding.workers", self.workers, 1, itself=True)
