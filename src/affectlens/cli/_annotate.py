"""What `affectlens annotate` does once its command line is read."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from rich.markup import escape

from affectlens.analyzer import readers
from affectlens.analyzer.engine import Crew
from affectlens.analyzer.settings import RULES
from affectlens.annotation import run as runs
from affectlens.annotation.finish import Finished, finish
from affectlens.annotation.folder import DataFolder
from affectlens.annotation.item import Item, of_corpus, of_paths, unreadable
from affectlens.annotation.media import FOLDER as MEDIA
from affectlens.annotation.one import tools
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.rows import Row, failed
from affectlens.annotation.steps.checked import check_names
from affectlens.cli._analyze import prepare
from affectlens.cli.annotate import Wishes
from affectlens.cli.terminal import bars, columns, console, emit
from affectlens.corpora.corpus import Corpus
from affectlens.foundation import config, plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.part import Part, configured

_STOPPED = (130, 143)  # by Ctrl-C, or somebody asked for an end
PARTIAL = 3  # exit code: some files failed
_CORPORA = "corpora.sets"
_TABLES = (".csv", ".tsv", ".xlsx")


def read_recipe(file: Path | None, sets: Sequence[str], *, again: Path | None = None) -> Recipe:
    """A recipe from a TOML file < `--set` and options.

    `again` is the folder of a data set that is made once more: its recipe, where no file is given.

    Raises:
        ConfigError: something in it is not as it should be.
        InputError: there is no data set to be made once more.
    """
    last = None if again is None or file is not None else DataFolder(again).recipe()
    return config.read(Recipe, file=file, env={}, sets=sets, default=last)


def run(recipe: Recipe, wishes: Wishes) -> int:
    """Annotate, make the data set, and say what it came to; gives the exit code."""
    crew = Crew(engine=wishes.engine, workers=wishes.workers, address=wishes.address)
    _check(recipe)
    folder = DataFolder(wishes.out)
    items, gone = _items(folder, wishes)
    if not items and not gone:
        raise InputError(
            f"No media in {', '.join(map(str, wishes.paths))}: give a file, or a folder of them."
        )
    if items and not any(item.path.is_file() for item in items):  # a typo makes no data set
        raise InputError(f"There is no file {items[0].path}, nor any other that was given.")
    prepare(recipe.analysis, offline=wishes.offline)
    with resumable(), folder.held(on_wait=lambda: _say_waiting(folder)):
        folder.plan(items, gone, recipe)
        with bars() as progress:
            jobs = runs.jobs(folder, items, recipe, progress=progress)
            seen = 0

            def note(row: Row) -> None:
                nonlocal seen
                seen += 1
                progress("files", min(1.0, seen / len(items)))
                if failed(row):
                    told = escape(f"{row['input']['id']}: {row['error']}")
                    console().print(f"[red]failed[/] {told}")

            with redirect_stdout(sys.stderr):  # where Ray tells of machines that are lost
                tally = runs.run(folder, jobs, crew, retry_failed=wishes.retry_failed, note=note)
            if tally.left:
                return _full(folder, tally)
            keys = [job.key for job in jobs]
            done = finish(folder, keys, gone, recipe, progress=progress)
        return _told(folder, tally, done)


@contextmanager
def resumable() -> Iterator[None]:
    """Say what becomes of work that a signal stops."""
    try:
        yield
    except SystemExit as stop:
        if stop.code in _STOPPED:
            console().print("Stopped; what is done is kept. The same command goes on from there.")
        raise


def _check(recipe: Recipe) -> None:
    """Tell what cannot be before anything is looked at."""
    check_names(recipe)
    for name in recipe.output.formats:
        if not hasattr(plugins.load("annotation.formats", name), "write"):
            raise ConfigError(
                f"The format {name!r} is only read, with `affectlens dataset import`."
            )
    tools(recipe)
    if recipe.analysis.model == RULES:
        readers.prepare(recipe.analysis)


def _items(folder: DataFolder, wishes: Wishes) -> tuple[list[Item], list[tuple[str, str]]]:
    """What is annotated, and what has no media."""
    if not wishes.paths:
        return folder.planned()
    if wishes.corpus is None:
        if wishes.options:
            raise ConfigError("--option sets something of a --corpus, and none is given.")
        return _files(folder, wishes.paths)
    if len(wishes.paths) != 1:
        raise ConfigError(f"--corpus wants one folder or file, got {len(wishes.paths)}.")
    corpus = _corpus(wishes.corpus, wishes.options, wishes.paths[0])
    for absent in corpus.absent:
        console().print(f"[yellow]absent[/]: {escape(absent)}")
    items, gone = of_corpus(corpus)
    return items, [(id_, f"the sample has no media: {why}") for id_, why in gone]


def _files(folder: DataFolder, paths: Sequence[Path]) -> tuple[list[Item], list[tuple[str, str]]]:
    try:
        for path in paths:
            if path.suffix.lower() in _TABLES and path.is_file():
                raise ConfigError(f"{path} is a table: --corpus manifest reads its clips.")
        return of_paths(paths, without=folder.path / MEDIA), unreadable(paths)
    except OSError as error:  # such as a name that is too long
        raise InputError(f"{error.filename} cannot be opened: {error.strerror}.") from None


def _corpus(name: str, options: Sequence[str], root: Path) -> Corpus:
    settings = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            raise ConfigError(f"--option wants NAME=VALUE, such as split=train, got {option!r}.")
        settings[key] = value
    module, made = configured(_CORPORA, Part(name, settings))
    found: Corpus = module.build(root, made)
    return found


def _say_waiting(folder: DataFolder) -> None:
    console().print(f"Another run is writing {folder.path}; waiting for its end.", markup=False)


def _full(folder: DataFolder, tally: runs.Tally) -> int:
    console().print(
        f"The disk is full: {tally.now} files done now, {tally.left} not tried. Nothing that was "
        f"made is lost. Make room, then give the same command again; the ledger is "
        f"{folder.ledger.path}.",
        markup=False,
    )
    return PARTIAL


def _told(folder: DataFolder, tally: runs.Tally, done: Finished) -> int:
    rows = [("kept", str(done.kept), "annotations.jsonl")]
    rows += [("rejected", str(count), name) for name, count in done.rejected.items()]
    if done.failed:
        rows.append(("failed", str(done.failed), "failures.jsonl"))
    emit(columns(("what", "clips", "why or where"), rows))
    emit(f"data set {folder.path}  sha256 {done.sha256}")
    for note in done.notes:
        console().print(f"note: {note}", markup=False)
    for format_ in done.unwritten:
        console().print(f"[yellow]not written[/] {escape(format_)}")
    console().print(
        f"{tally.now} annotated now, {tally.before} already there; see {folder.path / 'card.html'}",
        markup=False,
    )
    if done.failed and not done.kept and not done.rejected:
        raise InputError("None of the files could be annotated; the reasons are above.")
    return PARTIAL if done.failed or done.unwritten else 0
