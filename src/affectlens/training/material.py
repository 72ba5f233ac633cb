"""Clips to learn from as a recipe names them: a plug-in of `training/sources/`, or a corpus.

Some names are both (emer, merr): a folder with options is the corpus, all else the format, which
tells more of a clip. Of a corpus all splits are read unless its options say otherwise;
`data.*.split` and `develop.split` then choose among them.
"""

import dataclasses
import difflib
import typing
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from affectlens.annotation import imported
from affectlens.corpora.corpus import UNTOLD, Corpus
from affectlens.foundation import config, plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.training.item import Item
from affectlens.training.items import Items
from affectlens.training.recipe import Data

GROUP = "training.sources"
CORPORA = "corpora.sets"
MATCHED = "matched"  # no source of its own: see `matched`


def open_source(name: str, data: Data, *, progress: Progress = silent) -> Sequence[Item]:
    """The clips of a recipe's data; a damaged one raises InputError when it is asked for.

    A format that offers `make(path, config, progress=…)` makes what it reads first.

    Raises:
        ConfigError: there is no such format or corpus, or it has no such option.
        InputError: the files are not there, or hold no clips.
        UnavailableError: a package that reads them is not installed.
    """
    module, is_corpus = _module(name, data)
    settings = settings_of(name, module.Config, data)
    path = Path(data.path)
    if not data.path or not path.exists():
        raise InputError(f"data.{name}.path: there is no file or folder {data.path!r}.")
    found: Sequence[Item]
    if is_corpus:
        corpus: Corpus = module.build(path, settings)
        found = Items(len(corpus.samples), _Samples(corpus, path, module.TERMS))
    else:
        if hasattr(module, "make"):
            module.make(path, settings, progress=progress)
        found = module.read(path, settings)
    if not len(found):
        raise InputError(f"data.{name}: {path} holds no clips.")
    return found


def _module(name: str, data: Data) -> tuple[ModuleType, bool]:
    """The plug-in, and whether it is a corpus."""
    formats, corpora = plugins.names(GROUP), plugins.names(CORPORA)
    known = sorted({*formats, *corpora})
    if data.format not in known:
        near = difflib.get_close_matches(data.format, [*known, MATCHED], n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"data.{name}.format: there is no {data.format!r}.{hint} Formats: "
            f"{', '.join([*formats, MATCHED])}. Corpora: {', '.join(one for one in corpora)}."
        )
    both = data.format in formats and data.format in corpora
    is_corpus = data.format not in formats or (
        both and bool(data.options) and Path(data.path).is_dir()
    )
    return plugins.load(CORPORA if is_corpus else GROUP, data.format), is_corpus


def settings_of(name: str, cls: type, data: Data) -> Any:
    """Options as the settings that a plug-in has.

    Raises:
        ConfigError: it has no such setting, or it is none that it takes.
    """
    options = dict(data.options)
    kinds = typing.get_type_hints(cls)
    if any(field.name == "split" for field in dataclasses.fields(cls)) and (
        type(None) in typing.get_args(kinds["split"])
    ):
        options.setdefault("split", "none")
    try:
        sets = [f"{key}={value}" for key, value in options.items()]
        return config.read(cls, file=None, env={}, sets=sets)
    except ConfigError as error:
        told = str(error).replace("--set ", "")
        raise ConfigError(f"data.{name}.options: {told}") from None


class _Samples:
    """Reads samples of a corpus as clips."""

    def __init__(self, corpus: Corpus, root: Path, licence: str) -> None:
        self._corpus = corpus
        self._root = root
        self._licence = licence

    def __call__(self, index: int) -> Item:
        """One sample, valence and arousal as -1 to 1."""
        sample = self._corpus.samples[index]
        one = imported.of_corpus(
            replace(self._corpus, samples=(sample,)), self._root, self._licence
        )[0]
        origin = sample.columns.get("source") or UNTOLD
        annotation = replace(
            one,
            source=replace(one.source, origin=origin),
            split=sample.split,
            valence=self._scaled(sample.valence),
            arousal=self._scaled(sample.arousal),
        )
        return Item(annotation=annotation, media=sample.media, place=sample.place)

    def _scaled(self, value: float | Missing) -> float | Missing:
        """In the terms of annotations; as it is where the corpus has no range."""
        bounds = self._corpus.valence_range
        if isinstance(value, Missing) or bounds is None:
            return value
        low, high = bounds
        return (2 * value - low - high) / (high - low)
