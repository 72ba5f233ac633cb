"""The faces of a clip in one pass over its frames: boxes, mesh, action units, expression, ids."""

# T moments of one track

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.media.clip import Clip, Video
from affectlens.perception import identity
from affectlens.perception.action_units import BROW_HEIGHT, action_units
from affectlens.perception.face_crop import NO_MESH, WHOLE_4
from affectlens.perception.observers import ExpressionNet
from affectlens.perception.percepts import ACTION_UNITS, Expression, FaceTrack, Shot
from affectlens.perception.ready import ready
from affectlens.perception.settings import FaceSettings
from affectlens.perception.shots import ShotMeter
from affectlens.perception.tiles import TiledDetector
from affectlens.perception.tracks import Bare, Follower, Piece

_FEWEST = 3  # moments; a shorter piece of a video is a mistake of the detector
_SHORTEST_S = 0.175  # of a piece, likewise
_MOST_IN_A_STILL = 50  # a single picture costs little
_GAP_S = 1.0
_GOES_ON = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """What the pictures of a clip give."""

    tracks: tuple[FaceTrack, ...] | Missing
    shots: tuple[Shot, ...] | Missing
    warnings: tuple[str, ...] = ()


def observe_faces(clip: Clip, settings: FaceSettings, *, progress: Progress = silent) -> Faces:
    """Follow every face through a clip, in bounded memory: only numbers are kept of a frame."""
    video = clip.video
    if isinstance(video, Missing):
        return Faces(video, video)
    meter = ShotMeter()
    detect, fit = ready(settings.detector), ready(settings.mesh)
    if isinstance(detect, Missing) or isinstance(fit, Missing):
        lacking = detect if isinstance(detect, Missing) else fit
        return Faces(lacking, lacking)
    express = ready(settings.expression)
    net = None if isinstance(express, Missing) else express
    look = TiledDetector(detect) if video.still else detect
    most = max(settings.max_people, _MOST_IN_A_STILL) if video.still else settings.max_people
    follower = Follower(look, fit, net, most=most)
    side = settings.still_side if video.still else settings.max_side
    frames = video.frames(rate_hz=settings.rate_hz or None, max_side=side)
    count = 0
    for frame in frames:
        follower.see(frame, cut=meter.see(frame))
        count += 1
        progress("faces", min(1.0, frame.time_s / max(clip.duration_s, 1e-6)))
    progress("faces", 1.0)
    brief = count < 2 * _FEWEST  # so short a clip has nothing else to tell a face from a mistake
    pieces = [p for p in follower.pieces() if brief or not _is_flicker(p)]
    tracks = _tracks(pieces, fit.blendshape_names, express, video)
    if not tracks and follower.bare.times:
        tracks = (_bare_track(follower.bare, express),)
    warnings = [*getattr(frames, "warnings", ())]
    if follower.crowded:
        warnings.append(
            f"{clip.name} shows more than {most} faces at once; the largest {most} were followed "
            "(perception.faces.max_people)"
        )
    return Faces(
        tracks or Missing(f"no face was seen in {count} frames of {clip.name}"),
        meter.shots(clip.duration_s),
        tuple(warnings),
    )


def _is_flicker(piece: Piece) -> bool:
    return len(piece.times) < _FEWEST or piece.times[-1] - piece.times[0] < _SHORTEST_S


def _tracks(
    pieces: Sequence[Piece],
    names: Sequence[str],
    express: ExpressionNet | Missing,
    video: Video,
) -> tuple[FaceTrack, ...]:
    return tuple(
        _track(f"P{number}", own, names, express, video)
        for number, own in enumerate(group(pieces), start=1)
    )


def group(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces by person, in order of appearance.

    The longest piece first, each joins the person whom it resembles most, if it does at all and
    they are never seen at once; otherwise it is somebody new.
    """
    people: list[_Person] = []
    for piece in sorted(pieces, key=lambda one: -len(one.times)):
        look = identity.appearance(piece.looks)
        free = [p for p in people if not any(_together(piece, own) for own in p.pieces)]
        unlike = [_unlike(piece, look, person) for person in free]
        if unlike and min(unlike) < 1:
            person = free[int(np.argmin(unlike))]
            person.pieces.append(piece)
            person.look = identity.together(person.look, look)
        else:
            people.append(_Person([piece], look))
    order = {id(piece): index for index, piece in enumerate(pieces)}
    own = [sorted(person.pieces, key=lambda piece: order[id(piece)]) for person in people]
    return sorted(own, key=lambda found: order[id(found[0])])


@dataclass(slots=True, eq=False)
class _Person:
    """Pieces that were put together so far."""

    pieces: list[Piece]
    look: identity.Appearance


def _unlike(piece: Piece, look: identity.Appearance, person: _Person) -> float:
    """Difference in looks, less where the piece goes on in the place where another was lost."""
    unlike = identity.distance(look, person.look)
    return unlike * (_GOES_ON if any(_goes_on(piece, own) for own in person.pieces) else 1.0)


def _goes_on(one: Piece, other: Piece) -> bool:
    """Whether one starts in the same shot and place within a second of the other's end."""
    first, then = sorted((one, other), key=lambda piece: piece.times[0])
    if first.shot != then.shot or then.times[0] - first.times[-1] > _GAP_S:
        return False
    low = np.maximum(first.boxes[-1][:2], then.boxes[0][:2])
    high = np.minimum(first.boxes[-1][2:], then.boxes[0][2:])
    return bool((high > low).all())


def _together(one: Piece, other: Piece) -> bool:
    """Whether both are seen at some moment."""
    return one.times[0] <= other.times[-1] and other.times[0] <= one.times[-1]


def _track(
    person: str,
    pieces: Sequence[Piece],
    names: Sequence[str],
    express: ExpressionNet | Missing,
    video: Video,
) -> FaceTrack:
    """One person's pieces as one track."""

    def joined(what: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.array([value for piece in pieces for value in getattr(piece, what)], np.float32)

    shapes_TB = joined("shapes")
    shapes = {name: shapes_TB[:, i] for i, name in enumerate(names) if not name.startswith("_")}
    times = [time_s for piece in pieces for time_s in piece.expression_times]
    expression = (
        express
        if isinstance(express, Missing)
        else Expression(express.labels, np.array(times), joined("expressions"))
    )
    return FaceTrack(
        person=person,
        times_T=np.array([time_s for piece in pieces for time_s in piece.times]),
        boxes_T4=joined("boxes"),
        confidence_T=joined("presence"),
        pose_T3=joined("poses"),
        mouth_open_T=joined("mouths"),
        blendshapes=shapes,
        action_units=action_units({**shapes, BROW_HEIGHT: joined("brows")}, still=video.still),
        expression=expression,
    )


def _bare_track(bare: Bare, express: ExpressionNet | Missing) -> FaceTrack:
    """A face crop that no mesh fits: the whole picture, and its expression where there is a net."""
    times_T = np.array(bare.times)
    return FaceTrack(
        person="P1",
        times_T=times_T,
        boxes_T4=np.tile(WHOLE_4, (len(times_T), 1)),
        confidence_T=np.ones(len(times_T), np.float32),
        pose_T3=NO_MESH,
        mouth_open_T=NO_MESH,
        blendshapes={},
        action_units=dict.fromkeys(ACTION_UNITS, NO_MESH),
        expression=express
        if isinstance(express, Missing)
        else Expression(express.labels, times_T, np.array(bare.expressions, np.float32)),
    )
