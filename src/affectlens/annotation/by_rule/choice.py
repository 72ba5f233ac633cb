"""One of several wordings, by the content of the file: varied over clips, the same everywhere."""

from collections.abc import Sequence

from affectlens.annotation.draft import Draft
from affectlens.foundation.hashing import sha256_of_text


def chosen(wordings: Sequence[str], draft: Draft, what: str) -> str:
    """The wording that a file gets for something."""
    number = int(sha256_of_text(f"{draft.seen.sha256} {what}")[:8], 16)
    return wordings[number % len(wordings)]
