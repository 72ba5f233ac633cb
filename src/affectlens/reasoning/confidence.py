"""When a label is given, and when the analysis abstains."""

from collections.abc import Mapping
from typing import Literal

Doubt = Literal["none", "weak", "close"]


def ranked(probabilities: Mapping[str, float]) -> list[tuple[str, float]]:
    """Labels from the likeliest down; equal ones in the order of their space."""
    return sorted(probabilities.items(), key=lambda item: -item[1])


def decide(probabilities: Mapping[str, float], *, threshold: float, margin: float) -> str | None:
    """The likeliest label, or None when it is too improbable or the next is too close."""
    return None if doubt(probabilities, threshold, margin) else ranked(probabilities)[0][0]


def doubt(probabilities: Mapping[str, float], threshold: float, margin: float) -> Doubt | None:
    """Why no label is given: "none" (nothing speaks for one), "weak", "close"; else None."""
    (_, top), (_, second) = ranked(probabilities)[:2]
    if top - min(probabilities.values()) < 1e-9:
        return "none"
    if top < threshold:
        return "weak"
    return "close" if top - second < margin else None
