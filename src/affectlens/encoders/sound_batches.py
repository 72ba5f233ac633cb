"""Pieces of sound put together by length, so that nets run batches in which nothing is padded."""

from collections.abc import Iterator, Sequence


def together(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Places of pieces of one length, at most `most` samples together, at least one piece."""
    by_length: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        by_length.setdefault(length, []).append(place)
    for length, places in by_length.items():
        count = max(most // max(length, 1), 1)
        for start in range(0, len(places), count):
            yield places[start : start + count]
