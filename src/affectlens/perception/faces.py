"""The faces of a clip in one pass over its frames: boxes, mesh, action units, expression, ids."""

# T moments of one track

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.media.clip import Clip, Video
from affectlens.perception import identity
from affectlens.perception.action_units import action_units
from affectlens.perception.observers import ExpressionNet
from affectlens.perception.percepts import Expression, FaceTrack, Shot
from affectlens.perception.ready import ready
from affectlens.perception.settings import FaceSettings
from affectlens.perception.shots import ShotMeter
from affectlens.perception.tracks import Follower, Piece

_FEWEST = 3  # moments; a shorter piece of a video is a mistake of the detector
_FLICKER_S = 0.35


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
    follower = Follower(detect, fit, net, most=settings.max_people)
    side = settings.still_side if video.still else settings.max_side
    frames = video.frames(rate_hz=settings.rate_hz or None, max_side=side)
    count = 0
    for frame in frames:
        follower.see(frame, cut=meter.see(frame))
        count += 1
        progress("faces", min(1.0, frame.time_s / max(clip.duration_s, 1e-6)))
    progress("faces", 1.0)
    pieces = [p for p in follower.pieces() if video.still or not _is_flicker(p)]
    tracks = _tracks(pieces, fit.blendshape_names, express, video)
    warnings = tuple(getattr(frames, "warnings", ()))
    return Faces(
        tracks or Missing(f"no face was seen in {count} frames of {clip.name}"),
        meter.shots(clip.duration_s),
        warnings,
    )


def _is_flicker(piece: Piece) -> bool:
    return len(piece.times) < _FEWEST or piece.times[-1] - piece.times[0] < _FLICKER_S / 2


def _tracks(
    pieces: Sequence[Piece],
    names: Sequence[str],
    express: ExpressionNet | Missing,
    video: Video,
) -> tuple[FaceTrack, ...]:
    people = group(pieces, [identity.appearance(piece.looks) for piece in pieces])
    return tuple(
        _track(f"P{number}", own, names, express, video)
        for number, own in enumerate(people, start=1)
    )


def group(pieces: Sequence[Piece], looks: Sequence[identity.Appearance]) -> list[list[Piece]]:
    """Pieces by person, in order of appearance: the most alike first, never two at one moment."""
    people = [[index] for index in range(len(pieces))]
    pairs = sorted(
        (_unlike(pieces, looks, i, j), i, j)
        for i in range(len(pieces))
        for j in range(i + 1, len(pieces))
    )
    for unlike, i, j in pairs:
        if unlike >= 1:
            break
        one = next(person for person in people if i in person)
        other = next(person for person in people if j in person)
        if one is other or any(_together(pieces[a], pieces[b]) for a in one for b in other):
            continue
        one += other
        people.remove(other)
    ordered = sorted(people, key=min)
    return [[pieces[index] for index in sorted(person)] for person in ordered]


def _unlike(pieces: Sequence[Piece], looks: Sequence[identity.Appearance], i: int, j: int) -> float:
    """Difference in looks, less where one piece goes on at the place where the other ended."""
    unlike = identity.distance(looks[i], looks[j])
    first, then = sorted((pieces[i], pieces[j]), key=lambda piece: piece.times[0])
    gap_s = then.times[0] - first.times[-1]
    low = np.maximum(first.boxes[-1][:2], then.boxes[0][:2])
    high = np.minimum(first.boxes[-1][2:], then.boxes[0][2:])
    same_place = bool((high > low).all())
    return unlike * (0.6 if same_place and 0 <= gap_s < 1 else 1.0)


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
        action_units=action_units(shapes, still=video.still),
        expression=expression,
    )
