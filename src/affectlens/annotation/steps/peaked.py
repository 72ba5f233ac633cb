"""Whom the annotation is of, when their face shows most, and which action units it shows.

A blink (AU45) is measured and told as a number like any unit, and counts for the peak frame as
published; but everybody blinks, so it is never among the units that are present.
"""

# T moments of a track

from dataclasses import replace

from affectlens.annotation.annotation import Box, Made, Peak
from affectlens.annotation.draft import Draft, Seen
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.work import key_of
from affectlens.clues.episodes import episodes
from affectlens.evaluation.asking import main_person
from affectlens.foundation.missing import Missing
from affectlens.perception.peaks import Method, peak
from affectlens.perception.percepts import ActionUnit, FaceTrack

STEP = "peaked"
VERSION = 1  # raised when the same percepts give another person, peak or units
BLINK = "AU45"
_SHORTEST_S = 0.2
_DIGITS = 4  # of shares and intensities, as in analyses


def peaked(draft: Draft, recipe: Recipe) -> Draft:
    """Set `person`, `peak` and `units`; what cannot be had is Missing with its reason."""
    person = _person(draft.seen)
    track = _track(draft.seen, person)
    present, method = recipe.units.present, recipe.analysis.reasoning.peak
    top = track if isinstance(track, Missing) else _peak(track, method, present, draft.seen)
    units = track if isinstance(track, Missing) else _units(track, present, top)
    key = draft.seen.key
    found = {"person": person, "peak": top, "units": units}
    by = {
        "person": _made("the main person: seen and heard longest", key),
        "peak": _made(f"the peak frame by {method!r}", key, method, present),
        "units": _made(f"units of {present:g} and more", key, method, present),
    }
    made = {name: by[name] for name, value in found.items() if not isinstance(value, Missing)}
    return replace(draft, person=person, peak=top, units=units, made={**draft.made, **made})


def _made(by: str, *parts: object) -> Made:
    return Made(step=STEP, by=f"{by}, version {VERSION}", key=key_of(STEP, VERSION, *parts))


def _person(seen: Seen) -> str | Missing:
    found = main_person.of_analysis(seen.analysis)
    return main_person.absent(seen.percepts) if found is None else found.id


def _track(seen: Seen, person: str | Missing) -> FaceTrack | Missing:
    """The face of the main person."""
    faces = seen.percepts.faces
    if isinstance(faces, Missing):
        return faces
    if isinstance(person, Missing):
        return person
    own = (one for one in faces if one.person == person and len(one.times_T))
    return next(own, Missing(f"{person} was heard, not seen"))


def _peak(track: FaceTrack, method: Method, present: float, seen: Seen) -> Peak | Missing:
    index = peak(track, method)
    if isinstance(index, Missing):
        return index
    time_s = float(track.times_T[index])
    levels = {
        name: round(float(unit.intensity_T[index]), _DIGITS)
        for name, unit in track.action_units.items()
        if isinstance(unit, ActionUnit)
    }
    return Peak(
        person=track.person,
        time_s=time_s,
        frame=_frame(time_s, seen),
        method=method,
        box=_box(track, index),
        action_units=levels,
        active=tuple(
            sorted(name for name, level in levels.items() if level >= present and name != BLINK)
        ),
    )


def _frame(time_s: float, seen: Seen) -> int:
    """Number in the file; exact where frames come at a constant rate."""
    number = round(time_s * (seen.analysis.input.rate_hz or 0.0))
    return number if isinstance(seen.frames, Missing) else min(number, seen.frames - 1)


def _box(track: FaceTrack, index: int) -> Box:
    left, top, right, bottom = (round(float(x), _DIGITS) for x in track.boxes_T4[index])
    return left, top, right, bottom


def _units(track: FaceTrack, present: float, top: Peak | Missing) -> tuple[str, ...] | Missing:
    """Units present for a while at any time, or at the peak."""
    measured = {
        name: unit for name, unit in track.action_units.items() if isinstance(unit, ActionUnit)
    }
    if not measured:
        return Missing(f"no action unit of {track.person} was measured")
    found = {
        name
        for name, unit in measured.items()
        if episodes(track.times_T, unit.intensity_T, present, shortest_s=_SHORTEST_S, merge_s=0.0)
    }
    at_peak = () if isinstance(top, Missing) else top.active
    return tuple(sorted({*found, *at_peak} - {BLINK}))
