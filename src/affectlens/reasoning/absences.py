"""Everything that was not measured in a clip, and why."""

from collections.abc import Iterable, Mapping

from affectlens.foundation.missing import Missing
from affectlens.perception.percepts import FaceTrack, Percepts
from affectlens.reasoning.analysis import Absence


def absences(streams: Mapping[str, bool], percepts: Percepts) -> Iterable[Absence]:
    """From the whole ("video", "sound") over the stages down to the part ("P1.AU09")."""
    whole: dict[str, object] = {
        "scene": percepts.shots,
        "faces": percepts.faces or Missing("no face was seen"),
        "voice": percepts.voice,
        "speech": percepts.utterances,
        "events": percepts.events,
        "words": percepts.transcript,
        "tone": percepts.tone,
    }
    for stream, stage in (("video", "scene"), ("sound", "voice")):
        if not streams.get(stream, True):
            yield from _absence(stream, whole[stage])
    for name, value in whole.items():
        yield from _absence(name, value)
    for utterance in () if isinstance(percepts.utterances, Missing) else percepts.utterances:
        yield from _absence("speaker", utterance.person)
    for track in () if isinstance(percepts.faces, Missing) else percepts.faces:
        yield from _of_face(track)


def _of_face(track: FaceTrack) -> Iterable[Absence]:
    """What was not measured of one face."""
    yield from _absence(f"{track.person}.pose", track.pose_T3)
    yield from _absence(f"{track.person}.mouth", track.mouth_open_T)
    yield from _absence(f"{track.person}.expression", track.expression)
    for name, unit in track.action_units.items():
        yield from _absence(f"{track.person}.{name}", unit)


def _absence(what: str, value: object) -> Iterable[Absence]:
    """One, when it is."""
    if isinstance(value, Missing):
        yield Absence(what, value.reason)
