"""The system of a run with what its schools taught: encoders of its own, before the first stage."""

import dataclasses
from pathlib import Path

from affectlens.encoders.backends.face_cnn import Config
from affectlens.encoders.encoder import GROUP, Source
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import configured
from affectlens.foundation.progress import Progress, silent
from affectlens.model import enclosed
from affectlens.model.declaration import System
from affectlens.training.folder import RunFolder
from affectlens.training.item import Sources
from affectlens.training.recipe import Recipe
from affectlens.training.schools.attend import TINY, Class, attend


def schooled(
    recipe: Recipe,
    system: System,
    sources: Sources,
    folder: RunFolder | None,
    *,
    progress: Progress = silent,
) -> System:
    """The system, its encoders with the weights that the run's schools gave them.

    Encoders inside a model's folder that nobody teaches are those of the model that the run starts
    from. Without a folder nothing is learned, and random weights stand in for what would be.

    Raises:
        ConfigError: a school's encoder is in no stream or cannot be taught, or its data have no
            faces; or weights lie inside a model's folder and the run has none.
        InputError: too many pictures of a school cannot be read.
    """
    for name, school in recipe.schools.items():
        pupil = _pupil(name, school.encoder, system)
        weights = TINY
        if folder is not None:
            own = Class(name=name, recipe=recipe, pupil=pupil, run=folder.path)
            attend(own, sources, progress)
            weights = enclosed.place(folder.path, own.below)
        system = _with(system, school.encoder, weights)
    if recipe.start.model and Path(recipe.start.model).is_dir():
        system = enclosed.opened(system, Path(recipe.start.model))
    for source in _sources(system):
        told = enclosed.weights_of(source)
        if told.startswith(enclosed.INSIDE):
            raise ConfigError(
                f"The weights {told!r} of the encoder {source.encoder.name} lie in a model's "
                "folder: give the recipe a school for it, [schools.face], or start.model."
            )
    return system


def _pupil(name: str, encoder: str, system: System) -> Config:
    """The settings of the encoder that a school teaches."""
    found = [one.encoder for one in _sources(system) if one.encoder.name == encoder]
    if not found:
        known = ", ".join(sorted({one.encoder.name for one in _sources(system)}))
        raise ConfigError(
            f"schools.{name} teaches the encoder {encoder!r}, which no stream of {system.name} "
            f"has. It has: {known or 'none'}."
        )
    config = configured(GROUP, found[0])[1]
    if not isinstance(config, Config):
        raise ConfigError(f"schools.{name}: {encoder!r} cannot be taught; face_cnn can.")
    return config


def _with(system: System, encoder: str, weights: str) -> System:
    """A system in which an encoder has other weights."""

    def source(one: Source) -> Source:
        if one.encoder.name != encoder:
            return one
        return dataclasses.replace(one, encoder=one.encoder.with_(weights=weights))

    return enclosed.changed(system, source)


def _sources(system: System) -> list[Source]:
    return [source for stream in system.streams for source in stream.sources]
