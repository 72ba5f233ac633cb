"""The label spaces of the field, each written once."""

from affectlens.emotions.labels import LabelSpace
from affectlens.foundation.errors import ConfigError

# MER2023 and MER2024, evaluation order of the published scripts.
MER6 = LabelSpace("mer6", ("neutral", "angry", "happy", "sad", "worried", "surprise"))
# MERR, index order of Emotion-LLaMA's training code.
MER9 = LabelSpace("mer9", (*MER6.labels, "fear", "contempt", "doubt"))
# DFEW, its seven classes; also FER2013's set in other words.
DFEW7 = LabelSpace("dfew7", ("happy", "sad", "neutral", "angry", "surprise", "disgust", "fear"))
# Ekman's six basic emotions.
EKMAN6 = LabelSpace("ekman6", ("angry", "disgust", "fear", "happy", "sad", "surprise"))

SPACES = {space.name: space for space in (MER6, MER9, DFEW7, EKMAN6)}


def space(name: str) -> LabelSpace:
    """A label space by name, or one of one's own: labels with commas between them.

    Raises:
        ConfigError: there is none of that name.
    """
    if "," in name:
        labels = tuple(label.strip().lower() for label in name.split(","))
        return LabelSpace(",".join(labels), labels)
    if name not in SPACES:
        raise ConfigError(
            f"There is no label space {name!r}. There are: {', '.join(sorted(SPACES))}; or give "
            "labels with commas between them."
        )
    return SPACES[name]
