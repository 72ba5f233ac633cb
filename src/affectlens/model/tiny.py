"""The same system at a tiny random size, for tests and for trying things."""

import dataclasses
from collections.abc import Callable
from typing import Any

from affectlens.encoders import encoder
from affectlens.encoders.encoder import Source
from affectlens.foundation.part import Part, configured
from affectlens.model import connector
from affectlens.model.declaration import Lora, System

_RANK = 4


def shrink(system: System, language: str = "tiny:llama") -> System:
    """Encoders, connectors and language model tiny, LoRA of rank 4 at most, of the same scale."""
    streams = tuple(
        dataclasses.replace(
            stream,
            sources=tuple(_source(source) for source in stream.sources),
            connector=_small(connector.GROUP, stream.connector),
        )
        for stream in system.streams
    )
    lora = system.lora and _lora(system.lora)
    return dataclasses.replace(system, language=language, streams=streams, lora=lora)


def _source(source: Source) -> Source:
    return dataclasses.replace(source, encoder=_small(encoder.GROUP, source.encoder))


def _small(group: str, part: Part) -> Part:
    """The part as its plug-in's `tiny` has it; some connectors have no sizes and no `tiny`."""
    module, config = configured(group, part)
    tiny: Callable[[Any], Any] | None = getattr(module, "tiny", None)
    if tiny is None:
        return part
    small, plain = tiny(config), module.Config()
    names = [field.name for field in dataclasses.fields(small)]
    changed = [name for name in names if getattr(small, name) != getattr(plain, name)]
    return Part(part.name, {name: getattr(small, name) for name in changed})


def _lora(lora: Lora) -> Lora:
    if lora.rank <= _RANK:
        return lora
    return dataclasses.replace(
        lora, rank=_RANK, alpha=max(1, round(lora.alpha * _RANK / lora.rank))
    )
