"""Where a net runs and in which precision: said by people as words, settled here."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from affectlens.foundation.errors import ConfigError, UnavailableError

if TYPE_CHECKING:
    import torch

_DEVICES = ("cpu", "cuda", "mps")
_PRECISIONS = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """`device` is "auto", "cpu", "cuda", "cuda:1" or "mps"; `precision` is one of torch's, or auto.

    Auto is the first GPU in bfloat16 where there is one (float16 on those before Ampere, which
    have no bfloat16), else the CPU in float32: the same numbers on every machine.
    """

    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        if self.precision not in _PRECISIONS:
            known = ", ".join(_PRECISIONS)
            raise ConfigError(f"Precision is one of {known}; got {self.precision!r}.")

    def torch_device(self) -> "torch.device":
        """The device.

        Raises:
            ConfigError: torch knows no such device.
            UnavailableError: this machine has none.
        """
        import torch

        if self.device == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        try:
            device = torch.device(self.device)
        except RuntimeError as error:
            raise ConfigError(f"There is no device {self.device!r}: {error}") from None
        if device.type not in _DEVICES:
            known = ", ".join(_DEVICES)
            raise ConfigError(f"A device is one of {known}; got {self.device!r}.")
        if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
            raise UnavailableError(
                f"There is no GPU {self.device!r}: torch sees {torch.cuda.device_count()}. "
                "Choose the device cpu."
            )
        if device.type == "mps" and not torch.backends.mps.is_available():
            raise UnavailableError("Torch sees no Apple GPU (mps) here. Choose the device cpu.")
        return device

    def torch_dtype(self) -> "torch.dtype":
        """The precision that "auto" means there, or the one that was named."""
        import torch

        if self.precision == "auto":
            if self.torch_device().type != "cuda":
                return torch.float32
            able = torch.cuda.is_bf16_supported(including_emulation=False)
            return torch.bfloat16 if able else torch.float16
        dtype: torch.dtype = getattr(torch, self.precision)
        return dtype
