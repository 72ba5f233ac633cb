"""What a translator left of its prompt before a description, as in 88 of 332 texts of EMER v2."""

import re

_PROMPT = re.compile(r"(Input|Output)\s*[:：]\s*")


def without_prompt(text: str) -> tuple[str, str]:
    """A description without it, and what it was ("" where there is none).

    Source: specs/affectgpt-emer.md §1.2.
    """
    left = _PROMPT.match(text)
    return (text[left.end() :], left[0].strip()) if left else (text, "")
