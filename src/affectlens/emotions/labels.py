"""`LabelSpace`: a closed, ordered set of emotion words that answers are limited to."""

from dataclasses import dataclass

# Spellings of the same label across the field's datasets and models.
_SAME = {
    "happiness": "happy", "joy": "happy", "sadness": "sad", "anger": "angry",
    "fearful": "fear", "scared": "fear", "disgusted": "disgust", "surprised": "surprise",
    "worry": "worried", "anxious": "worried",
    "contemptuous": "contempt", "doubtful": "doubt", "calm": "neutral",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelSpace:
    """Its labels in their published order; the order is the index that datasets use."""

    name: str
    labels: tuple[str, ...]

    def find(self, word: str) -> str | None:
        """The label that `word` names, or None: an unknown word is never a label."""
        plain = word.strip().lower()
        plain = _SAME.get(plain, plain)
        return plain if plain in self.labels else None
