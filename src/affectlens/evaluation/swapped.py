"""Columns under each other's header: told before anything else goes wrong because of it."""

from collections.abc import Callable, Mapping

from affectlens.corpora.table import Table
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import SPACES
from affectlens.foundation.errors import InputError

_SENTENCE = 5  # words


def refuse_swapped(
    table: Table, names: str, columns: Mapping[str, str], space: LabelSpace | None
) -> None:
    """Tell that the names stand in the column of a field, and the field in that of the names.

    Args:
        table: The rows.
        names: The column that should hold names.
        columns: By field, the column that should hold it.
        space: The labels that there are; None: those of every space.

    Raises:
        InputError: most names look like the field, and most of the field does not.
    """
    for field, column in columns.items():
        looks = _LOOKS.get(field)
        if looks is None or column == names:
            continue
        pairs = [(row.text(names), row.text(column)) for row in table]
        pairs = [(name, value) for name, value in pairs if name and value]
        like = sum(looks(name, space) for name, _ in pairs)
        if 2 * like > len(pairs) and 2 * sum(looks(v, space) for _, v in pairs) < len(pairs):
            name, value = next(pair for pair in pairs if looks(pair[0], space))
            raise InputError(
                f"{table.path.name}: the columns {names!r} and {column!r} look swapped: "
                f"{table.rows[0].place(names)} and below hold what looks like {field}, such as "
                f"{name[:40]!r}, and column {column!r} holds such as {value[:40]!r}. "
                "Swap the two headers."
            )


def _label(text: str, space: LabelSpace | None) -> bool:
    spaces = SPACES.values() if space is None else (space,)
    return any(one.find(text) is not None for one in spaces)


def _labels(text: str, _: LabelSpace | None) -> bool:
    return text.startswith("[") and text.endswith("]")


def _number(text: str, _: LabelSpace | None) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _sentence(text: str, _: LabelSpace | None) -> bool:
    return len(text.split()) >= _SENTENCE


_LOOKS: Mapping[str, Callable[[str, LabelSpace | None], bool]] = {
    "label": _label,
    "labels": _labels,
    "valence": _number,
    "arousal": _number,
    "description": _sentence,
    "explanation": _sentence,
    "answer": _sentence,
}
