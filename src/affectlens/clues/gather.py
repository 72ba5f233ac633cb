"""From percepts to clues: everything that was measured, said plainly, and few enough to read."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from affectlens.clues.clue import Clue
from affectlens.clues.extent import end_s
from affectlens.clues.face import away_clues, face_clues
from affectlens.clues.phrasebook import phrasebook
from affectlens.clues.scene import scene_clues
from affectlens.clues.voice import voice_clues
from affectlens.clues.words import signed, words_clues
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Percepts

_ORDER = {"face": 0, "voice": 1, "words": 2, "scene": 3}

# How many clues one window keeps for each person, the strongest first. A window is this long, and
# longer in long clips, so that no clip has more than about `_WINDOWS` of them.
KEPT = {"face": 8, "voice": 6, "words": 4, "scene": 4}
_WINDOW_S = 5.0
_WINDOWS = 120


def gather(percepts: Percepts, *, language: str = "en") -> tuple[Clue, ...]:
    """All clues with ids c1 … in order of time, then modality; the same percepts give the same.

    Raises:
        ConfigError: there is no phrasebook of that language.
    """
    book = phrasebook(language)
    percepts = signed(percepts)
    faces = () if isinstance(percepts.faces, Missing) else percepts.faces
    last_s = end_s(percepts)
    found = [
        *(c for track in faces for c in face_clues(track, speaking(percepts, track.person), book)),
        *(c for track in faces for c in away_clues(track, last_s, book)),
        *voice_clues(percepts, book),
        *words_clues(percepts, book),
        *scene_clues(percepts, book),
    ]
    ordered = sorted(_strongest(found), key=_place)
    return tuple(replace(clue, id=f"c{i}") for i, clue in enumerate(ordered, start=1))


def speaking(percepts: Percepts, person: str) -> list[Span]:
    """When a person speaks."""
    if isinstance(percepts.utterances, Missing):
        return []
    return [u.span for u in percepts.utterances if u.person == person]


def _place(clue: Clue) -> tuple[float, int, str, str, float, str]:
    """Where a clue stands among the others."""
    return (
        clue.span.start_s,
        _ORDER[clue.modality],
        clue.person or "",
        clue.kind,
        clue.span.end_s,
        clue.text,
    )


def _strongest(clues: Iterable[Clue]) -> list[Clue]:
    """The clues that remain when every window keeps only its strongest."""
    pool = list(clues)
    last_s = max((clue.span.end_s for clue in pool), default=0.0)
    window_s = max(_WINDOW_S, last_s / _WINDOWS)
    groups: dict[tuple[str, str | None, int], list[Clue]] = defaultdict(list)
    for clue in pool:
        window = int(max(0.0, clue.span.start_s) // window_s)
        groups[clue.modality, clue.person, window].append(clue)
    kept = []
    for (modality, _, _), group in groups.items():
        group.sort(key=lambda clue: (-clue.strength, _place(clue)))
        kept += group[: KEPT[modality]]
    return kept
