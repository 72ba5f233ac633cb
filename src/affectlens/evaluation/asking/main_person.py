"""The main person of a clip: whoever is seen and speaks longest.

Corpora label one person of a clip. Seconds in which a person is seen and seconds in which they
speak are added up: who speaks goes before who only listens, and who is on screen all the time
before a voice from off it. Of equals, as in photographs, the one with the largest face is meant,
and then whoever appears first.
"""

from collections.abc import Iterable, Sequence

from affectlens.clues.episodes import gap_s
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span, merge
from affectlens.perception.percepts import FaceTrack, Percepts
from affectlens.reasoning.analysis import Analysis, Person
from affectlens.reasoning.measured import Own, people

_AWAY_S = 0.5  # a face that is away for longer was not there in between
# Faces are seen at moments, the last of which lasts until the next would have come: without it, a
# voice would go before a face that is on screen from the first frame to the last.
_LAST_S = 0.2
_Box = Sequence[float]  # left, top, right, bottom as shares of the picture


def of_analysis(analysis: Analysis) -> Person | None:
    """The main person of an analysis; None where nobody was seen or heard."""
    return max(analysis.people, key=_weight_of_person, default=None)  # the first of equals


def of_percepts(percepts: Percepts) -> Own | None:
    """The main person of what was measured: the one whom its analysis gives."""
    return max(people(percepts), key=_weight_of_own, default=None)


def _weight_of_person(person: Person) -> tuple[float, float]:
    track = person.track
    seen = () if track is None else track.presence
    return _weight(seen, person.speaking_s, () if track is None else track.boxes)


def _weight_of_own(own: Own) -> tuple[float, float]:
    spans = merge(utterance.span for utterance in own.utterances)
    seen = [span for track in own.tracks for span in _presence(track)]
    boxes = [box for track in own.tracks for box in track.boxes_T4.tolist()]
    return _weight(seen, sum(span.duration_s for span in spans), boxes)


def _presence(track: FaceTrack) -> list[Span]:
    moments = [Span(float(time_s), float(time_s)) for time_s in track.times_T]
    return merge(moments, gap_s=gap_s(track.times_T, _AWAY_S))


def _weight(seen: Iterable[Span], speaking_s: float, boxes: Sequence[_Box]) -> tuple[float, float]:
    """Seconds, to the hundredth: an analysis on the disk has them to the thousandth."""
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in boxes]
    area = sum(areas) / len(areas) if areas else 0.0
    seen_s = sum(span.duration_s for span in seen) + (_LAST_S if areas else 0.0)
    return round(seen_s + speaking_s, 2), round(area, 3)


def absent(percepts: Percepts) -> Missing:
    """Why there is no main person."""
    reasons = [
        str(found)
        for found in (percepts.faces, percepts.utterances, percepts.transcript)
        if isinstance(found, Missing)
    ]
    return Missing("; ".join(["nobody was seen or heard", *reasons]))
