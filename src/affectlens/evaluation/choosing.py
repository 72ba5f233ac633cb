"""Metrics by name with settings as people write them: `hit-rate`, `tables=2025`."""

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.metric import Metric, Mode
from affectlens.foundation import config, plugins
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part, configured

GROUP = "evaluation.metrics"
NOBODY = "none"  # in the place of a judge


@dataclass(frozen=True, slots=True)
class Chosen:
    """A metric and the settings that it was built with, as JSON."""

    metric: Metric
    settings: Mapping[str, Any]


def names() -> list[str]:
    """Every metric, as the command line calls it."""
    return [spoken(name) for name in plugins.names(GROUP)]


def spoken(name: str) -> str:
    """A metric's name with hyphens."""
    return name.replace("_", "-")


def choose(
    metrics: Sequence[str | Part],
    *,
    mode: Mode | None = None,
    options: Sequence[str] = (),
    judge: str | None = None,
    space: LabelSpace | None = None,
) -> list[Chosen]:
    """The metrics; each option NAME=VALUE goes to those that have it, METRIC.NAME=VALUE to one.

    `mode`, options and `judge` go before what a part says; with the judge "none", metrics that ask
    one are left out. `space` is for those that have one and say none.

    Raises:
        ConfigError: there is no such metric, or none of them has such a setting.
    """
    parts = [Part(one.replace("-", "_")) if isinstance(one, str) else one for one in metrics]
    fields = {
        part.name: {f.name for f in dataclasses.fields(plugins.load(GROUP, part.name).Config)}
        for part in parts
    }
    asking = {name for name, known in fields.items() if "judge" in known}
    if judge == NOBODY:
        parts = [part for part in parts if part.name not in asking]
    elif judge is not None:
        options = (*(f"{name}.judge={judge}" for name in asking), *options)
    if mode is not None:
        options = (*(f"{name}.mode={mode}" for name in fields), *options)
    sets = _sets(options, fields)
    chosen: list[Chosen] = []
    for part in parts:
        whole = part.with_(**_read(part.name, sets[part.name]))
        if "space" in fields[part.name] and space is not None and "space" not in whole.settings:
            whole = whole.with_(space=space.name)
        module, settings = configured(GROUP, whole)
        made = Chosen(module.build(settings), config.as_dict(settings))
        if made not in chosen:  # an option may have made two of them the same
            chosen.append(made)
    return chosen


def _sets(options: Sequence[str], fields: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """The options of each metric."""
    sets: dict[str, list[str]] = {name: [] for name in fields}
    for option in options:
        for name, one in _owners(option, fields):
            sets[name].append(one)
    return sets


def _read(name: str, sets: Sequence[str]) -> dict[str, Any]:
    """The settings that were written as text, as the metric's `Config` types them."""
    typed = config.read(plugins.load(GROUP, name).Config, file=None, env={}, sets=sets)
    keys = (one.partition("=")[0].strip() for one in sets)
    return {key: getattr(typed, key) for key in keys}


def _owners(option: str, fields: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """The metrics that an option is for, each with the option as it reads it."""
    key, equals, value = option.partition("=")
    if not equals:
        raise ConfigError(f"--option wants NAME=VALUE, such as tables=2025; got {option!r}.")
    key = key.strip()
    first, point, rest = key.partition(".")
    if point and first.replace("-", "_") in fields:
        return [(first.replace("-", "_"), f"{rest}={value}")]
    found = [(name, f"{key}={value}") for name, known in fields.items() if key in known]
    if not found:
        everything = sorted({one for known in fields.values() for one in known})
        near = difflib.get_close_matches(key, everything, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"None of the metrics {', '.join(map(spoken, fields))} has a setting {key!r}.{hint} "
            f"They have: {', '.join(everything)}."
        )
    return found
