"""Action units on FACS's 0–5 scale from blendshapes, relative to a person's own resting face.

Each unit is a blend of ARKit blendshapes that describe the same movement (Apple's
"ARFaceAnchor.BlendShapeLocation"; Ekman & Friesen's FACS), AU04 with the height of the brows, too.
The scale is ours: 0 is the resting face, 5 what the clearest faces of FER+ train reach. It is no
FACS coder's scale: compare a person with themselves. How well each unit follows people's votes:
`benchmarks/action_units.py`.
"""

# T moments of one track

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.perception.percepts import ACTION_UNITS, ActionUnit, Floats, Trust

Shapes = Mapping[str, Floats]  # blendshapes by ARKit's names, and what follows

BROW_HEIGHT = "browHeight"  # `geometry.brow_height`

_SMOOTH = 5  # moments; blendshapes carry a noise of 0.02–0.05
_OWN_REST_FROM = 10  # moments, fewer say nothing about how a person rests
_BROW_REST, _BROW_RANGE = 0.25, 0.08  # median of neutral faces; as far down as 9 of 10 angry ones
_REST_SHARE = 0.2  # the quantile of a track that counts as rest


@dataclass(frozen=True, slots=True)
class Unit:
    """How one unit is had.

    `rest` is the usual value of a neutral face and `rest_most` the highest that a person's own rest
    is believed to have: the median and a high quantile over neutral faces of FER+ train (n = 149),
    90 % where trust is good and 98 % where it is low: what a face holds through a whole clip may
    be a smile, but pressed lips are rather how it rests. `full` is 5.
    """

    signal: Callable[[Shapes], Floats]
    rest: float
    rest_most: float
    full: float
    trust: Trust


def _both(name: str) -> Callable[[Shapes], Floats]:
    """Mean of the left and the right side."""

    def signal(shapes: Shapes) -> Floats:
        return np.asarray((shapes[f"{name}Left"] + shapes[f"{name}Right"]) / 2, np.float32)

    return signal


def _one(name: str) -> Callable[[Shapes], Floats]:
    return lambda shapes: shapes[name]


def _lowered_brows(shapes: Shapes) -> Floats:
    """Mean of blendshape and geometry: on FER+ train each is surpassed by both together."""
    low = np.clip(_BROW_REST - shapes[BROW_HEIGHT], 0, _BROW_RANGE) / _BROW_RANGE
    return np.asarray((_both("browDown")(shapes) + low) / 2, np.float32)


def _cheeks(shapes: Shapes) -> Floats:
    """Narrowed eyes while the mouth smiles: the net's own cheekSquint is dead."""
    smile = np.clip(2 * _both("mouthSmile")(shapes), 0, 1)
    return np.asarray(_both("eyeSquint")(shapes) * smile, np.float32)


def _chin(shapes: Shapes) -> Floats:
    return np.maximum(shapes["mouthShrugLower"], shapes["mouthShrugUpper"])


def _tight_lips(shapes: Shapes) -> Floats:
    rolled = (shapes["mouthRollLower"] + shapes["mouthRollUpper"]) / 2
    return np.maximum(_both("mouthPress")(shapes), rolled)


def _parted(shapes: Shapes) -> Floats:
    jaw = 1.5 * shapes["jawOpen"] - shapes["mouthClose"]
    lips = _both("mouthLowerDown")(shapes) + _both("mouthUpperUp")(shapes)
    return np.asarray(np.maximum(0, jaw + lips), np.float32)


UNITS: Mapping[str, Unit] = {
    "AU01": Unit(_one("browInnerUp"), 0.03, 0.48, 0.95, "fair"),
    "AU02": Unit(_both("browOuterUp"), 0.11, 0.54, 0.95, "good"),
    "AU04": Unit(_lowered_brows, 0.10, 0.43, 0.75, "fair"),
    "AU05": Unit(_both("eyeWide"), 0.01, 0.06, 0.30, "fair"),
    "AU06": Unit(_cheeks, 0.0, 0.10, 0.65, "fair"),
    "AU07": Unit(_both("eyeSquint"), 0.29, 0.53, 0.75, "fair"),
    "AU10": Unit(_both("mouthUpperUp"), 0.0, 0.01, 0.60, "fair"),
    "AU12": Unit(_both("mouthSmile"), 0.0, 0.03, 0.92, "good"),
    "AU14": Unit(_both("mouthDimple"), 0.004, 0.09, 0.25, "low"),
    "AU15": Unit(_both("mouthFrown"), 0.004, 0.12, 0.20, "low"),
    "AU17": Unit(_chin, 0.04, 0.28, 0.50, "low"),
    "AU20": Unit(_both("mouthStretch"), 0.002, 0.11, 0.30, "low"),
    "AU23": Unit(_tight_lips, 0.03, 0.32, 0.50, "low"),
    "AU25": Unit(_parted, 0.02, 0.19, 1.50, "good"),
    "AU26": Unit(_one("jawOpen"), 0.01, 0.08, 0.75, "good"),
    "AU45": Unit(_both("eyeBlink"), 0.08, 0.44, 0.75, "good"),
}

NOT_MEASURED = {
    "AU09": Missing(
        "nose wrinkling is not measured: noseSneer of Google's blendshape net stays at zero, and "
        "the nose's geometry hardly tells disgust from neutral (AUC 0.66 on FER+ train)"
    )
}


def action_units(shapes: Shapes, *, still: bool) -> dict[str, ActionUnit | Missing]:
    """Every unit of `ACTION_UNITS` from blendshapes (T,); `still` for a single picture."""
    return {name: _measure(name, shapes, still=still) for name in ACTION_UNITS}


def _measure(name: str, shapes: Shapes, *, still: bool) -> ActionUnit | Missing:
    if name in NOT_MEASURED:
        return NOT_MEASURED[name]
    unit = UNITS[name]
    raw_T = unit.signal(shapes)
    rest = unit.rest
    if not still and len(raw_T) >= _OWN_REST_FROM:
        raw_T = smooth(raw_T)
        rest = float(np.clip(np.quantile(raw_T, _REST_SHARE), unit.rest, unit.rest_most))
    intensity_T = np.clip(5 * (raw_T - rest) / (unit.full - rest), 0, 5)
    return ActionUnit(intensity_T.astype(np.float32), unit.trust)


def smooth(values_T: Floats) -> Floats:
    """Mean over five moments, fewer at the ends."""
    window = np.ones(_SMOOTH)
    count_T = np.convolve(np.ones(len(values_T)), window, "same")
    return np.asarray(np.convolve(values_T, window, "same") / count_T, np.float32)
