"""`LabelAgreement`: how far people, or judges, give the same labels, beyond what chance gives."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from affectlens.foundation.missing import Missing

Label = str | Missing | None  # Missing or None: this one gave no label
Number = float | Missing
_NO_PAIRS = Missing("no item has a label of both")
_NO_TWO = Missing("no item has labels of two")
_ALL_ONE = Missing("there is but one label, so that chance alone would agree, too")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAgreement:
    """Of two lists of labels."""

    n: int  # items that both labelled
    left_out: int  # items that one of them did not
    identical: Number  # share of items, 0–1
    kappa: Number  # Cohen's, unweighted
    alpha: Number  # Krippendorff's, nominal scale


def of_labels(one: Sequence[Label], other: Sequence[Label]) -> LabelAgreement:
    """Agreement of two lists of labels of the same items; what one of them left open is left out.

    Sources: Cohen 1960 for kappa, Krippendorff 2011 for alpha.
    """
    assert len(one) == len(other)
    pairs = [
        (a, b) for a, b in zip(one, other, strict=True) if isinstance(a, str) and isinstance(b, str)
    ]
    return LabelAgreement(
        n=len(pairs),
        left_out=len(one) - len(pairs),
        identical=_identical(pairs) if pairs else _NO_PAIRS,
        kappa=_kappa(pairs) if pairs else _NO_PAIRS,
        alpha=alpha_of_labels(pairs) if pairs else _NO_PAIRS,
    )


def alpha_of_labels(items: Sequence[Sequence[Label]]) -> Number:
    """Krippendorff's alpha, nominal scale: for each item the labels of any number of people.

    Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section D.
    """
    counts = [Counter(label for label in item if isinstance(label, str)) for item in items]
    paired = [count for count in counts if count.total() > 1]
    if not paired:
        return _NO_TWO
    values: Counter[str] = sum(paired, Counter())
    n = values.total()
    observed = sum(_unlike(count) / (count.total() - 1) for count in paired) / n
    expected = _unlike(values) / (n * (n - 1))
    return 1 - observed / expected if expected else _ALL_ONE


def _unlike(count: Counter[str]) -> int:
    """Ordered pairs of values that are not the same."""
    return count.total() ** 2 - sum(times**2 for times in count.values())


def _identical(pairs: Sequence[tuple[str, str]]) -> float:
    return sum(a == b for a, b in pairs) / len(pairs)


def _kappa(pairs: Sequence[tuple[str, str]]) -> Number:
    ones, others = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(times * others[label] for label, times in ones.items()) / len(pairs) ** 2
    return (_identical(pairs) - chance) / (1 - chance) if chance < 1 else _ALL_ONE
