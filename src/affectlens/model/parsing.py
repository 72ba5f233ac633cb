"""The label that an answer names; an answer without one has none."""

import re

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.missing import Missing

# Latin letters only: in "情绪是happy。" the label is a word of its own, in "unhappy" it is not.
_WORD = re.compile(r"[A-Za-zÀ-ɏ]+")
_SHOWN = 80


def label(answer: str, space: LabelSpace, *, strict: bool = False) -> str | Missing:
    """The label of `space` that is named last, in any spelling that the space knows.

    `strict` is the published evaluation: the last word, split at blanks, must be a label to the
    letter (spec §3.6). What that evaluation then counts as "neutral" is Missing here.
    """
    if strict:
        words = answer.split(" ")[-1:]
        found = [word for word in words if word in space.labels]
    else:
        names = (space.find(word) for word in _WORD.findall(answer))
        found = [name for name in names if name is not None]
    if found:
        return found[-1]
    return Missing(f"The answer names no label of {space.name}: {answer[:_SHOWN]!r}.")
