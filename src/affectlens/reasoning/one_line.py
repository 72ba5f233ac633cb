"""Text of others made safe to stand in one line of a terminal, a subtitle or a table."""

import unicodedata

# Marks that reorder the text around them: a file's name could show as another.
_REORDERING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """The text with every run of white space as one blank and no control characters."""
    kept = (_plain(character) for character in text)
    return " ".join("".join(kept).split())


def _plain(character: str) -> str:
    """The character, a blank for a control character or half a surrogate pair, or nothing."""
    if character in _REORDERING:
        return ""
    return " " if unicodedata.category(character) in {"Cc", "Cs"} else character
