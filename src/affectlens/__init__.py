"""Which emotion each person in a video expresses, when, and why."""

__version__ = "0.1.0"
