"""`Judge`: a language model that is asked about texts, the same question always answered alike.

A judge is a file of `evaluation/judges/` with `Config` and `build(config) -> Judge`.
"""

from collections.abc import Sequence
from typing import Protocol

from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent


class Judge(Protocol):
    """Answers prompts at temperature 0."""

    @property
    def identity(self) -> str:
        """Kind, model and revision: replies of one are never taken for another's."""

    def ask(self, prompts: Sequence[str], *, progress: Progress = silent) -> list[str | Missing]:
        """A reply to each, in their order; Missing where it refused, failed or said nothing.

        Raises:
            UnavailableError: the judge cannot be had at all.
        """
