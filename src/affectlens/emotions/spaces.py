"""The label spaces of the field, each written once, in the spelling and order of its authors."""

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
# MELD, index order of MER-UniBench.
MELD7 = LabelSpace("meld7", ("anger", "joy", "sadness", "neutral", "disgust", "fear", "surprise"))
# IEMOCAP, index order of MERBench; "happy" of the four is happy and excited together.
IEMOCAP4 = LabelSpace("iemocap4", ("happy", "sad", "neutral", "anger"))
IEMOCAP6 = LabelSpace("iemocap6", (*IEMOCAP4.labels, "excited", "frustrated"))
# RAVDESS, the codes 01–08 of its file names.
RAVDESS8 = LabelSpace(
    "ravdess8", ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
)
# CREMA-D, its codes in the order of the alphabet; no order is published.
CREMAD6 = LabelSpace("cremad6", ("anger", "disgust", "fear", "happy", "neutral", "sad"))
# MAFW, its single labels in the order of the paper.
MAFW11 = LabelSpace(
    "mafw11",
    ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise", "contempt",
     "anxiety", "helplessness", "disappointment"),
)  # fmt: skip
# FER+, the order of its columns.
FERPLUS8 = LabelSpace(
    "ferplus8",
    ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"),
)
# MOSI, MOSEI, CH-SIMS and MELD: the sign of a valence.
SENTIMENT3 = LabelSpace("sentiment3", ("negative", "neutral", "positive"))

SPACES = {
    space.name: space
    for space in (
        MER6, MER9, DFEW7, EKMAN6, MELD7, IEMOCAP4, IEMOCAP6, RAVDESS8, CREMAD6, MAFW11, FERPLUS8,
        SENTIMENT3,
    )
}  # fmt: skip


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
