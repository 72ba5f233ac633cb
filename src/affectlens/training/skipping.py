"""`Skipping`: counts the samples that left their batch, and stops a run that loses too many."""

from collections.abc import Callable, Mapping, Sequence

from affectlens.foundation.errors import InputError
from affectlens.training.collate import Skipped

_FIRST = 20  # samples before which no share is taken of them
_SHOWN = 3

Told = Callable[[Sequence[Skipped]], None]


class Skipping:
    """Of all processes together; `tell` is handed each sample once."""

    def __init__(self, share: float, tell: Told) -> None:
        """`share` is the greatest that may be broken."""
        self.seen = 0
        self.broken = 0
        self._share = share
        self._tell = tell
        self._last: list[Skipped] = []

    def __call__(self, seen: int, skipped: Sequence[Skipped]) -> None:
        """Take note of a step's samples.

        Raises:
            InputError: too many were broken so far. One that comes early is not yet a share.
        """
        self.seen += seen
        self.broken += len(skipped)
        if not skipped:
            return
        self._last = [*self._last, *skipped][-_SHOWN:]
        self._tell(skipped)
        allowed = self._share * self.seen + (self._share > 0)
        if self.seen >= _FIRST and self.broken > allowed:
            raise InputError(
                f"{self.broken} of {self.seen} samples are broken so far, and the recipe allows a "
                f"share of {self._share:g}. The last ones:{self._lines()}\nRepair the data, or "
                "raise `broken` in the recipe."
            )

    def counts(self) -> dict[str, int]:
        """Samples so far."""
        return {"seen": self.seen, "broken": self.broken}

    def recall(self, counts: Mapping[str, int]) -> None:
        """Add those of before."""
        self.seen += counts["seen"]
        self.broken += counts["broken"]

    def check(self) -> None:
        """At a stage's end.

        Raises:
            InputError: not one sample was whole.
        """
        if self.seen and self.broken == self.seen:
            raise InputError(
                f"All {self.seen} samples are broken, so nothing was learned. The last ones:"
                f"{self._lines()}"
            )

    def _lines(self) -> str:
        return "".join(f"\n- {one.name}: {one.reason}" for one in self._last)
