"""`Template`: a text with named fields, of which what cannot be filled drops out."""

import difflib
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

Values = Mapping[str, str | Missing]


@dataclass(frozen=True, slots=True)
class Template:
    """Parts in their order; each is told in the first of its wordings that can be filled."""

    parts: tuple[tuple[str, ...], ...]

    def fill(self, values: Values) -> str:
        """The parts that can be filled, a blank between those that bring none."""
        told = ""
        for wordings in self.parts:
            found = next((w for w in wordings if not _lacks(w, values)), None)
            if found is not None:
                gap = " " if told and not told[-1].isspace() else ""
                told += gap + found.format_map(values)
        return told.strip()


def template(data: object, known: Sequence[str], where: str) -> Template:
    """A template of parts, each a text or a list of texts.

    Raises:
        ConfigError: it is something else, or has a field that is not known.
    """
    parts = tuple(map(_wordings, data)) if isinstance(data, list) else ()
    if not parts or not all(parts):
        raise ConfigError(f"{where} is a list of texts, or of lists of texts; got {data!r}.")
    for wordings in parts:
        for wording in wordings:
            _refuse(wording, known, where)
    return Template(parts)


def _wordings(part: object) -> tuple[str, ...]:
    """The wordings of a part; none where it is something else."""
    given: list[object] = part if isinstance(part, list) else [part]
    texts = tuple(one for one in given if isinstance(one, str))
    return texts if len(texts) == len(given) else ()


def _lacks(wording: str, values: Values) -> bool:
    return any(isinstance(values[name], Missing) for name in _fields(wording))


def _fields(wording: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(wording) if name is not None]


def _refuse(wording: str, known: Sequence[str], where: str) -> None:
    """Refuse all but plain names of known fields in braces."""
    try:
        pieces = list(string.Formatter().parse(wording))
    except ValueError as error:
        raise ConfigError(
            f"{where}: {wording!r} is no template ({error}); a brace itself is written twice."
        ) from error
    for _, name, form, conversion in pieces:
        if name is None:
            continue
        if name not in known or form or conversion:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near and name not in known else ""
            raise ConfigError(
                f"{where} has no field {{{name}{'!' + conversion if conversion else ''}"
                f"{':' + form if form else ''}}}.{hint} It has: {', '.join(known)}."
            )
