"""The interface that encoders offer.

An encoder is one file in `encoders/backends/` with
- `SHOWN`: "pictures", "sound" and "measures", or some of them, as a tuple: what it can be shown;
- `Config`: a frozen, keyword-only dataclass with defaults. Where the encoder has weights it has
  `weights: str`: what `weights.locate` takes, or "tiny" (random weights at a tiny size, the same on
  every machine), and `width: int`, the published hidden size, checked against the weights;
- `outputs(config) -> Mapping[str, int]`: its outputs by name with their widths;
- `tiny(config) -> Config`: the same encoder with "tiny" weights and small sizes;
- `build(config, place) -> Encoder`: the loaded net in eval mode; raises UnavailableError when the
  weights are not to be had, InputError when they are not those of this encoder. torch and
  transformers are imported in here or later: naming an encoder and its widths needs neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from affectlens.encoders.features import Features
from affectlens.encoders.view import Shown, View
from affectlens.foundation.part import Part

GROUP = "encoders.backends"


@dataclass(frozen=True, slots=True)
class Source:
    """One encoder, what it is shown, and which of its outputs is taken."""

    encoder: Part
    view: View
    output: str

    def as_json(self) -> dict[str, Any]:
        """Plain values; `from_json` reads them."""
        view = {name: getattr(self.view, name) for name in View.__dataclass_fields__}
        return {"encoder": self.encoder.as_json(), "view": view, "output": self.output}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Source":
        """What `as_json` gave."""
        return Source(Part.from_json(data["encoder"]), View(**data["view"]), data["output"])


class Encoder(Protocol):
    """A frozen net."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex of its weights: part of the key of stored features."""

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """Every output by name, as wide as `outputs(config)` promises, all values finite."""
