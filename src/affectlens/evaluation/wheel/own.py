"""`OwnTable`: this project's own groups of emotion words, in two levels, English and Chinese."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

NAMES = ("form", "level1", "level2")

_VOWELS = "aeiou"
_CONSONANT_Y = re.compile(r"[^aeiou]y$")
# One syllable that ends consonant, vowel, consonant doubles its last letter: nag, nagging.
_DOUBLES = re.compile(r"^[^aeiou]*[aeiou][^aeiouwxy]$")
# What may stand around a word without changing which emotion it is.
_DEGREES = re.compile(
    r"^(?:(?:an?|the|some|very|so|quite|rather|really|extremely|deeply|deep|highly|slightly|slight|"
    r"mildly|mild|somewhat|fairly|too|more|most|strongly|great|a bit|a little|a hint of|a sense of|"
    r"a feeling of|sense of|feeling of|feeling|feels|feel|full of|filled with|state of|"
    r"emotionally|emotional|inner|psychological|overly|increasingly|genuinely|truly) )+"
)
_HEADS = re.compile(r" (?:emotion|feeling|mood|state|attitude|tone|expression|sentiment)s?$")
_NEGATED = re.compile(r"^(?:not|no|non|never|isn't|without|lack of)(?: (?:so|very|at all))? (.+)$")
_OPPOSING = ("un", "dis", "in", "im")
_ZH_DEGREES = re.compile(
    r"^(?:非常|十分|有些|有点儿?|一些|一点|一丝|很|极度|极其|略显|略微|稍微|比较|相当|特别|感到|感觉|显得|深深的?)+"
)
_ZH_HEADS = re.compile(r"(?:的)?(?:情绪|情感|心情|感觉|状态|态度|之情|感|地|的)$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word stands."""

    form: str  # the word that names all its forms
    group: str  # level 2
    family: str  # level 1


@dataclass(frozen=True, slots=True)
class OwnTable:
    """Words in groups; every word is in one group, every group in one family."""

    places: Mapping[str, Place]
    names: tuple[str, ...] = NAMES

    @property
    def families(self) -> tuple[str, ...]:
        """Level 1, in the order of the table."""
        return tuple(dict.fromkeys(place.family for place in self.places.values()))

    @property
    def groups(self) -> tuple[str, ...]:
        """Level 2, in the order of the table."""
        return tuple(dict.fromkeys(place.group for place in self.places.values()))

    def map(self, mapping: str, word: str) -> str | None:
        """What a word is in a mapping of `names`, or None: an unknown word is in no group."""
        found = self.find(word)
        if found is None:
            return None
        return {"form": found.form, "level1": found.family, "level2": found.group}[mapping]

    def find(self, word: str) -> Place | None:
        """Where a word stands; words of degree around it ("very", "feeling") do not matter.

        A negated word is where its opposite by prefix is ("not happy" where "unhappy"), if that
        is in the table; otherwise nowhere: what is not sad need not be happy.
        """
        plain = tidy(word)
        for bare in (plain, *_barer(plain)):
            if bare in self.places:
                return self.places[bare]
        if denied := _NEGATED.match(plain):
            opposites = (tidy(prefix + denied[1]) for prefix in _OPPOSING)
            return next((self.places[word] for word in opposites if word in self.places), None)
        return None


def tidy(word: str) -> str:
    """A word as the table writes it: lower-case, blanks for hyphens, no marks around it."""
    plain = (
        word.lower().replace("-", " ").replace("’", "'").strip(" \t\n.,;:!?\"'()[]{}。，；：！？")
    )
    return re.sub(r"\s+", " ", plain)


@cache
def table() -> OwnTable:
    """The table of `own.toml`."""
    raw = resources.files("affectlens.evaluation.wheel").joinpath("own.toml").read_text("utf-8")
    places: dict[str, Place] = {}
    for group in tomllib.loads(raw)["group"]:
        for form, words in _families_of(group):
            for word in words:
                place = Place(form, group["name"], group["family"])
                there = places.setdefault(word, place)
                assert there.group == place.group, f"{word}: {there} and {place}"
    return OwnTable(places)


def _families_of(group: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    for line in group["en"].split(";"):
        words = [tidy(word) for written in line.split(",") for word in forms(written)]
        yield words[0], words
    for word in group["zh"].split():
        yield word, [word]


def forms(written: str) -> list[str]:
    """A word of the table with its regular inflections: `.a` adjective, `.v` verb, `.n` noun.

    Nothing is made of "-less" or "un-": such words mean the opposite and stand on their own.
    """
    word, _, kind = written.strip().partition(".")
    makers = {"": [], "a": _adjective(word), "v": _verb(word), "n": [_plural(word)]}
    return [word, *makers[kind]]


def _adjective(word: str) -> list[str]:
    made = [_adverb(word)]
    if word.endswith(("ent", "ant")):
        return [*made, word[:-1] + "ce"]
    if word.endswith(("able", "ible")):
        return [*made, word[:-2] + "ility"]
    if word.endswith(("ed", "ing", "ic")):
        return made
    return [*made, (word[:-1] + "i" if _CONSONANT_Y.search(word) else word) + "ness"]


def _adverb(word: str) -> str:
    if word.endswith("ic"):
        return word + "ally"
    if word.endswith("le") and word[-3:-2] not in _VOWELS:
        return word[:-1] + "y"
    if word.endswith("ll"):
        return word + "y"
    return (word[:-1] + "i" if _CONSONANT_Y.search(word) else word) + "ly"


def _verb(word: str) -> list[str]:
    if _CONSONANT_Y.search(word):
        return [_plural(word), word[:-1] + "ied", word + "ing"]
    if word.endswith("e"):
        return [_plural(word), word + "d", (word if word.endswith("ee") else word[:-1]) + "ing"]
    stem = word + word[-1] if _DOUBLES.match(word) else word
    return [_plural(word), stem + "ed", stem + "ing"]


def _plural(word: str) -> str:
    if _CONSONANT_Y.search(word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "sh", "ch", "x", "z")) else "s")


def _barer(word: str) -> Iterator[str]:
    """The word with less and less around it."""
    for prefix, suffix in ((_DEGREES, _HEADS), (_ZH_DEGREES, _ZH_HEADS)):
        yield suffix.sub("", word)
        yield prefix.sub("", word)
        yield suffix.sub("", prefix.sub("", word))
