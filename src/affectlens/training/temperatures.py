"""The temperature under which probabilities are as sure as they are right, and when to say nothing.

Fitted by the likelihood of the true labels (Guo et al. 2017), with the targets of Platt (1999): of
n clips the true label has (n + 1) / (n + 2), not 1, so that a few clips which are all right do not
make a model as sure as it can be.
"""

# N clips, L labels

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOWEST, HIGHEST = 0.25, 10.0
# The share of given labels that should be right, and of clips that may go without a label for it.
RIGHT, UNSAID = 0.6, 0.25
_DIGITS = 4
_STEPS = 60  # of golden sections; each leaves 0.62 of the range
_GOLDEN = (math.sqrt(5) - 1) / 2


def fitted(levels_NL: Floats, true_N: NDArray[np.int64]) -> float:
    """The temperature of log likelihoods of labels whose true one is known."""
    clips, labels = levels_NL.shape
    doubt = 1 / (clips + 2)
    targets_NL = np.full((clips, labels), doubt / (labels - 1))
    targets_NL[np.arange(clips), true_N] = 1 - doubt

    def loss(log_temperature: float) -> float:
        logs_NL = _logs(levels_NL / math.exp(log_temperature))
        return float(-(targets_NL * logs_NL).sum(1).mean())

    # The loss is convex in 1 / T, so it has one valley on the way from LOWEST to HIGHEST.
    low, high = math.log(LOWEST), math.log(HIGHEST)
    for _ in range(_STEPS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        low, high = (low, right) if loss(left) <= loss(right) else (left, high)
    return round(math.exp((low + high) / 2), _DIGITS)


def probabilities(levels_NL: Floats, temperature: float) -> Floats:
    """Softmax of log likelihoods over a temperature, shape (N, L)."""
    return np.exp(_logs(levels_NL / temperature))


def threshold(sure_N: Floats, right_N: NDArray[np.bool_], labels: int) -> float:
    """The least probability at which a label is given.

    The lowest from which on the given labels are right in `RIGHT` of the clips, and at least twice
    that of chance, where nothing much speaks for the label; but never so high that more than
    `UNSAID` of the clips go without one: who asks wants an answer, and less sure ones say that
    they are. `sure_N` are the probabilities of the likeliest labels, calibrated.
    """
    order = np.argsort(-sure_N, kind="stable")
    kept_N = np.arange(1, len(order) + 1)
    enough_N = np.cumsum(right_N[order]) / kept_N >= RIGHT
    most = int(np.flatnonzero(enough_N)[-1]) if enough_N.any() else 0
    wanted = float(sure_N[order[most]]) if most + 1 < len(order) else 0.0
    highest = float(np.quantile(sure_N, UNSAID, method="lower"))
    # Rounded down: the clip at which it was found has its label.
    return math.floor(min(max(wanted, 2 / labels), highest) * 1000) / 1000


def _logs(levels_NL: Floats) -> Floats:
    shifted_NL = levels_NL - levels_NL.max(1, keepdims=True)
    found: Floats = shifted_NL - np.log(np.exp(shifted_NL).sum(1, keepdims=True))
    return found
