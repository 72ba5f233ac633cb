"""Open-vocabulary labels from a model's answer, by rules; no judge is asked.

Three forms are read, the first that is there: a list ("[happy, sad]"); a statement ("The
character's emotional state is happy and sad."), the last one; running text, where the words of our
own table count that nothing negates, of its concluding sentences if these have any. What is listed
or stated keeps its words; of running text each word gives the form that the table calls it by.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from affectlens.evaluation.wheel import own
from affectlens.evaluation.wheel.lists import words as listed
from affectlens.foundation.missing import Missing
from affectlens.reasoning.lexicon import QUOTED

_HEAD = re.compile(r"^(?:input|output|输入|输出)\s*[:：]\s*", re.IGNORECASE)
_LIST = re.compile(r"\[([^\[\]]*)\]")
_SENTENCE = re.compile(r"[^.!?。！？；\n]+[.!?。！？；\n]*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_TOKEN = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_LONGEST = 5  # words of a phrase of the table
_SHORT = 2  # words that a label may have which no table knows
_FEW = 4  # words that a label may have at all


@dataclass(frozen=True, slots=True)
class _Language:
    """How answers of one language are read."""

    statement: re.Pattern[str]
    around: re.Pattern[str]
    between: re.Pattern[str]
    none: re.Pattern[str]
    conclusion: re.Pattern[str]
    negation: re.Pattern[str]
    affirmed: re.Pattern[str]
    clause: re.Pattern[str]
    chain: re.Pattern[str]
    sought: Mapping[str, str]  # word → form


def labels_of(text: str, *, language: str | None = None) -> tuple[str, ...] | Missing:
    """The labels that an answer names, in its order, each once.

    It is read as Chinese or English by its letters; if it has both, as `language` says ("en",
    "zh"), or else as Chinese.
    """
    plain = _HEAD.sub("", text.replace("*", "").strip())
    if not plain:
        return Missing("the answer is empty")
    rules = _rules(_language(plain, language))
    found = _bracketed(plain, rules)
    if found is None:
        found = _stated(plain, rules) or _bare(plain, rules) or _concluded(plain, rules)
        return tuple(dict.fromkeys(found)) or Missing("the answer names no emotion that is known")
    return tuple(found) or Missing("the answer's list of labels is empty")


def _language(text: str, told: str | None) -> str:
    if not _CHINESE.search(text):
        return "en"
    return "en" if told == "en" and _TOKEN.search(text.lower()) else "zh"


def _bracketed(text: str, rules: _Language) -> list[str] | None:
    """The last list in brackets that has a known label or is all there is; None without one."""
    known = own.table()
    for bracketed in reversed(list(_LIST.finditer(text))):
        labels = [rules.around.sub("", label) for label in listed(bracketed[1])]
        found = [label for label in labels if label and not rules.none.match(label)]
        if own.tidy(bracketed[0]) == own.tidy(text) or any(known.find(label) for label in found):
            return found
    return None


def _stated(text: str, rules: _Language) -> list[str]:
    """Labels of the last statement that has any, in a sentence that opens, concludes or ends."""
    sentences = _SENTENCE.findall(text)
    for at in reversed(range(len(sentences))):
        if 0 < at < len(sentences) - 1 and not rules.conclusion.search(sentences[at]):
            continue
        for statement in reversed(list(rules.statement.finditer(sentences[at]))):
            if found := _items(statement["said"], rules) or _sought(statement["said"], rules):
                return found
    return []


def _bare(text: str, rules: _Language) -> list[str]:
    """Labels of an answer that is nothing but labels."""
    found = _items(text, rules)
    known = own.table()
    return found if any(known.find(label) for label in found) else []


def _items(text: str, rules: _Language) -> list[str]:
    """Labels between commas and the like; none if one is negated or is a whole phrase."""
    found = []
    for part in rules.between.split(text):
        label = rules.around.sub("", own.tidy(part))
        size = len(label.split()) if label.isascii() else len(label) / 2
        if rules.none.match(label) or size > (_FEW if own.table().find(label) else _SHORT):
            return []
        if label:
            found.append(label)
    return found


def _concluded(text: str, rules: _Language) -> list[str]:
    """Words of the sentences that conclude; if they have none, of all."""
    prose = QUOTED.sub(lambda quote: "·" * len(quote[0]), text)
    sentences = _SENTENCE.findall(prose)
    ends = " ".join(sentence for sentence in sentences if rules.conclusion.search(sentence))
    return _sought(ends, rules) or _sought(prose, rules)


def _sought(text: str, rules: _Language) -> list[str]:
    """Forms of the words of the table in running text, without those that are negated."""
    found: list[str] = []
    last_end, last_denied = 0, False
    plain = text.lower().replace("’", "'")
    for form, start, end in _matches(plain, rules.sought):
        chained = bool(rules.chain.fullmatch(plain, last_end, start))
        denied = (last_denied and chained) or _denied(plain[:start], last_end, rules)
        if not denied:
            found.append(form)
        last_end, last_denied = end, denied
    return list(dict.fromkeys(found))


def _denied(before: str, since: int, rules: _Language) -> bool:
    """Whether a negation stands in the clause that leads to a word, after the word before it."""
    meant = rules.affirmed.sub(lambda match: " " * len(match[0]), before)[since:]
    return bool(rules.negation.search(rules.clause.split(meant)[-1]))


def _matches(text: str, sought: Mapping[str, str]) -> Iterator[tuple[str, int, int]]:
    """Form, start and end of each word or phrase, the longest that begins at a place."""
    at = 0
    for start, ends in _starts(text):
        if start < at:
            continue
        for end in ends:
            form = sought.get(text[start:end].replace("-", " "))
            if form is not None:
                yield form, start, end
                at = end
                break


def _starts(text: str) -> Iterator[tuple[int, list[int]]]:
    """Where words may begin, and where they may end, the farthest first."""
    tokens = list(_TOKEN.finditer(text))
    latin = {
        token.start(): [later.end() for later in reversed(tokens[i : i + _LONGEST])]
        for i, token in enumerate(tokens)
    }
    for start, letter in enumerate(text):
        if _CHINESE.match(letter):
            yield start, [end for end in range(start + 6, start + 1, -1) if end <= len(text)]
        elif start in latin:
            yield start, latin[start]


@cache
def _rules(language: str) -> _Language:
    raw = resources.files("affectlens.evaluation").joinpath("extract.toml").read_text("utf-8")
    data = tomllib.loads(raw)[language]
    unsought = {own.tidy(word) for word in data.pop("unsought").replace("\n", " ").split(",")}
    sought = {
        word: place.form
        for word, place in own.table().places.items()
        if word not in unsought and len(word) > 1
    }
    patterns = {name: re.compile(p, re.IGNORECASE | re.VERBOSE) for name, p in data.items()}
    return _Language(**patterns, sought=sought)
