"""The label space that labels are of, when nobody said which, and labels in a space's spelling."""

from collections.abc import Mapping

from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import SPACES
from affectlens.foundation.errors import InputError


def fit(places: Mapping[str, str]) -> LabelSpace:
    """The smallest known space that has all these labels; `places` tells where each first stands.

    One that keeps them apart comes before one in which two are the same, and one that spells them
    as they are before one that means the same by other words.

    Raises:
        InputError: none has; tells the first label that fits nowhere.
    """
    able = list(SPACES.values())
    for word, place in places.items():
        left = [one for one in able if one.find(word)]
        if not left:
            above = ", ".join(other for other in places if other != word)
            raise InputError(
                f"{place}: no known label space has {word!r} beside the other labels ({above}). "
                "Correct it, or say which labels there are: --labels a,b,c."
            )
        able = left
    words = {word.strip().lower() for word in places}

    def rank(one: LabelSpace) -> tuple[int, int, int]:
        merged = len(words) - len({one.find(word) for word in words})
        return merged, len(words - set(one.labels)), len(one.labels)

    return min(able, key=rank)


def spelled(word: str, one: LabelSpace, place: str) -> str:
    """A label in the spelling of its space.

    Raises:
        InputError: the space has no such label; tells the place.
    """
    label = one.find(word)
    if label is None:
        raise InputError(
            f"{place}: {word!r} is no label of {one.name}, which has {', '.join(one.labels)}."
        )
    return label
