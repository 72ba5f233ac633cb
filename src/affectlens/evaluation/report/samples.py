"""The samples that went wrong: what failed, what gave no label, and the surest mistakes."""

from collections.abc import Sequence

from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.report.table import table
from affectlens.foundation.missing import Missing

_MOST = 50


def section(outcomes: Sequence[Outcome]) -> str:
    """Two tables, or nothing where nothing went wrong."""
    failed = [one for one in outcomes if _why(one)]
    wrong = sorted((one for one in outcomes if _mistaken(one)), key=_doubt)
    parts = []
    if failed:
        rows = [[one.truth.id, _text(one.truth.label), _why(one)] for one in failed[:_MOST]]
        title = f"Without a prediction: {len(failed)}{_cut(failed)}"
        parts += [f"<h3>{title}</h3>", table(["sample", "labelled", "why"], rows)]
    if wrong:
        rows = [
            [
                one.truth.id,
                _text(one.truth.label),
                _text(one.prediction.label),
                f"{-_doubt(one):.2f}" if _doubt(one) else "",
            ]
            for one in wrong[:_MOST]
        ]
        title = f"Mistakes, the surest first: {len(wrong)}{_cut(wrong)}"
        heads = ["sample", "labelled", "predicted", "probability"]
        parts += [f"<h3>{title}</h3>", table(heads, rows)]
    return f"<section><h2>Sample by sample</h2>{''.join(parts)}</section>" if parts else ""


def _why(one: Outcome) -> str:
    """Why there is no prediction, or no label where there should be one."""
    if one.prediction.failure is not None:
        return one.prediction.failure.reason
    label = one.prediction.label
    labelled = not isinstance(one.truth.label, Missing)
    unread = isinstance(one.prediction.answer, Missing)
    return label.reason if labelled and unread and isinstance(label, Missing) else ""


def _mistaken(one: Outcome) -> bool:
    truth, said = one.truth.label, one.prediction.label
    return not isinstance(truth, Missing) and not isinstance(said, Missing) and truth != said


def _doubt(one: Outcome) -> float:
    """Minus the probability that the prediction gave its label."""
    likely, said = one.prediction.probabilities, one.prediction.label
    if isinstance(likely, Missing) or isinstance(said, Missing):
        return 0.0
    return -likely.get(said, 0.0)


def _text(value: str | Missing) -> str:
    return "" if isinstance(value, Missing) else value


def _cut(rows: Sequence[Outcome]) -> str:
    return f", the first {_MOST} of them" if len(rows) > _MOST else ""
