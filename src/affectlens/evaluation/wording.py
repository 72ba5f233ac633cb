"""Numbers and names of scores as people read them."""

from affectlens.evaluation.score import Score
from affectlens.foundation.missing import Missing

DASH = "–"


def number(value: float | Missing, *, share: bool) -> str:
    """A share in percent with one decimal, another number with three digits behind the point."""
    if isinstance(value, Missing):
        return DASH
    text = f"{100 * value:.1f}" if share else f"{value:.3f}"
    return text.removeprefix("-") if float(text) == 0 else text


def distance(value: float, *, share: bool) -> str:
    """How far two scores lie apart; of shares that is points, not percent."""
    return number(value, share=share) + (" points" if share else "")


def interval(score: Score) -> str:
    """The 95 % interval."""
    if isinstance(score.low, Missing) or isinstance(score.high, Missing):
        return DASH
    low, high = (number(edge, share=score.share) for edge in (score.low, score.high))
    return f"{low} – {high}"


def spoken(name: str) -> str:
    """A score's name with blanks where a program writes underscores and points."""
    plain = name.replace("_", " ").replace(".", " ").replace(" f1", " F1")
    return plain.upper() if plain in _LETTERS else plain


_LETTERS = {"uar", "war", "ccc", "mse", "mae", "rmse", "ece", "nll", "waf"}
