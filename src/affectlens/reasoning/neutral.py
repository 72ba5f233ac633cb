"""English text without words for a person's gender, age or origin: nothing here measures these.

Language models write "the young woman … her smile"; people get "the person … the smile".
"""

import re
from collections.abc import Callable

_PEOPLE = {
    **dict.fromkeys(("man", "woman", "boy", "girl", "lady", "gentleman", "guy", "male", "female",
                     "child", "kid", "toddler", "teenager", "teen", "mother", "father",
                     "grandmother", "grandfather", "husband", "wife", "actress"), "person"),
    **dict.fromkeys(("men", "women", "boys", "girls", "ladies", "gentlemen", "guys", "children",
                     "kids", "toddlers", "teenagers", "mothers", "fathers", "actresses"), "people"),
}  # fmt: skip
_TRAITS = (
    "young|younger|old|older|elderly|middle[- ]aged|teenaged?|adult|asian|black|white|african|"
    "american|african-american|chinese|japanese|korean|indian|european|caucasian|hispanic|latino|"
    r"latina|arab|(?:dark|light|fair|brown)-skinned|\w+-year-old"
)
_NOUN = re.compile(
    rf"(?P<article>\ban?\s+)?(?:\b(?:{_TRAITS})\b,?\s+)*\b(?P<noun>{'|'.join(_PEOPLE)})\b",
    re.IGNORECASE,
)
_TRAIT = re.compile(
    rf"(?P<article>\ban?\s+)?(?:\b(?:{_TRAITS}|male|female)\b,?\s+)+"
    r"(?=(?P<noun>person|people|speaker|actor|actress|voice|face)\b)",
    re.IGNORECASE,
)
_DECADE = re.compile(  # of a life
    r",?\s+in\s+(?:his|her|their)\s+(?:(?:early|mid|late)[- ])?"
    r"(?:teens|twenties|thirties|forties|fifties|sixties|seventies|eighties|\d0s)\b",
    re.IGNORECASE,
)
_SELF = re.compile(r"\b(?:himself|herself)\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:his|her)\b(?=\s+\w)", re.IGNORECASE)
_OWNED = re.compile(r"\b(?:his|hers)\b", re.IGNORECASE)
_ONE = re.compile(r"\b(?:he|she|him|her)\b", re.IGNORECASE)
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|「[^」]*」")


def neutral(text: str) -> str:
    """The text, its quotations as they were: what somebody says is not what we say of them."""
    parts, start = [], 0
    for quoted in _QUOTED.finditer(text):
        parts += [_plain(text[start : quoted.start()]), quoted[0]]
        start = quoted.end()
    return "".join([*parts, _plain(text[start:])])


def _plain(text: str) -> str:
    text = _DECADE.sub("", text)
    text = _TRAIT.sub(_article, text)
    text = _NOUN.sub(_noun, text)
    text = _SELF.sub("themselves", text)
    text = _OWN.sub(_as("the"), text)  # as clues are worded: "raises the brows"
    text = _OWNED.sub(_as("the person's"), text)
    return _ONE.sub(_as("the person"), text)


def _article(match: re.Match[str]) -> str:
    """The article that fits what follows."""
    if not match["article"]:
        return ""
    fitting = "an " if match["noun"][0].lower() in "aeiou" else "a "
    return fitting.capitalize() if match["article"][0].isupper() else fitting


def _noun(match: re.Match[str]) -> str:
    word = _PEOPLE[match["noun"].lower()]
    article = match["article"] or ""
    if article:
        article = "A " if article[0].isupper() else "a "
    elif match[0][0].isupper():
        word = word.capitalize()
    return article + word


def _as(word: str) -> Callable[[re.Match[str]], str]:
    """A replacement that begins with a capital where the word did."""
    return lambda match: word[0].upper() + word[1:] if match[0][0].isupper() else word
