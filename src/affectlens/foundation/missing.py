"""`Missing`: absence as a value, with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that could not be had, and why; it stands where the thing would have stood.

    Nothing in this project replaces it by zeros, a default label or another sample.
    """

    reason: str

    def __str__(self) -> str:
        return self.reason
