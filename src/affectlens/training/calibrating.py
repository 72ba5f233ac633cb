"""Calibration on the clips that are held back: how sure a model's labels are, by what it is shown.

Each clip is asked as it comes, and where few clips come with a set of streams and words, others are
shown with the rest left out: a face alone, a voice alone, words alone, everything but words.
"""

# N clips, L labels

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from affectlens.corpora.corpus import Sample
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation.metrics import calibration as metric
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.foundation.missing import Missing
from affectlens.model.answer import LabelScores
from affectlens.model.asking import Asking, ask
from affectlens.model.calibration import REST, SUBTITLE, Calibration, Fit, key_of
from affectlens.model.example import Example
from affectlens.training import temperatures
from affectlens.training.develop import Clip, Held, asked_label
from affectlens.training.dropout import LEFT_OUT
from affectlens.training.temperatures import Floats

if TYPE_CHECKING:
    from affectlens.model.network import AffectLM
    from affectlens.model.processor import AffectProcessor

LEAST = 30  # clips, for a temperature of their own
_MOST = 300  # clips that are shown with something left out, for each set
_AT_ONCE = 128  # examples in memory
_BINS = 15  # of the calibration error


class Scored(NamedTuple):
    """One clip as it was shown, and what the model made of it."""

    clip: int  # its number among those held back
    key: str  # what was shown, as `Calibration` names it
    whole: bool  # nothing was left out
    true: str
    levels: Mapping[str, float]  # log likelihoods of the labels

    @property
    def said(self) -> str:
        """The likeliest label."""
        return max(self.levels, key=self.levels.__getitem__)


class _Showing(NamedTuple):
    """A clip to be shown."""

    clip: int
    key: str
    whole: bool
    true: str


def scored(
    model: "AffectLM", processor: "AffectProcessor", clips: Sequence[Clip], space: LabelSpace
) -> list[Scored]:
    """What a model says of clips, whole and with things left out; broken ones are passed over."""
    found: list[Scored] = []
    shown = sorted(_showings(processor, clips, space))
    how = Asking(max_tokens=0, labels=space)
    for start in range(0, len(shown), _AT_ONCE):
        window = shown[start : start + _AT_ONCE]
        answers = ask(model, processor, list(_examples(window, clips)), how)
        for one, answer in zip(window, answers, strict=True):
            assert isinstance(answer.labels, LabelScores)
            found.append(Scored(*one, answer.labels.log_likelihoods))
    return found


def calibrated(found: Sequence[Scored], space: LabelSpace) -> Calibration | Missing:
    """The temperature of each set that has enough clips, of all together, and a threshold."""
    clips = len({one.clip for one in found})
    if clips < LEAST:
        return Missing(f"{clips} clips with a label are held back, {LEAST} are wanted")
    by_key: dict[str, list[Scored]] = defaultdict(list)
    for one in found:
        by_key[one.key].append(one)
    sets = {key: own for key, own in by_key.items() if key and len(own) >= LEAST}
    fits = {key: _fit(own, space) for key, own in sorted(sets.items())}
    made = Calibration(space=space.name, fits={REST: _fit(found, space), **fits})
    return dataclasses.replace(made, threshold=_threshold(found, space, made))


def _showings(
    processor: "AffectProcessor", clips: Sequence[Clip], space: LabelSpace
) -> Iterator[_Showing]:
    """Every clip as it is; and, for sets that have few such clips, others with less."""
    come: Counter[str] = Counter()
    less: dict[str, list[_Showing]] = defaultdict(list)
    for number, clip in enumerate(clips):
        true = asked_label(processor, clip, space)
        if not (isinstance(clip, Held) and isinstance(true, str)):
            continue
        things = _things(clip.example)
        if not things:  # in use, nobody asks about it
            continue
        key = "+".join(things)
        come[key] += 1
        yield _Showing(number, key, True, true)
        for own in _parts(things):
            less[own].append(_Showing(number, own, False, true))
    for key, others in less.items():
        if come[key] < LEAST:
            yield from others[:: -(-len(others) // _MOST)]


def _things(example: Example) -> list[str]:
    """What an example shows, in the order of keys."""
    key = key_of(example.present, subtitle=bool(example.subtitle))
    return key.split("+") if key else []


def _parts(things: Sequence[str]) -> set[str]:
    """Each thing alone, and all without words."""
    streams = [name for name in things if name != SUBTITLE]
    return {key for key in (*things, "+".join(streams)) if key} - {"+".join(things)}


def _examples(shown: Sequence[_Showing], clips: Sequence[Clip]) -> Iterator[Example]:
    number, example = -1, Example(turns=())
    for one in shown:  # those of one clip are in succession: it is read once
        if one.clip != number:
            clip = clips[one.clip]
            assert isinstance(clip, Held)
            number, example = one.clip, clip.example
        yield example if one.whole else _reduced(example, one.key)


def _reduced(example: Example, key: str) -> Example:
    """An example with some things alone; what was measured tells of the others, so it goes too."""
    kept = set(key.split("+"))
    features = {n: one if n in kept else LEFT_OUT for n, one in example.features.items()}
    words = example.subtitle if SUBTITLE in kept else None
    return dataclasses.replace(example, features=features, subtitle=words, clues=None)


def _fit(found: Sequence[Scored], space: LabelSpace) -> Fit:
    levels_NL = _levels(found, space)
    true_N = np.array([space.labels.index(one.true) for one in found], np.int64)
    temperature = temperatures.fitted(levels_NL, true_N)
    scores = _errors(found, space, temperature)
    return Fit(
        temperature=temperature,
        clips=len(found),
        accuracy=scores["accuracy"],
        ece=scores["ece"],
        ece_before=_errors(found, space, 1.0)["ece"],
    )


def _levels(found: Sequence[Scored], space: LabelSpace) -> Floats:
    return np.array([[one.levels[label] for label in space.labels] for one in found], float)


def _errors(found: Sequence[Scored], space: LabelSpace, temperature: float) -> dict[str, float]:
    """Accuracy and calibration error, as `affectlens evaluate` counts them."""
    likely_NL = temperatures.probabilities(_levels(found, space), temperature)
    outcomes = [
        Outcome(
            Sample(id=str(number), label=one.true),
            Prediction(
                id=str(number), probabilities=dict(zip(space.labels, row.tolist(), strict=True))
            ),
        )
        for number, (one, row) in enumerate(zip(found, likely_NL, strict=True))
    ]
    scores = metric.Calibration(space, "strict", _BINS).tally(outcomes).scores()
    return {name: round(value, 4) for name, value in scores.items()}


def _threshold(found: Sequence[Scored], space: LabelSpace, made: Calibration) -> float:
    """Of clips as they come."""
    whole = [one for one in found if one.whole]
    temperature_N1 = np.array([[_temperature(one.key, made)] for one in whole])
    likely_NL = temperatures.probabilities(_levels(whole, space) / temperature_N1, 1.0)
    right_N = np.array([one.said == one.true for one in whole])
    return temperatures.threshold(likely_NL.max(1), right_N, len(space.labels))


def _temperature(key: str, made: Calibration) -> float:
    things = key.split("+") if key else []
    present = [name for name in things if name != SUBTITLE]
    return made.temperature(present, subtitle=SUBTITLE in things)
