"""`Task`: a corpus, a question and metrics under one name, with a version; read from tasks.toml."""

import difflib
import functools
import statistics
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from affectlens.corpora.corpus import Corpus
from affectlens.emotions import spaces
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.choosing import GROUP, choose
from affectlens.evaluation.runs.folder import CORPORA, Plan
from affectlens.evaluation.score import Scores
from affectlens.evaluation.subject import Ask, Question
from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part

_NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})
_OF_REASONS = frozenset({"grounding", "overlap", "text"})  # metrics that read explanations


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is evaluated, on which data, and how it is scored."""

    name: str
    version: int
    title: str
    source: str = ""  # a paper or page
    corpus: Part | None = None  # None: it is the mean of others
    asks: tuple[Ask, ...] = ()  # none: stored predictions are scored, nobody is asked
    space: str | None = None  # None: the corpus'
    metrics: tuple[Part, ...] = ()
    mean_of: tuple[str, ...] = ()
    as_labelled: bool = False  # what needs labels that the data do not have is left out
    notes: str = ""

    @property
    def id(self) -> str:
        """Name and version."""
        return f"{self.name}/{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A task before its data."""

    plan: Plan
    corpus: Corpus
    metrics: tuple[Part, ...]


def tasks() -> Mapping[str, Task]:
    """Every task by its name, in the order of the file."""
    return _own()


def task(name: str) -> Task:
    """A task by its name.

    Raises:
        ConfigError: there is none of that name; the nearest is named.
    """
    known = tasks()
    if name not in known:
        raise ConfigError(_unknown(f"There is no task {name!r}.", name, list(known)))
    return known[name]


def parse(text: str) -> dict[str, Task]:
    """The tasks of a file.

    Raises:
        ConfigError: it is not TOML, a key is unknown or absent, or a part does not exist.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The tasks are not TOML: {error}.") from error
    found = {name: _task(name, table) for name, table in tables.items()}
    for one in found.values():
        for member in one.mean_of:
            if member not in found:
                raise ConfigError(_unknown(f"{one.name} is of {member!r}.", member, list(found)))
    return found


def ready(
    one: Task,
    root: Path,
    how: Question,
    *,
    settings: Mapping[str, Any] = _NO_SETTINGS,
    limit: int | None = None,
    reasons: bool = True,
) -> Ready:
    """The task on data that lie at `root`; of `how` language and words count.

    `settings` are of the corpus and go before the task's. Without `reasons` no explanation is asked
    for, which is faster, and no metric of them is scored.

    Raises:
        ConfigError: it is the mean of other tasks, or the corpus has no such settings.
        InputError: the data are not there or are damaged.
    """
    if one.corpus is None:
        raise ConfigError(
            f"{one.name} is the mean of {', '.join(one.mean_of)}: run these, each in its folder."
        )
    nothing = replace(how, asks=frozenset(), space=None)
    plan = Plan(
        corpus=one.corpus.with_(**settings),
        root=root,
        question=nothing,
        limit=limit,
        task=one.id,
    )
    corpus = plan.load()
    space = corpus.space if one.space is None else spaces.space(one.space)
    left_out = {"label"} if space is None else set()
    if one.as_labelled and all(isinstance(sample.labels, Missing) for sample in corpus.samples):
        left_out.add("labels")
    if not reasons:
        left_out.add("explanation")
        one = replace(one, metrics=tuple(m for m in one.metrics if m.name not in _OF_REASONS))
    asks = frozenset(one.asks) - left_out
    question = replace(how, asks=asks, space=space if "label" in asks else None)
    fit = fitting(one, corpus, space)
    return Ready(plan=replace(plan, question=question), corpus=corpus, metrics=fit)


@dataclass(frozen=True, slots=True)
class Mean:
    """Of one score over the members of a task, and its standard deviation over them."""

    value: float | Missing
    sd: float | Missing

    def as_json(self) -> dict[str, float | None]:
        """Plain values; null where there is none."""
        values = {"mean": self.value, "sd": self.sd}
        return {k: None if isinstance(v, Missing) else v for k, v in values.items()}


def mean(members: Sequence[Scores]) -> dict[str, Mean]:
    """The plain mean of each score over the members of a task, such as the folds of DFEW.

    Raises:
        InputError: they are not scores of one metric and mode.
    """
    if len({(one.metric, one.mode) for one in members}) != 1:
        kinds = ", ".join(f"{one.metric} ({one.mode})" for one in members) or "none"
        raise InputError(f"A mean is of the scores of one metric; got {kinds}.")
    found: dict[str, Mean] = {}
    for score in members[0].scores:
        values = [one.get(score.name).value for one in members]
        known = [value for value in values if not isinstance(value, Missing)]
        if len(known) < len(values):
            absent = Missing("a member has no such score")
            found[score.name] = Mean(absent, absent)
            continue
        sd = statistics.stdev(known) if len(known) > 1 else Missing("one member")
        found[score.name] = Mean(statistics.fmean(known), sd)
    return found


def fitting(one: Task, corpus: Corpus, space: LabelSpace | None) -> tuple[Part, ...]:
    """The metrics that can be had: without a closed set of labels, none that wants one.

    Of a task `as_labelled` those are left out, too, that read what no sample has.
    """
    parts = [
        part
        for part in one.metrics
        if space is not None or "space" in part.settings or not _has_space(part)
    ]
    if not one.as_labelled:
        return tuple(parts)
    return tuple(
        part
        for part in parts
        if all(
            any(not isinstance(getattr(sample, field), Missing) for sample in corpus.samples)
            for field in choose([part], space=space)[0].metric.reads
        )
    )


def _has_space(metric: Part) -> bool:
    return "space" in {one.name for one in fields(plugins.load(GROUP, metric.name).Config)}


@functools.cache
def _own() -> Mapping[str, Task]:
    return parse(files("affectlens.evaluation.runs").joinpath("tasks.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The keys of a task as they are written."""

    version: int
    title: str
    source: str = ""
    corpus: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    asks: Sequence[Ask] = ()
    space: str | None = None
    metrics: Sequence[Mapping[str, Any]] = ()
    mean_of: Sequence[str] = ()
    as_labelled: bool = False
    notes: str = ""


def _task(name: str, content: Mapping[str, Any]) -> Task:
    known = [one.name for one in fields(_Table)]
    for key in content:
        if key not in known:
            raise ConfigError(_unknown(f"The task {name} has no key {key!r}.", key, known))
    try:
        table = _Table(**content)
    except TypeError as error:
        raise ConfigError(f"The task {name} wants a version and a title: {error}.") from None
    if (table.corpus is None) == (not table.mean_of):
        raise ConfigError(f"The task {name} wants either a corpus or mean_of.")
    for ask in table.asks:
        if ask not in get_args(Ask):
            known = list(get_args(Ask))
            raise ConfigError(_unknown(f"The task {name} asks {ask!r}.", ask, known))
    if table.space is not None:
        spaces.space(table.space)
    return Task(
        name=name,
        version=table.version,
        title=table.title,
        source=table.source or _source(table),
        corpus=_corpus(table),
        asks=tuple(table.asks),
        space=table.space,
        metrics=tuple(_metric(name, one) for one in table.metrics),
        mean_of=tuple(table.mean_of),
        as_labelled=table.as_labelled,
        notes=table.notes,
    )


def _corpus(table: _Table) -> Part | None:
    return None if table.corpus is None else Part(table.corpus, dict(table.settings))


def _source(table: _Table) -> str:
    """That of the corpus."""
    return "" if table.corpus is None else str(plugins.load(CORPORA, table.corpus).SOURCE)


def _metric(task_name: str, content: Mapping[str, Any]) -> Part:
    settings = dict(content)
    name = settings.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError(f"A metric of the task {task_name} has no name.")
    return Part(name, settings)


def _unknown(told: str, given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{told}{hint} There are: {', '.join(known)}."
