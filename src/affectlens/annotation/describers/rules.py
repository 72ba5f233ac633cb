"""Describes by rule; helper C owns this file."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Nothing to set."""
