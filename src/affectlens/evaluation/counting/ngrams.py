"""What two texts have in common: n-grams for BLEU, the longest common subsequence for ROUGE-L."""

import re
import sys
from collections import Counter
from collections.abc import Sequence

ORDER = 4  # BLEU-4

# One token each: Chinese and Japanese signs and their punctuation; Latin punctuation but ' , - .;
# a full stop or comma that has no digit before or after it; a hyphen after a digit.
_ALONE = (
    r"[\u2e80-\u2fdf\u3000-\u303f\u3041-\u30ff\u3105-\u312f\u31a0-\u31ba\u31c0-\u31e3\u3400-\u4dbf"
    r"\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef“”]|[!-&(-+/:-@\[-`{-~]"
    r"|(?<![0-9])[.,]|[.,](?![0-9])|(?<=[0-9])-"
)
_TOKEN = re.compile(rf"{_ALONE}|(?:(?!{_ALONE})\S)+")
# What ROUGE compares: runs of letters and digits; a Chinese sign is a word.
_WORD = re.compile(r"[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3041-\u30ff\u3400-\u9fff]+")


def tokens(text: str) -> list[str]:
    """Words and punctuation as NIST's mteval 13a splits them, Chinese by signs; case stays.

    As sacreBLEU does with its tokenizer "13a" for ASCII text and with "zh" for Chinese.
    """
    return [sys.intern(token) for token in _TOKEN.findall(text)]


def words(text: str) -> list[str]:
    """Lower-cased words without punctuation, Chinese by signs; in English those of rouge-score."""
    return [sys.intern(word) for word in _WORD.findall(text.lower())]


def bleu_counts(said: Sequence[str], true: Sequence[str]) -> list[int]:
    """Matched n-grams of orders 1 to 4, how many `said` has, and both lengths; they add up."""
    matched, had = [], []
    for n in range(1, ORDER + 1):
        ours, theirs = _grams(said, n), _grams(true, n)
        matched.append((ours & theirs).total())
        had.append(ours.total())
    return [*matched, *had, len(said), len(true)]


def _grams(listed: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(listed[i:] for i in range(n)), strict=False))


def longest_common(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence; bit-parallel after Hyyrö (2004)."""
    places: dict[str, int] = {}
    for at, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << at
    whole = (1 << len(first)) - 1
    row = whole
    for word in second:
        matches = row & places.get(word, 0)
        row = ((row + matches) | (row - matches)) & whole
    return len(first) - row.bit_count()
