"""What features are made of files: a system's streams, or encoders by their names."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from affectlens.encoders import folders, weights
from affectlens.encoders.encoder import GROUP, Source
from affectlens.encoders.view import OF_FACES, View
from affectlens.foundation import config, plugins
from affectlens.foundation import weights as foundation_weights
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part, configured, use
from affectlens.media.limits import Limits
from affectlens.model.declaration import System
from affectlens.model.published import published
from affectlens.perception.settings import PerceptionSettings

_TINY = "tiny:"
_RANDOM = "tiny"  # an encoder's weights that are drawn, not found
_USUAL = {"sound": "sound", "pictures": "peak_frame", "measures": "measures"}  # views, by kind
AVERAGING = ("pooled_linear",)  # connectors that begin with it: files need not hold more


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one folder holds."""

    source: Source
    pooled: bool  # one row a file: the mean of all

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.source.as_json(), "pooled": self.pooled}


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureSettings:
    """What is made of each file; `encoders` take the place of a system's streams.

    An encoder is its name, then its settings, its view, its output and whether rows are averaged:
    "whisper,weights=carried:whisper-base,width=512" or "mae,view.of=faces,view.count=16,pooled=no".
    """

    system: str = "emotion_llama"  # "tiny:emotion_llama" has small random nets, for trying things
    streams: tuple[str, ...] = ()  # of the system; none: all of them
    encoders: tuple[str, ...] = ()
    perception: PerceptionSettings = field(default_factory=PerceptionSettings)
    limits: Limits = field(default_factory=Limits)
    device: str = "auto"  # cpu, cuda, cuda:1, mps
    precision: str = "auto"  # float32, bfloat16, float16

    def __post_init__(self) -> None:
        Place(device=self.device, precision=self.precision)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Named:
    """One of `FeatureSettings.encoders`, read."""

    encoder: Part = field(default=use("hubert"), metadata={"group": GROUP})
    view: View
    output: str = ""  # the first one
    pooled: bool = True


def sources_of(settings: FeatureSettings) -> dict[str, Wanted]:
    """What is made, by the name of its folder: a stream, or one of its sources, as "fusion.0".

    Raises:
        ConfigError: there is no such system, stream, encoder or setting; the nearest is named.
    """
    if settings.encoders:
        return _of_encoders(settings.encoders)
    system = _system(settings.system)
    found = {}
    for stream in system.streams:
        pooled = stream.connector.name in AVERAGING
        for name, source in folders.named({stream.name: stream.sources}).items():
            found[name] = Wanted(source, pooled)
    known = [stream.name for stream in system.streams]
    for name in settings.streams:
        if name not in known:
            raise ConfigError(
                f"{system.name} has no stream {name!r}; it has {', '.join(known) or 'none'}."
            )
    wanted = settings.streams or known
    return {name: one for name, one in found.items() if name.split(".")[0] in wanted}


def sees_faces(settings: FeatureSettings) -> bool:
    """Whether faces have to be found in each file."""
    return any(one.source.view.of in OF_FACES for one in sources_of(settings).values())


def absent_models(settings: FeatureSettings) -> list[str]:
    """The models that find faces, where faces are wanted, that are not on this machine."""
    if not sees_faces(settings):
        return []
    faces = settings.perception.faces
    backends = [plugins.load("perception.backends", n) for n in (faces.detector, faces.mesh)]
    names = {model for backend in backends for model in getattr(backend, "MODELS", ())}
    return sorted(name for name in names if isinstance(foundation_weights.find(name), Missing))


def refuse_absent(settings: FeatureSettings) -> None:
    """Look for the weights that are needed, encoders' on the hub too, before a file is touched.

    Raises:
        UnavailableError: some are not to be had; names all of them.
    """
    problems = [
        f"The model {name} finds faces and is not here: run `affectlens models pull {name}`."
        for name in absent_models(settings)
    ]
    nets = {
        str(getattr(configured(GROUP, one.source.encoder)[1], "weights", _RANDOM)): name
        for name, one in sources_of(settings).items()
    }
    for where, name in nets.items():
        try:
            if where != _RANDOM and not where.startswith(weights.CARRIED):
                weights.locate(where, what=f"The features {name}")
        except UnavailableError as error:
            problems.append(str(error))
    if problems:
        raise UnavailableError(
            "\n".join(problems) + "\nLeave streams out (--stream), or see "
            "docs/encoders.md for where weights are looked for."
        )


def _of_encoders(specs: Sequence[str]) -> dict[str, Wanted]:
    found = {}
    for spec in specs:
        wanted = _of_encoder(spec)
        name = wanted.source.encoder.name
        if name in found:
            raise ConfigError(
                f"The encoder {name} is asked for twice, and its folder can have one kind of "
                "features only. Make them one after the other, in two folders."
            )
        found[name] = wanted
    return found


def _of_encoder(spec: str) -> Wanted:
    """A view that is not given is of the whole sound, or for pictures of the peak frame."""
    name, *rest = spec.split(",")
    module = plugins.load(GROUP, name)
    own = ("view.", "output=", "pooled=")
    sets = [one if one.startswith(own) else f"encoder.{one}" for one in rest]
    if not any(one.startswith("view.of=") for one in sets):
        sets.append("view.of=" + next(_USUAL[kind] for kind in _USUAL if kind in module.SHOWN))
    named = config.read(_Named, file=None, env={}, sets=[f"encoder.use={name}", *sets])
    _, made = configured(GROUP, named.encoder)
    outputs = module.outputs(made)
    if named.output and named.output not in outputs:
        raise ConfigError(f"{name} has no output {named.output!r}; it has {', '.join(outputs)}.")
    if named.view.kind not in module.SHOWN:
        raise ConfigError(
            f"{name} takes {' and '.join(module.SHOWN)}; its view is of {named.view.kind}."
        )
    output = named.output or next(iter(outputs))
    return Wanted(Source(named.encoder, named.view, output), named.pooled)


def _system(name: str) -> System:
    system = published(name.removeprefix(_TINY).replace("-", "_"))
    if not name.startswith(_TINY):
        return system
    from affectlens.model.tiny import shrink  # loads torch

    return shrink(system)
