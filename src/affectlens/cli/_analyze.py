"""What `affectlens analyze` does once its command line is read; imports what is heavy."""

import os
import sys
import tempfile
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path

from rich.markup import escape

from affectlens.analyzer import batch, line, models, readers
from affectlens.analyzer.engine import Crew
from affectlens.analyzer.settings import AUTO, RULES, Settings
from affectlens.cli._stored import FileNames
from affectlens.cli.analyze import Wishes
from affectlens.cli.report import write_report
from affectlens.cli.terminal import bars, console, emit
from affectlens.foundation import config, locks, plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.records import Ledger
from affectlens.reasoning import document
from affectlens.reasoning.analysis import SCHEMA, Analysis

PARTIAL = 3  # exit code: some files failed


def read_settings(file: Path | None, sets: Sequence[str]) -> Settings:
    """Settings from a TOML file < the environment < `--set` and options."""
    return config.read(Settings, file=file, env=os.environ, sets=sets)


def run(
    paths: Sequence[Path],
    settings: Settings,
    wishes: Wishes,
    crew: Crew,
    *,
    subtitles: Path | None,
    openface: Path | None,
) -> int:
    """Analyze and print; gives the exit code."""
    files = find(paths)
    if len(files) > 1 and (subtitles or openface):
        raise ConfigError(
            f"--subtitles and --openface belong to one input; {len(files)} were given."
        )
    many = len(files) > 1 or wishes.out is not None
    _check_targets(wishes, many=many)
    instead: tuple[str, ...] = ()
    if any(file.is_file() for file in files):  # a typo is no reason to fetch models
        prepare(settings, offline=wishes.offline)
        settings, instead = _chosen(settings, many=many)
    elif settings.model == AUTO:
        settings = replace(settings, model=RULES)
    if not many:
        with bars() as progress:
            analysis = line.analyze(
                files[0],
                settings,
                subtitles=subtitles,
                openface=openface,
                offline=True,
                progress=progress,
                tell=progress.aside,
            )
        analysis = batch.warned(analysis, instead)
        _print([analysis], wishes)
        _report([analysis], wishes)
        return 0
    items = [batch.Item(file, settings, subtitles, openface, warnings=instead) for file in files]
    return _run_many(items, wishes, crew)


def find(paths: Sequence[Path]) -> list[Path]:
    """The files that were meant.

    Raises:
        InputError: there are none.
    """
    try:
        files = batch.find(paths)
    except OSError as error:  # such as a name that is too long
        raise InputError(f"{error.filename} cannot be opened: {error.strerror}.") from None
    if not files:
        raise InputError(
            f"No media in {', '.join(map(str, paths))}: give a file, or a folder of them."
        )
    return files


def _check_targets(wishes: Wishes, *, many: bool) -> None:
    """Refuse targets that cannot be written before any work is done for them."""
    out, report = wishes.out, wishes.report
    if out is not None and out.exists() and not out.is_file():
        raise ConfigError(f"--out wants a file, and {out} is none (a folder, pipe or device).")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.open("ab").close()
    if report is None:
        return
    if report.exists() and report.is_dir() != many:
        wanted = "a folder for many inputs" if many else "an HTML file for one input"
        raise ConfigError(f"--report wants {wanted}, got {report}.")
    (report if many else report.parent).mkdir(parents=True, exist_ok=True)


def prepare(settings: Settings, *, offline: bool) -> None:
    """Fetch what is not here yet, and say so; what stays away is missing from the analysis."""
    if offline and settings.model != RULES:  # and encoders come from the hub when first used
        os.environ["AFFECTLENS_OFFLINE"] = "1"
    absent = models.absent_models(settings)
    if not absent or offline:
        return
    console().print(f"First use: fetching {', '.join(absent)} (once; `--offline` never fetches).")
    with bars() as progress:
        for problem in models.fetch(absent, progress=progress):
            console().print(f"[yellow]warning[/]: {escape(problem)}")


def _chosen(settings: Settings, *, many: bool) -> tuple[Settings, tuple[str, ...]]:
    """Who reads, as tried here; for many files others load it, so it is let go again.

    Raises:
        UnavailableError: a model that was named lacks one that it builds on.
    """
    if settings.model != AUTO:
        readers.refuse_absent(settings)
        return settings, ()
    with bars() as progress:
        settings, instead = readers.settled(settings, progress=progress)
    for why in instead:
        console().print(f"[yellow]warning[/]: {escape(why)}")
    if many:
        readers.release()
    return settings, instead


def _run_many(items: Sequence[batch.Item], wishes: Wishes, crew: Crew) -> int:
    with _ledger(wishes.out) as ledger, bars() as progress:
        seen = 0

        def note(row: batch.Row) -> None:
            nonlocal seen
            seen += 1
            progress("files", min(1.0, seen / len(items)))
            if batch.failed_in(row):
                console().print(f"[red]failed[/]: {escape(row['error'])}")

        keys = {item: batch.key(item) for item in items}
        with redirect_stdout(sys.stderr):  # where Ray tells of machines that are lost
            tally = batch.run(
                keys,
                ledger,
                batch.Task(batch.work),
                crew=_settled(crew, items[0].settings),
                retry_failed=wishes.retry_failed,
                note=note,
            )
        wanted = set(keys.values())
        count = _print(_analyses(ledger, wanted), wishes, many=True)
        _report(_analyses(ledger, wanted), wishes, many=True)
        if tally.failed and not tally.done:
            for row in _rows(ledger, wanted):
                note(row)  # what failed in an earlier run
    console().print(
        f"{tally.done} analyzed now, {tally.skipped} already there, {tally.failed} failed"
        + (f"; results: {wishes.out}" if wishes.out else "")
    )
    if not count:
        raise InputError("None of the files could be analyzed; the reasons are above.")
    return PARTIAL if tally.failed else 0


def _settled(crew: Crew, settings: Settings) -> Crew:
    """Each worker loads a language model of its own, so there is one unless more are asked for."""
    alone = crew.workers is None and settings.model != RULES
    return replace(crew, workers=1) if alone else crew


@contextmanager
def _ledger(out: Path | None) -> Iterator[Ledger]:
    """The ledger that was asked for, or one that is gone afterwards."""
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        with held(out):
            yield Ledger(out, SCHEMA, (batch.FAILURE,))
        return
    with tempfile.TemporaryDirectory(prefix="affectlens-") as folder:
        yield Ledger(Path(folder) / "results.jsonl", SCHEMA, (batch.FAILURE,))


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Results that no other run writes meanwhile; one that does is waited for."""

    def say() -> None:
        console().print(f"Another run is writing {out}; waiting for its end.", markup=False)

    with locks.held(out.with_name(f".{out.name}.lock"), on_wait=say):
        yield


def _rows(ledger: Ledger, wanted: Container[batch.Key]) -> Iterator[batch.Row]:
    """What the ledger has of these files, one at a time."""
    return (row for row in ledger.read() if batch.key_of(row) in wanted)


def _analyses(ledger: Ledger, wanted: Container[batch.Key]) -> Iterator[Analysis]:
    """Their analyses; a file that was tried again after a failure has one."""
    for row in _rows(ledger, wanted):
        if not batch.failed_in(row):
            yield document.from_json(row)


def _print(analyses: Iterable[Analysis], wishes: Wishes, *, many: bool = False) -> int:
    """Put results on stdout; gives how many there were. Many JSON objects are one array."""
    render = plugins.load("reasoning.render", wishes.format).render
    count = 0
    for count, analysis in enumerate(analyses, start=1):
        if many and wishes.format == "table":
            emit(_line(analysis))
        elif many and wishes.format == "json":
            emit(("[" if count == 1 else ",") + render(analysis))
        elif wishes.format == "csv" and count > 1:
            emit(render(analysis).split("\n", 1)[1])  # one header for all
        else:
            emit(render(analysis))
    if many and wishes.format == "json":
        emit("]" if count else "[]")
    return count


def _line(analysis: Analysis) -> str:
    """One input in one line."""
    people = (f"{p.id} {p.label or 'undecided'} {p.confidence:.2f}" for p in analysis.people)
    return f"{analysis.input.path}\t{', '.join(people) or 'nobody seen or heard'}"


def _report(analyses: Iterable[Analysis], wishes: Wishes, *, many: bool = False) -> None:
    if wishes.report is None:
        return
    names = FileNames(".html")
    for analysis in analyses:
        path = Path(analysis.input.path)
        target = wishes.report / names.of(path) if many else wishes.report
        write_report(analysis, path, target, redact=wishes.redact)
