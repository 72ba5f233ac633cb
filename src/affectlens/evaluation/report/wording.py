"""Numbers and names of scores as people read them."""

from affectlens.evaluation.score import Score
from affectlens.foundation.missing import Missing

DASH = "–"


def number(value: float | Missing, *, share: bool) -> str:
    """A share in percent with one decimal, another number with three digits behind the point."""
    if isinstance(value, Missing):
        return DASH
    return f"{100 * value:.1f}" if share else f"{value:.3f}"


def interval(score: Score) -> str:
    """The 95 % interval."""
    if isinstance(score.low, Missing) or isinstance(score.high, Missing):
        return DASH
    low, high = (number(edge, share=score.share) for edge in (score.low, score.high))
    return f"{low} – {high}"


def spoken(name: str) -> str:
    """A score's name with blanks where a program writes underscores and points."""
    plain = name.replace("_", " ").replace(".", " ")
    return plain.upper() if plain in _LETTERS else plain


_LETTERS = {"uar", "war", "ccc", "mse", "mae", "rmse", "ece", "nll", "waf"}
