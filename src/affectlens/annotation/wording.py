"""The words of a text in any script, and which of them are the writer's own."""

import re
from collections.abc import Iterable

from affectlens.foundation.missing import Missing
from affectlens.reasoning.lexicon import QUOTED

# Scripts that put no blank between words: each character counts as a token.
_UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’-][^\W_{_UNSPACED}]+)*")
_SINGLE = re.compile(rf"[{_UNSPACED}]")


def tokens(text: str) -> list[str]:
    """Words in small letters, and single characters of scripts without blanks."""
    return [match[0].lower().replace("’", "'") for match in _TOKEN.finditer(text)]


def length(found: Iterable[str]) -> float:
    """How many words tokens make; two characters of a script without blanks count as one."""
    return sum(0.5 if _SINGLE.match(token) else 1.0 for token in found)


def own(text: str, subtitle: str | Missing) -> str:
    """The text without quotations and without the subtitle; all of it if nothing else is left.

    Some models put their whole answer in quotation marks, which then is no quotation.
    """
    rest = QUOTED.sub(" ", text)
    if not isinstance(subtitle, Missing) and subtitle.strip():
        rest = rest.replace(subtitle.strip(), " ")
    return rest if tokens(rest) else text
