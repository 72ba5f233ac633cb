"""A generated text without what a small model does when it has no more to say: it repeats itself.

What is cut here was said before; nothing new is lost.
"""

import re

from affectlens.reasoning.grounding import sentences

# A phrase of up to a dozen words that is said three times running.
_LOOP = re.compile(r"\b(\w[^.!?\n]{3,79}?)(?:[\s,;]+\1\b){2,}", re.IGNORECASE)
_ENDED = re.compile(r"[.!?…][”\"’')\]]*$")


def repeats(text: str) -> bool:
    """Whether a text began to say again what it said, so that writing on is of no use."""
    told = [_plain(one) for one in sentences(text)]
    return len(set(told)) < len(told) or _LOOP.search(text) is not None


def tidy(text: str, *, whole: bool = False) -> str:
    """The text up to where it repeats a sentence; of a phrase that is repeated, the first.

    With `whole`, for models that write whole sentences, a last one that was cut off is left out,
    unless it is the only one.
    """
    told: dict[str, str] = {}
    for sentence in sentences(_LOOP.sub(r"\1", text)):
        if _plain(sentence) in told:
            break
        told[_plain(sentence)] = sentence
    kept = list(told.values())
    if whole and len(kept) > 1 and not _ENDED.search(kept[-1]):
        kept.pop()
    return " ".join(kept)


def _plain(sentence: str) -> str:
    """Words alone, in small letters; signs, where there is no word."""
    return " ".join(re.findall(r"\w+", sentence.lower())) or sentence
