"""`LabelSpace`: a closed, ordered set of emotion words that answers are limited to."""

from dataclasses import dataclass

from affectlens.foundation.errors import ConfigError

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

    def __post_init__(self) -> None:
        if not self.labels or not all(label.strip() for label in self.labels):
            raise ConfigError(f"{self.name}: a label space has words; got {list(self.labels)}.")
        if twice := sorted({label for label in self.labels if self.labels.count(label) > 1}):
            raise ConfigError(f"{self.name} has labels twice: {', '.join(twice)}.")

    def find(self, word: str) -> str | None:
        """The label that `word` names, or None: an unknown word is never a label."""
        plain = word.strip().lower()
        plain = _SAME.get(plain, plain)
        return plain if plain in self.labels else None
