"""What a model is shown of a whole clip: the rows that an analysis of its main person has."""

from collections.abc import Mapping
from dataclasses import replace

from affectlens.analyzer.scene import stream_features
from affectlens.analyzer.settings import ModelSettings, Settings
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.evaluation.asking import main_person
from affectlens.foundation.device import Place
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part
from affectlens.media.clip import Clip
from affectlens.model.declaration import Stream
from affectlens.perception.observe import observe
from affectlens.perception.percepts import Percepts
from affectlens.training.kept_features import OF_PEOPLE

_NO_CONNECTOR = Part("none")  # a connector comes after features


def shown(clip: Clip, sources: Mapping[str, Source], place: Place) -> dict[str, Features | Missing]:
    """The features of each source, or why there are none.

    Where nobody is seen or heard it is all of the clip. What is said decides no view: words are not
    recognised.

    Raises:
        ConfigError, InputError, UnavailableError: as of `encoders.encode`.
        LimitError: the clip passes one of the limits.
    """
    streams = [
        Stream(name=name, sources=(source,), connector=_NO_CONNECTOR)
        for name, source in sources.items()
    ]
    percepts = Percepts.unmeasured(Missing("no view hangs on it"))
    if any(source.view.of in OF_PEOPLE for source in sources.values()):
        percepts = observe(clip, without_words().perception)
    own = main_person.of_percepts(percepts)
    person = None if own is None else own.person
    settings = ModelSettings(device=place.device, precision=place.precision)
    found = stream_features(streams, clip, percepts, settings, person=person)
    return {name: one if isinstance(one, Missing) else one[0] for name, one in found.items()}


def without_words() -> Settings:
    """An analysis that recognises no words."""
    plain = Settings()
    voice = replace(plain.perception.voice, words="none")
    return replace(plain, perception=replace(plain.perception, voice=voice))
