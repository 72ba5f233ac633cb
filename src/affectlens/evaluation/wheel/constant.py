"""`best_constant`: the label set that scores best when it is always answered; a floor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from affectlens.evaluation.wheel.sets import Sets

_MOST = 150  # words that a constant answer may be made of


def best_constant(
    sets: Sets, truths: Sequence[frozenset[str]], *, recall_only: bool = False
) -> tuple[str, ...]:
    """The words that, always answered, score best; the most frequent ones come first.

    The score is F, or recall, averaged over all mappings of `sets`. Words are added, exchanged and
    left out as long as that helps, among the true ones.
    """
    aims = _aims(sets, truths)
    frequency = word_counts(truths)
    candidates = _candidates(sets, frequency)

    def merit(words: tuple[str, ...]) -> tuple[float, int]:
        bits = sets.of(frozenset(words))
        total = sum(aim.score(own, recall_only) for aim, own in zip(aims, bits, strict=True))
        # Rounded, so that the order of the truths decides nothing; of equals the shorter is better.
        return round(total, 9), -len(words)

    best: tuple[str, ...] = ()
    reached = (0.0, 0)
    while True:
        tries = list(_steps(best, candidates))
        merits = [merit(words) for words in tries]
        if max(merits, default=reached) <= reached:
            return tuple(word for word in frequency if word in best)
        reached = max(merits)
        best = tries[merits.index(reached)]


def word_counts(truths: Iterable[frozenset[str]]) -> dict[str, int]:
    """How many sets have each word; the most frequent first, then by the alphabet."""
    counts: dict[str, int] = {}
    for labels in truths:
        for label in labels:
            counts[label] = counts.get(label, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _candidates(sets: Sets, frequency: Mapping[str, int]) -> list[str]:
    """Frequent words that no more frequent one equals in all mappings."""
    unlike: dict[tuple[int, ...], str] = {}
    for word in frequency:
        bits = sets.word(word)
        if any(bits):
            unlike.setdefault(bits, word)
    return list(unlike.values())[:_MOST]


def _steps(words: tuple[str, ...], candidates: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """One word more, or another one in the place of one, or one less."""
    others = [word for word in candidates if word not in words]
    for word in others:
        yield (*words, word)
    for at in range(len(words)):
        rest = words[:at] + words[at + 1 :]
        yield from ((*rest, word) for word in others)
        if rest:
            yield rest


@dataclass(frozen=True, slots=True)
class _Aim:
    """What a constant earns in one mapping: it is a sum over the clusters that it names."""

    samples: int
    holds: Mapping[int, float]  # cluster → samples whose truth has it
    recalls: Mapping[int, float]  # cluster → sum of its shares of the truths

    def score(self, answer: int, recall_only: bool) -> float:
        if not answer or not self.samples:
            return 0.0
        bits = _single(answer)
        recall = sum(self.recalls.get(bit, 0.0) for bit in bits) / self.samples
        if recall_only or recall == 0:
            return recall
        precision = sum(self.holds.get(bit, 0) for bit in bits) / len(bits) / self.samples
        return 2 * precision * recall / (precision + recall)


def _aims(sets: Sets, truths: Sequence[frozenset[str]]) -> list[_Aim]:
    times: dict[frozenset[str], int] = {}
    for labels in truths:
        times[labels] = times.get(labels, 0) + 1
    aims = []
    for m in range(len(sets.names)):
        kept, holds, recalls = 0, dict[int, float](), dict[int, float]()
        for labels, count_of in times.items():
            bits = _single(sets.of(labels)[m])
            kept += count_of if bits else 0
            for bit in bits:
                holds[bit] = holds.get(bit, 0) + count_of
                recalls[bit] = recalls.get(bit, 0) + count_of / len(bits)
        aims.append(_Aim(kept, holds, recalls))
    return aims


def _single(bits: int) -> list[int]:
    """The bits of a number, one by one."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest)
        bits ^= lowest
    return found
