"""Checks that settings have in common."""

import re
from collections.abc import Iterable, Mapping

from affectlens.foundation.errors import ConfigError

_PLAIN = re.compile(r"\w[\w-]*")


def above(name: str, value: float, least: float, *, itself: bool = False) -> None:
    """Refuse a number below the least; or that least too, unless it is allowed itself.

    Raises:
        ConfigError: it is.
    """
    if value < least or (value == least and not itself):
        raise ConfigError(f"{name} is {'at least' if itself else 'above'} {least:g}, got {value}.")


def positive(name: str, shares: Mapping[str, float]) -> None:
    """Refuse shares of which one is negative or none is above 0; none at all are allowed.

    Raises:
        ConfigError: so it is.
    """
    if shares and (min(shares.values()) < 0 or sum(shares.values()) <= 0):
        raise ConfigError(f"{name} has shares, none below 0 and one above it; got {dict(shares)}.")


def plain(where: str, names: Iterable[str]) -> None:
    """Refuse names that lead out of the folder in which folders are called so.

    Raises:
        ConfigError: one does.
    """
    for name in names:
        if not _PLAIN.fullmatch(name):
            raise ConfigError(
                f"{where} has {name!r}, and folders are called so: a name has letters, digits, _ "
                "and - alone."
            )
