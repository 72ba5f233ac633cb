"""A corpus that is annotated first: clips measured and described by rule, with people's labels.

    [data.voices]
    format = "annotated"
    path = "../shared/data/ravdess-speech"
    options = {corpus = "ravdess", "corpus.actors" = "01-18", "corpus.space" = "dfew7", most = "99"}

The data set lies in the cache of Affectlens, under a key of path and settings; the same settings go
on with it or find it done. Only clips that have media or words and, where the corpus has labels, a
label are annotated; words alone become a file of subtitles there. A clip whose description does not
stand up to the checks is left out.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from affectlens.analyzer import models
from affectlens.analyzer.engine import Crew
from affectlens.annotation import run as runs
from affectlens.annotation.finish import Finished, finish
from affectlens.annotation.folder import DataFolder
from affectlens.annotation.item import of_corpus
from affectlens.annotation.recipe import Output, Recipe, Twins
from affectlens.annotation.rows import Row
from affectlens.annotation.stored import Stored
from affectlens.annotation.work import key_of
from affectlens.corpora.corpus import ALONE, Corpus, Sample
from affectlens.corpora.crops import detector_for
from affectlens.foundation.errors import ConfigError, InputError, LimitError
from affectlens.foundation.hashing import sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part, configured
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.records import write_atomically
from affectlens.foundation.weights import cache_folder
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.training.item import Item
from affectlens.training.items import Annotated, Items

TITLE = "Corpus that is annotated by rule before it is learned from"

log = logging.getLogger(__name__)

_CORPORA = "corpora.sets"
_DESCRIBING = "annotating"
_OUT = "annotated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The corpus with its own settings below it, and which of its clips."""

    corpus: Part = field(default=Part("manifest"), metadata={"group": _CORPORA})
    most: int = 0  # clips, as many of each label as can be, the same ones everywhere; 0: all
    split: str = ""  # of clips that the corpus puts into none; empty: they are in none
    workers: int = 0  # files at a time; 0: one for two cores

    def __post_init__(self) -> None:
        if min(self.most, self.workers) < 0:
            raise ConfigError(f"most and workers are 0 or more, got {self.most}, {self.workers}.")


def make(path: Path, config: Config, *, progress: Progress = silent) -> None:
    """Annotate what is not annotated yet.

    Raises:
        ConfigError: the corpus cannot be as the settings say.
        InputError: no clip could be described.
        LimitError: the disk is full; what was made is kept.
    """
    plan = _planned(path, config)
    folder, count = plan.folder, len(plan.corpus.samples)
    done = _annotated(plan, config.workers, progress)
    if not done.kept:
        raise InputError(
            f"None of the {count:,} clips of {path} could be described; the reasons are in "
            f"{folder.path}: {folder.rejected.name} and {folder.failures.name}."
        )
    told = "%s: %d of %d clips have a description; the others are told in %s"
    log.info(told, plan.corpus.name, done.kept, count, folder.path)


def read(path: Path, config: Config) -> Sequence[Item]:
    """The clips that `make` described, in the corpus' order; raises as it does."""
    plan = _planned(path, config)
    if not plan.folder.manifest.is_file():
        make(path, config)
    file = plan.folder.annotations
    found = Annotated(Stored.of(file), (file.parent,), file.name).items()
    told = {one.id: one.split for one in of_corpus(plan.corpus)[0]}
    return Items(len(found), _InSplits(found, told, config.split))


@dataclass(frozen=True, slots=True)
class _InSplits:
    """Clips in the splits of their corpus: making a data set puts all clips into some."""

    items: Items
    told: Mapping[str, str | Missing]
    other: str

    def __call__(self, index: int) -> Item:
        one = self.items[index]
        split = self.told[one.id]
        if isinstance(split, Missing) and self.other:
            split = self.other
        return replace(one, annotation=replace(one.annotation, split=split))


def recipe_for(corpus: Corpus, licence: str) -> Recipe:
    """Descriptions by rule of the labels that people gave; media stay where they are."""
    labelled = corpus.space is not None
    reasoning = ReasoningSettings(label_space=corpus.space.name) if corpus.space else None
    plain = Recipe().analysis
    detector = detector_for(corpus.name)
    faces = plain.perception.faces
    if detector is not None:
        faces = replace(faces, detector=detector)
    return Recipe(
        analysis=replace(
            plain,
            perception=replace(plain.perception, faces=faces),
            reasoning=reasoning or plain.reasoning,
        ),
        label="given" if labelled else "auto",
        twins=Twins(find=False),  # training looks for what its parts share by itself
        output=Output(formats=(), media="refer", sound=False, licence=licence),
    )


def chosen(corpus: Corpus, most: int) -> tuple[Sample, ...]:
    """The samples that can be annotated, at most so many, in their order; 0: all.

    Of each label the first by a hash of the ids, then the second of each, and so on.
    """
    able = [
        one
        for one in corpus.samples
        if (isinstance(one.media, Path) or _says(one))
        and not (corpus.space and isinstance(one.label, Missing))
    ]
    if not most:
        return tuple(able)
    taken: dict[str | Missing, int] = {}
    turns: dict[str, tuple[int, str]] = {}
    for one in sorted(able, key=lambda sample: sha256_of_text(sample.id)):
        taken[one.label] = taken.get(one.label, 0) + 1
        turns[one.id] = (taken[one.label], sha256_of_text(one.id))
    first = set(sorted(turns, key=turns.__getitem__)[:most])
    return tuple(one for one in able if one.id in first)


def _says(sample: Sample) -> bool:
    """Whether it is words alone, without a file that is lost."""
    return sample.media == ALONE and isinstance(sample.subtitle, str)


def _written(sample: Sample, folder: Path) -> Sample:
    """Words alone as subtitles in a folder; any other sample as it is."""
    if not _says(sample):
        return sample
    path = folder / f"{sha256_of_text(sample.id)[:16]}.srt"
    text = f"1\n00:00:00,000 --> 00:00:05,000\n{sample.subtitle}\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)
    return replace(sample, media=path)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """What is annotated, how, and where to."""

    corpus: Corpus  # of the chosen samples
    recipe: Recipe
    folder: DataFolder


def _planned(path: Path, config: Config) -> _Plan:
    """Each corpus and settings have a folder of their own."""
    module, settings = configured(_CORPORA, config.corpus)
    corpus: Corpus = module.build(path, settings)
    recipe = recipe_for(corpus, module.TERMS)
    asked = (config.corpus.as_json(), config.most)
    key = key_of(str(path.absolute()), *asked, recipe.of_items)
    place = cache_folder() / _OUT / f"{corpus.name}-{key[:12]}"
    samples = tuple(
        _written(one, place.with_name(f"{place.name}-texts")) for one in chosen(corpus, config.most)
    )
    some = replace(corpus, samples=samples)
    return _Plan(corpus=some, recipe=recipe, folder=DataFolder(place))


def _annotated(plan: _Plan, workers: int, progress: Progress) -> Finished:
    """Annotate, and write the data set."""
    folder, recipe = plan.folder, plan.recipe
    items, _ = of_corpus(plan.corpus)
    for problem in models.fetch(models.absent_models(recipe.analysis), progress=progress):
        log.warning("%s: %s", plan.corpus.name, problem)
    folder.path.parent.mkdir(parents=True, exist_ok=True)
    with folder.held():
        folder.plan(items, (), recipe)
        jobs = runs.jobs(folder, items, recipe, progress=progress)
        seen = len(jobs) - len(runs.left_to_do(folder, jobs)[0])

        def note(row: Row) -> None:
            nonlocal seen
            seen += 1
            progress(_DESCRIBING, min(1.0, seen / len(items)))

        tally = runs.run(folder, jobs, Crew(workers=workers or None), note=note)
        if tally.left:
            raise LimitError(
                f"The disk of {folder.path} is full: {tally.left:,} clips are not annotated yet. "
                "Make room and begin again; what was made is kept."
            )
        return finish(folder, [job.key for job in jobs], (), recipe, progress=progress)
