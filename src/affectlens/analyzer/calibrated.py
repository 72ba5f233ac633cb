"""A language model's label scores as probabilities, as its folder's calibration says."""

from dataclasses import replace

from affectlens.analyzer.settings import Settings
from affectlens.emotions.labels import LabelSpace
from affectlens.encoders.weights import locate
from affectlens.model import calibration
from affectlens.model.answer import LabelScores
from affectlens.model.calibration import Calibration
from affectlens.model.example import Example
from affectlens.model.scoring import label_scores
from affectlens.model.shipped import place
from affectlens.reasoning.settings import ReasoningSettings

_USUAL = ReasoningSettings()


def of(settings: Settings) -> Calibration | None:
    """The calibration of the settings' model; None for one that was not calibrated.

    Raises:
        UnavailableError: the model is not to be had.
        InputError: the file is no calibration.
    """
    return calibration.read(locate(place(settings.model), what="The model"))


def probabilities(
    scores: LabelScores, space: LabelSpace, shown: Example, made: Calibration | None
) -> dict[str, float]:
    """Probabilities of the labels, by the temperature for what the model was shown."""
    if made is None:
        return dict(scores.probabilities)
    said = bool(shown.subtitle and shown.subtitle.strip())
    temperature = made.temperature(shown.present, subtitle=said)
    levels = [scores.log_likelihoods[label] for label in space.labels]
    tokens = [scores.tokens[label] for label in space.labels]
    return dict(label_scores(space, levels, tokens, temperature=temperature).probabilities)


def reasoning(settings: ReasoningSettings, made: Calibration | None) -> ReasoningSettings:
    """The settings with the model's own limits for a label, unless somebody chose others."""
    if made is None:
        return settings
    threshold, margin = settings.threshold, settings.margin
    if made.threshold is not None and threshold == _USUAL.threshold:
        threshold = made.threshold
    if made.margin is not None and margin == _USUAL.margin:
        margin = made.margin
    return replace(settings, threshold=threshold, margin=margin)
