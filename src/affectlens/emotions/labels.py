"""`LabelSpace`: a closed, ordered set of emotion words that answers are limited to."""

from dataclasses import dataclass

from affectlens.foundation.errors import ConfigError

# Spellings of the same label across the field's datasets and models; ours is on the right.
_SAME = {
    "happiness": "happy", "joy": "happy", "sadness": "sad", "anger": "angry",
    "fearful": "fear", "scared": "fear", "disgusted": "disgust", "surprised": "surprise",
    "worry": "worried", "anxious": "worried", "anxiety": "worried",
    "contemptuous": "contempt", "doubtful": "doubt", "calm": "neutral",
    "excitement": "excited", "frustration": "frustrated",
    "disappointed": "disappointment", "helpless": "helplessness",
}  # fmt: skip


def plain(word: str) -> str:
    """A word in our own spelling, in small letters; one that we do not know is itself."""
    lower = word.strip().lower()
    return _SAME.get(lower, lower)


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
        """The label that `word` names, or None: an unknown word is never a label.

        A label to the letter is itself. Else it is the one that means the same in our own spelling;
        where several do, the word names none of them.
        """
        lower = word.strip().lower()
        if lower in self.labels:
            return lower
        same = [label for label in self.labels if plain(label) == plain(word)]
        return same[0] if len(same) == 1 else None

    def plain(self) -> "LabelSpace | None":
        """The same labels in our own spelling, in their order; None where two would be one."""
        labels = tuple(plain(label) for label in self.labels)
        return LabelSpace(",".join(labels), labels) if len(set(labels)) == len(labels) else None
