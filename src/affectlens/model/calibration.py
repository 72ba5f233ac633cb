"""`Calibration`: how sure a model's label scores are, by what it was shown; calibration.json.

Log likelihoods of labels are divided by a temperature before they become probabilities (Guo et
al., On Calibration of Modern Neural Networks, 2017). A model that hears a voice alone is wrong more
often than one that sees the face too, and says so in other numbers: each set of what is shown has
its own temperature.
"""

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from affectlens.foundation.errors import InputError
from affectlens.foundation.records import write_atomically

FILE = "calibration.json"
SUBTITLE = "subtitle"
REST = ""  # the key of the temperature for sets that have none of their own
_SCHEMA = "affectlens.calibration/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """A temperature, and the clips that were shown so when it was fitted."""

    temperature: float
    clips: int
    accuracy: float | None = None  # of the likeliest label on these clips
    ece: float | None = None  # expected calibration error at this temperature …
    ece_before: float | None = None  # … and at 1

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise InputError(f"a temperature is above 0, got {self.temperature}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Temperatures by what is shown: streams sorted, then "subtitle", such as "face+sound"."""

    space: str  # of the labels that were scored
    fits: Mapping[str, Fit]
    threshold: float | None = None  # a label less probable than this is not given
    margin: float | None = None  # nor one that leads the next by less than this

    @property
    def temperatures(self) -> dict[str, float]:
        """By key."""
        return {key: fit.temperature for key, fit in self.fits.items()}

    def temperature(self, present: Collection[str], *, subtitle: bool) -> float:
        """That of the largest fitted set which was shown; of equals the highest, the least sure.

        Where no part of what was shown was fitted it is that of all clips together, else 1.
        """
        shown = {*present, *([SUBTITLE] if subtitle else [])}
        fitted = [
            (len(parts), fit.temperature)
            for key, fit in self.fits.items()
            if key and shown.issuperset(parts := key.split("+"))
        ]
        if fitted:
            return max(fitted)[1]
        return self.fits[REST].temperature if REST in self.fits else 1.0


def key_of(present: Collection[str], *, subtitle: bool) -> str:
    """The key of what is shown: streams, and whether there are words."""
    return "+".join((*sorted(present), *([SUBTITLE] if subtitle else [])))


def read(folder: Path) -> Calibration | None:
    """The calibration of a model's folder; None where it has none.

    Raises:
        InputError: it is damaged, or of another version.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        _check_schema(told["schema"])
        return Calibration(
            space=str(told["space"]),
            fits={str(key): Fit(**fit) for key, fit in told["sets"].items()},
            threshold=_share(told["threshold"]),
            margin=_share(told["margin"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        raise InputError(
            f"{path} is no calibration of a model ({_why(error)}). Copy the model's folder again; "
            "without this file the model's own probabilities are taken as they are."
        ) from None


def write(folder: Path, calibration: Calibration) -> None:
    """Write it into a model's folder; equal calibrations give equal bytes."""
    content: dict[str, Any] = {
        "schema": _SCHEMA,
        "space": calibration.space,
        "threshold": calibration.threshold,
        "margin": calibration.margin,
        "sets": {key: asdict(calibration.fits[key]) for key in sorted(calibration.fits)},
    }
    text = json.dumps(content, indent=1, allow_nan=False)
    write_atomically(folder / FILE, f"{text}\n")


def _check_schema(found: object) -> None:
    if found != _SCHEMA:
        raise InputError(f"it is of {found!r}, wanted {_SCHEMA!r}")


def _share(value: float | None) -> float | None:
    """The same.

    Raises:
        InputError: it is no share.
    """
    if value is not None and not 0 <= value <= 1:
        raise InputError(f"thresholds and margins are 0 to 1, got {value}")
    return value


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, InputError | OSError) else repr(error)
