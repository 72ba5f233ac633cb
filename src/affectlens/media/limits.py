"""`Limits`: the caps on what a file may cost, set before its first byte is decoded."""

from dataclasses import dataclass

from affectlens.foundation.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Caps for one file; whatever reaches one ends as a `LimitError`, never as a hang."""

    wall_s: float = 3600.0  # one pass of the decoder over the file
    silence_s: float = 30.0  # the longest wait for the decoder's next answer
    memory_bytes: int = 2 * 1024**3  # address space of the decoder's process
    pixels: int = 50_000_000  # of one frame as stored
    duration_s: float = 4 * 3600.0
    streams: int = 32

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ConfigError(f"The limit {name} is above zero, got {getattr(self, name)}.")
