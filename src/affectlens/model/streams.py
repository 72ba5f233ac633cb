"""What joins encoders and language model: widths and connectors, checked before any weight."""

from collections.abc import Sequence

from torch import nn

from affectlens.encoders import encoder
from affectlens.encoders.encoder import Source
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import configured
from affectlens.model import connector as joint
from affectlens.model.connector import Connector
from affectlens.model.declaration import Stream, System


def widths(system: System) -> dict[str, tuple[int, ...]]:
    """For each stream how wide the rows of its sources are.

    Raises:
        ConfigError: an encoder is unknown, has no such setting or output, or cannot be shown what
            the view shows; names the stream.
    """
    return {stream.name: _widths(stream) for stream in system.streams}


def connector(stream: Stream, width: int, source_widths: Sequence[int] | None = None) -> Connector:
    """A stream's connector with new weights, on the default device; `width` is the model's.

    Raises:
        ConfigError: as of `widths`; or the connector is unknown, has no such setting or cannot take
            these sources.
    """
    found = _widths(stream) if source_widths is None else tuple(source_widths)
    try:
        module, config = configured(joint.GROUP, stream.connector)
        built: Connector = module.build(config, found, width)
    except ConfigError as error:
        raise ConfigError(f"Stream {stream.name!r}: {error}") from None
    return built


def joints(system: System, width: int) -> nn.ModuleDict:
    """The connectors of all streams by the streams' names; see `connector`."""
    found = widths(system)
    return nn.ModuleDict(
        {stream.name: connector(stream, width, found[stream.name]) for stream in system.streams}
    )


def _widths(stream: Stream) -> tuple[int, ...]:
    try:
        return tuple(_width(source) for source in stream.sources)
    except ConfigError as error:
        raise ConfigError(f"Stream {stream.name!r}: {error}") from None


def _width(source: Source) -> int:
    module, config = configured(encoder.GROUP, source.encoder)
    shown = source.view.kind
    if shown not in module.SHOWN:
        raise ConfigError(
            f"The encoder {source.encoder.name} is shown {' and '.join(module.SHOWN)}; the view "
            f"{source.view.of!r} gives {shown}."
        )
    outputs: dict[str, int] = dict(module.outputs(config))
    if source.output not in outputs:
        raise ConfigError(
            f"The encoder {source.encoder.name} has no output {source.output!r}. "
            f"It has: {', '.join(outputs)}."
        )
    return outputs[source.output]
