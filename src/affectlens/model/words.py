"""Open vocabulary: the emotion words of a generated list, and which labels they name."""

import re
from collections.abc import Sequence

from affectlens.emotions.labels import LabelSpace

# 和 parts words only where two characters stand on both sides: 平和 and 温和 are words themselves.
_PARTS = re.compile(
    r"[,;/|\n、，；。]|\.(?=\s|$)|\s+(?:and|or)\s+|以及|(?<=[\u4e00-\u9fff]{2})[和与及](?=[\u4e00-\u9fff]{2})",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^[^\[{]*?[:：]")
_MARK = re.compile(r"^\s*(?:[-*•]|\d+[.)、])\s*|^(?:and|or)\s+", re.IGNORECASE)
_BRACKETED = re.compile(r"\[([^\[\]]+)\]")
_AROUND = " \t\r\"'`“”‘’「」『』《》()（）[]{}<>.!?:。！？：*_"


def words(text: str) -> tuple[str, ...]:
    """The items of a list in small letters, each once, in their order.

    Reads commas, lines, bullets, "and", lists in brackets and their Chinese kin; what stands before
    a colon introduces the list. A sentence is no list: its parts come back as they stand.
    """
    inside = _BRACKETED.search(text)
    lines = [inside[1]] if inside else text.splitlines()
    found: dict[str, None] = {}
    for line in lines:
        for part in _PARTS.split(_MARK.sub("", _LEAD.sub("", _MARK.sub("", line)))):
            word = _MARK.sub("", part).strip(_AROUND).lower()
            if word:
                found[word] = None
    return tuple(found)


def labels_of(found: Sequence[str], space: LabelSpace) -> tuple[str, ...]:
    """The labels of a space that some words name, each once; words that name none are left out."""
    named = (space.find(word) for word in found)
    return tuple(dict.fromkeys(label for label in named if label is not None))
