"""Where the labels lie on the two dimensions of affect, valence and arousal, each -1 – 1.

The places follow Russell's circumplex (1980) and the order of the Warriner et al. (2013) norms for
the same words, rounded to 0.05; they are an approximation, not a measurement.
"""

from collections.abc import Mapping

from affectlens.emotions.labels import plain

VALENCE_AROUSAL: Mapping[str, tuple[float, float]] = {
    "neutral": (0.0, 0.0),
    "happy": (0.8, 0.45),
    "sad": (-0.65, -0.4),
    "angry": (-0.6, 0.65),
    "fear": (-0.65, 0.65),
    "worried": (-0.5, 0.35),
    "disgust": (-0.65, 0.3),
    "contempt": (-0.5, 0.15),
    "doubt": (-0.25, 0.1),
    "surprise": (0.15, 0.7),
}


def expected(probabilities: Mapping[str, float]) -> tuple[float, float] | tuple[None, None]:
    """Valence and arousal of probabilities of labels; None when a label has no place here.

    What all labels share evenly is no opinion and counts as neutral: most labels are unpleasant and
    excited, so that knowing nothing would else come out as unpleasant and excited.
    """
    places = [VALENCE_AROUSAL.get(plain(label)) for label in probabilities]
    known = [place for place in places if place is not None]
    if len(known) < len(places):
        return None, None
    shared = min(probabilities.values())
    own = [p - shared for p in probabilities.values()]
    valence = sum(p * place[0] for p, place in zip(own, known, strict=True))
    arousal = sum(p * place[1] for p, place in zip(own, known, strict=True))
    return valence, arousal
