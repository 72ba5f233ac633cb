"""What `affectlens evaluate ls|check|export` do."""

import json
import typing
from collections.abc import Sequence
from pathlib import Path

import typer

from affectlens.cli.terminal import bars, columns, console, emit
from affectlens.corpora import check as checking
from affectlens.corpora.corpus import Corpus
from affectlens.emotions.spaces import SPACES
from affectlens.evaluation.choosing import GROUP, choose, names, spoken
from affectlens.evaluation.runs import folder, lmms, run, task
from affectlens.evaluation.runs.folder import CORPORA
from affectlens.evaluation.subject import Question
from affectlens.evaluation.wording import DASH, interval, number
from affectlens.foundation import config, plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.model.pools import label_question

_LEAKS = 4  # exit code: the data cannot be used as they are


def show(where: Path | None, *, as_json: bool) -> None:
    """Everything that can be named, or the runs below a folder."""
    if where is not None:
        _runs(where, as_json=as_json)
        return
    tasks = [
        {
            "name": one.name,
            "version": one.version,
            "title": one.title,
            "corpus": None if one.corpus is None else one.corpus.name,
            "metrics": list(dict.fromkeys(spoken(part.name) for part in one.metrics)),
        }
        for one in task.tasks().values()
    ]
    metrics = {name: _first_line(GROUP, name.replace("-", "_")) for name in names()}
    corpora = {name: str(plugins.load(CORPORA, name).TITLE) for name in plugins.names(CORPORA)}
    spaces = {name: list(one.labels) for name, one in SPACES.items()}
    judges = {
        name: _first_line("evaluation.judges", name) for name in plugins.names("evaluation.judges")
    }
    if as_json:
        whole = {
            "tasks": tasks, "corpora": corpora, "metrics": metrics, "judges": judges,
            "label_spaces": spaces,
        }  # fmt: skip
        emit(json.dumps(whole, indent=2, ensure_ascii=False))
        return
    rows = [[f"{one['name']}/{one['version']}", str(one["title"])] for one in tasks]
    emit(columns(["task", "what"], rows) + "\n")
    emit(columns(["corpus", "what"], [[k, v] for k, v in corpora.items()]) + "\n")
    emit(columns(["metric", "what"], [[k, v] for k, v in metrics.items()]) + "\n")
    emit(columns(["judge", "what"], [[k, v] for k, v in judges.items()]) + "\n")
    emit(columns(["labels", "in order"], [[k, ", ".join(v)] for k, v in spaces.items()]))


def check(
    data: Path, corpus: str, options: Sequence[str], against: Sequence[str], *, as_json: bool
) -> None:
    """Count and look for faults; exit code 4 where what is tested on leaks."""
    others = []
    for one in against:
        name, equals, place = one.partition("=")
        if not equals:
            raise ConfigError(f"--against wants CORPUS=PLACE, such as mer2023=DIR; got {one!r}.")
        others.append(_load(name, Path(place), _whole(name)))
    with bars() as progress:
        whole = _load(corpus, data, (*_whole(corpus), *options))
        found = checking.check(whole, against=others, progress=progress)
    if as_json:
        emit(json.dumps(checking.to_json(found), indent=2, ensure_ascii=False))
    else:
        emit(checking.text(found))
    if not found.clean:
        raise typer.Exit(_LEAKS)


def export(name: str, data: Path, out: Path) -> None:
    """Write a task for lmms-eval."""
    ready = task.ready(task.task(name), data, Question(asks=frozenset(), space=None))
    space = ready.plan.question.space
    asked = (
        label_question(space)
        if space is not None
        else "Please recognize all possible emotional states of the character."
    )
    wording = lmms.Wording(
        name=name, version=(ready.plan.task or "/1").split("/")[1], question=asked
    )
    metrics = choose(ready.metrics, judge="none", space=space)
    absent = lmms.export(wording, ready.corpus, metrics, out)
    count = len(ready.corpus.samples) - len(absent)
    left = f"; {len(absent)} samples without media were left out" if absent else ""
    console().print(f"{out}: {count} samples{left}", markup=False)


def _whole(corpus: str) -> tuple[str, ...]:
    """The settings that take every split of a corpus: a leak is between two."""
    kinds = typing.get_type_hints(plugins.load(CORPORA, corpus).Config)
    return ("split=none",) if type(None) in typing.get_args(kinds.get("split")) else ()


def _load(name: str, place: Path, options: Sequence[str]) -> Corpus:
    module = plugins.load(CORPORA, name)
    settings = config.read(module.Config, file=None, env={}, sets=options)
    corpus: Corpus = module.build(place, settings)
    return corpus


def _first_line(group: str, name: str) -> str:
    """What a plug-in says of itself."""
    return (plugins.load(group, name).__doc__ or "").partition("\n")[0].rstrip(".")


def _runs(where: Path, *, as_json: bool) -> None:
    found = folder.find(where)
    if not found:
        raise InputError(f"There is no run at or below {where}.")
    rows = [row for one in found for row in _rows(one)]
    if as_json:
        emit(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    emit(columns(list(rows[0]), [list(row.values()) for row in rows]))


def _rows(one: folder.RunFolder) -> list[dict[str, str]]:
    """A run's headlines; of one that cannot be read, why."""
    nothing = dict.fromkeys(("task", "metric", "score", "value", "interval"), DASH)
    try:
        plan, scores = one.plan(), run.scores_of(one)
    except InputError as error:
        console().print(f"damaged: {error}", markup=False)
        return [{"run": str(one.path), **nothing, "score": "damaged"}]
    row = {"run": str(one.path), **nothing, "task": plan.task or DASH}
    if isinstance(scores, Missing) or not scores:
        return [row]
    return [
        {
            **row,
            "metric": f"{each.metric} ({each.mode})",
            "score": head.name,
            "value": number(head.value, share=head.share),
            "interval": interval(head),
        }
        for each in scores
        for head in [each.get(each.headline)]
    ]
