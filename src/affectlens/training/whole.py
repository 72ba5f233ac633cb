"""What a model is shown of a whole clip: the rows that an analysis of its main person has."""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from affectlens.analyzer.scene import stream_features
from affectlens.analyzer.settings import RULES, ModelSettings, Settings
from affectlens.encoders import showing
from affectlens.encoders.augment import augmented
from affectlens.encoders.encode import Show
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.encoders.view import Pictures, Plan, Waves
from affectlens.evaluation.asking import main_person
from affectlens.foundation.device import Place
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part
from affectlens.media.clip import Clip
from affectlens.model.declaration import Stream
from affectlens.perception.observe import observe
from affectlens.perception.percepts import Percepts
from affectlens.training.contents import short
from affectlens.training.kept_features import OF_PEOPLE

Shown = Pictures | Waves | Missing
_NO_CONNECTOR = Part("none")  # a connector comes after features


def shown(
    clip: Clip,
    sources: Mapping[str, Source],
    place: Place,
    seeds: Sequence[int | None] = (None,),
    *,
    detector: str | None = None,
) -> list[dict[str, Features | Missing]]:
    """The features of each source, or why there are none, once for each seed.

    A seed is that of a changed copy, None the clip as it is; it is observed and decoded once. Where
    nobody is seen or heard it is all of the clip. What is said decides no view: words are not
    recognised. `detector` finds faces in place of the usual one.

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
        percepts = observe(clip, without_words(detector).perception)
    own = main_person.of_percepts(percepts)
    person = None if own is None else own.person
    settings = ModelSettings(device=place.device, precision=place.precision)
    found = []
    for show in _shows(seeds):
        made = stream_features(streams, clip, percepts, settings, person=person, show=show)
        found.append({n: one if isinstance(one, Missing) else one[0] for n, one in made.items()})
    return found


def seed_of(clip: str, copy: int) -> int | None:
    """That of a changed copy of a clip with some id; 0 is the clip as it is."""
    return short(f"augment\0{clip}\0{copy}") if copy else None


def is_changed(source: Source) -> bool:
    """Whether a copy differs from the clip as it is; what was measured of it does not."""
    return source.view.kind != "measures"


def _shows(seeds: Sequence[int | None]) -> list[Show | None]:
    """How each copy is shown; what several show is decoded once."""
    if not any(seed is not None for seed in seeds):
        return [None for _ in seeds]
    decoded: dict[Plan, Shown] = {}

    def show(seed: int | None, clip: Clip, plan: Plan) -> Shown:
        if plan not in decoded:
            decoded[plan] = showing.show(clip, plan)
        one = decoded[plan]
        return one if seed is None or isinstance(one, Missing) else augmented(one, seed)

    return [functools.partial(show, seed) for seed in seeds]


def without_words(detector: str | None = None) -> Settings:
    """An analysis that recognises no words; `detector` finds faces in place of the usual one."""
    plain = Settings(model=RULES)
    voice, faces = replace(plain.perception.voice, words="none"), plain.perception.faces
    if detector is not None:
        faces = replace(faces, detector=detector)
    return replace(plain, perception=replace(plain.perception, voice=voice, faces=faces))
