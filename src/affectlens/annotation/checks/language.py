"""The description is in the language that is wanted.

A language is told by its letters and, among those of Latin letters, by its most frequent words;
`languages.toml` has both. Quotations and the subtitle are left out: people speak as they do.
"""

from affectlens.annotation.annotation import Check
from affectlens.annotation.check import language_of, untried
from affectlens.annotation.draft import Draft
from affectlens.annotation.languages import language, languages
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.wording import length, own, tokens
from affectlens.foundation.missing import Missing

_NAME = "language"
_IN_SCRIPT = 0.9  # least share of the words that have the language's letters
_FREQUENT = 0.15  # least share of the words that are among its most frequent; people's texts: 0.3
_KINDS = 3  # least different ones of these
_JUDGED = 8  # words from which these two say something


def check(draft: Draft, recipe: Recipe) -> Check:
    """Compare its letters and words with those of the language.

    Raises:
        ConfigError: the language is one that cannot be told.
    """
    if isinstance(draft.fine, Missing):
        return untried(_NAME, draft.fine)
    wanted = language_of(recipe)
    score, fault = _judged(tokens(own(draft.fine, draft.subtitle)), wanted)
    detail = f"The description is not in {wanted!r}: {fault}." if fault else ""
    detail = detail or f"The description is in {wanted!r}."
    return Check(name=_NAME, passed=not fault, score=score, detail=detail)


def _judged(words: list[str], wanted: str) -> tuple[float, str]:
    """How much of a text is in a language (0–1), and what speaks against it."""
    if not words:
        return 0.0, "it has no words"
    told = language(wanted)
    lettered = [word for word in words if not word.isdigit()]
    inside = [word for word in lettered if told.letters.fullmatch(word)]
    share = length(inside) / length(lettered) if lettered else 0.0
    if share < _IN_SCRIPT:
        return share, f"{share:.0%} of the words have its letters"
    if not any(told.own.search(word) for word in inside):
        return 0.0, "none of its own letters are there"
    return _by_words(inside, wanted, share) if told.frequent else (share, "")


def _by_words(words: list[str], wanted: str, share: float) -> tuple[float, str]:
    """As `_judged`, by the words that are frequent in each language of these letters."""
    hits = {
        name: sum(word in one.frequent for word in words)
        for name, one in languages().items()
        if one.frequent
    }
    best = max(hits, key=lambda name: (hits[name], name == wanted))
    if best != wanted:
        return share * hits[wanted] / hits[best], f"its words are rather those of {best!r}"
    if len(words) < _JUDGED:
        return share, ""
    frequent = hits[wanted] / len(words)
    if frequent < _FREQUENT:
        return share * frequent / _FREQUENT, f"only {frequent:.0%} of its words are frequent in it"
    kinds = len(languages()[wanted].frequent.intersection(words))
    if kinds < _KINDS:
        return share * kinds / _KINDS, f"only {kinds} of its frequent words are there"
    return share, ""
