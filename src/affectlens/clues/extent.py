"""How long a clip is, as far as anything was measured in it."""

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.perception.percepts import Percepts


def end_s(percepts: Percepts) -> float:
    """When the last thing that was measured ends, in seconds; 0.0 for a still image."""
    ends = [0.0]
    if not isinstance(percepts.faces, Missing):
        ends += [float(t.times_T[-1]) for t in percepts.faces if len(t.times_T)]
    if not isinstance(percepts.shots, Missing):
        ends += [shot.span.end_s for shot in percepts.shots]
    if not isinstance(percepts.voice, Missing) and len(percepts.voice.times_V):
        ends.append(float(np.max(percepts.voice.times_V)))
    if not isinstance(percepts.utterances, Missing):
        ends += [u.span.end_s for u in percepts.utterances]
    if not isinstance(percepts.transcript, Missing):
        ends += [s.span.end_s for s in percepts.transcript.sentences]
    return max(ends)
