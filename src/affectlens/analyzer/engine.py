"""`spread`: one function over many items in other processes, by whichever engine is named.

An engine is one file in `analyzer/engines/` with
`spread(work, items, *, workers: int, address: str | None)`, which gives what `spread` here gives.
"""

import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import TypeVar

from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError

GROUP = "analyzer.engines"

Item = TypeVar("Item")
Result = TypeVar("Result")


class Died(Exception):  # noqa: N818 - given back as a result, beside those of the work itself
    """A worker ended in the middle of an item, or the work raised what it should have handled."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Crew:
    """Who does the work: results do not depend on it."""

    engine: str = "pool"
    workers: int | None = None  # items at a time; None: as many as the work is usually given
    address: str | None = None  # of a running Ray cluster, such as "auto" or "10.0.0.1:6379"

    def __post_init__(self) -> None:
        known = plugins.names(GROUP)
        if self.engine not in known:
            raise ConfigError(f"There is no engine {self.engine!r}; there are {', '.join(known)}.")
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"There is at least 1 worker, got {self.workers}.")
        if self.address is not None and self.engine != "ray":
            raise ConfigError(
                f"An address is that of a Ray cluster; the engine {self.engine!r} has none. "
                "Choose the engine 'ray', or leave the address out."
            )


def spread(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    crew: Crew,
    *,
    workers_default: int | None = None,
) -> Generator[tuple[Item, Result | Died]]:
    """Each item with its result, or with `Died`, in the order in which they finish.

    `work` must be importable (a module's function), items and results picklable: they only ever
    travel between our own processes. Items are taken a few ahead of the workers. Closing the
    iterator ends what was started.

    Raises:
        UnavailableError: the engine is not installed, or its cluster cannot be reached.
    """
    module = plugins.load(GROUP, crew.engine)
    workers = crew.workers or workers_default or usual_workers()
    found: Generator[tuple[Item, Result | Died]] = module.spread(
        work, items, workers=workers, address=crew.address
    )
    return found


def usual_workers() -> int:
    """One for two cores: an analysis keeps two busy, faces on one and speech on the other."""
    return max(1, (os.cpu_count() or 2) // 2)
