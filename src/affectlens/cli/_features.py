"""What `affectlens features` does once its command line is read; imports what is heavy."""

import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

from rich.markup import escape

from affectlens.analyzer import batch, featuring, models, sources
from affectlens.analyzer.engine import Crew
from affectlens.analyzer.sources import FeatureSettings
from affectlens.cli._analyze import PARTIAL, find, held
from affectlens.cli.terminal import bars, console
from affectlens.foundation import config
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.records import Ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """Where the features go, and how."""

    out: Path
    store: Path | None
    offline: bool
    retry_failed: bool


def read_settings(
    file: Path | None,
    sets: Sequence[str],
    *,
    system: str | None,
    streams: Sequence[str],
    encoders: Sequence[str],
) -> FeatureSettings:
    """Settings from a TOML file < the environment < `--set` < options."""
    if encoders and (system or streams):
        raise ConfigError("--encoder takes the place of --system and --stream: give one of them.")
    found = config.read(FeatureSettings, file=file, env=os.environ, sets=sets)
    return replace(
        found,
        system=system or found.system,
        streams=tuple(streams) or found.streams,
        encoders=tuple(encoders) or found.encoders,
    )


def run(paths: Sequence[Path], settings: FeatureSettings, wishes: Wishes, crew: Crew) -> int:
    """Make what is not there yet; gives the exit code."""
    made = sources.sources_of(settings)
    files = find(paths)
    out = wishes.out
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out wants a folder, and {out} is none.")
    store = None if wishes.store is None else wishes.store.absolute()
    items = [featuring.Item(file, settings, out.absolute(), store) for file in files]
    out.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(out / featuring.LEDGER, featuring.SCHEMA, (batch.FAILURE,))
    with held(ledger.path):
        featuring.refuse_clashes(files, ledger, items[0].digest)
        if any(file.is_file() for file in files):  # a typo is no reason to fetch models
            _prepare(settings, offline=wishes.offline)
        featuring.describe(settings, out)
        return _run(items, list(made), ledger, wishes, crew)


def _prepare(settings: FeatureSettings, *, offline: bool) -> None:
    """Fetch what is not here yet."""
    if offline:
        os.environ["AFFECTLENS_OFFLINE"] = "1"
    absent = sources.absent_models(settings)
    if absent and not offline:
        console().print(f"First use: fetching {', '.join(absent)} (once).")
        with bars() as progress:
            for problem in models.fetch(absent, progress=progress):
                console().print(f"[yellow]warning[/]: {escape(problem)}")
    sources.refuse_absent(settings)


def _run(
    items: Sequence[featuring.Item],
    names: Sequence[str],
    ledger: Ledger,
    wishes: Wishes,
    crew: Crew,
) -> int:
    folder = items[0].folder
    keys = {item: batch.key(item) for item in items}
    with bars() as progress:
        seen = 0

        def note(row: batch.Row) -> None:
            nonlocal seen
            seen += 1
            progress("files", min(1.0, seen / len(items)))
            if batch.failed_in(row):
                console().print(f"[red]failed[/]: {escape(row['error'])}")

        with redirect_stdout(sys.stderr):  # where Ray tells of machines that are lost
            tally = batch.run(
                keys,
                ledger,
                batch.Task(featuring.work, holds=lambda row: featuring.holds(row, folder)),
                crew=crew,
                retry_failed=wishes.retry_failed,
                note=note,
            )
    rows = {batch.key_of(row): row for row in ledger.read()}
    mine = [rows[key] for key in dict.fromkeys(keys.values())]
    if tally.failed and not tally.done:
        for row in mine:
            note(row)  # what failed in an earlier run
    _tell_missing(names, [row for row in mine if not batch.failed_in(row)])
    console().print(
        f"{tally.done} done now, {tally.skipped} already there, {tally.failed} failed; "
        f"features: {wishes.out}",
        markup=False,
    )
    if tally.failed == len(items):
        raise InputError("Of none of the files are there features; the reasons are above.")
    return PARTIAL if tally.failed else 0


def _tell_missing(names: Sequence[str], rows: Sequence[batch.Row]) -> None:
    """For each stream how many files lack it, with a reason."""
    lacking: Mapping[str, list[batch.Row]] = defaultdict(list)
    for row in rows:
        for name in row["missing"]:
            lacking[name].append(row)
    for name in names:
        if lacking[name]:
            one = lacking[name][0]
            console().print(
                f"{name}: missing from {len(lacking[name])} of {len(rows)}, such as "
                f"{one['input']['path']}: {one['missing'][name]}",
                markup=False,
            )
