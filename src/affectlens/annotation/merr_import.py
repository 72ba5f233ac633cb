"""Annotations of MERR's labels and entries, whoever wrote them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from affectlens.annotation import imported, merr_entry
from affectlens.annotation.annotation import Annotation
from affectlens.annotation.imported import Told
from affectlens.annotation.merr_entry import Line
from affectlens.corpora.fitting import spelled
from affectlens.corpora.mer_clips import clips
from affectlens.corpora.table import Row, read
from affectlens.emotions.labels import LabelSpace

SUBTITLES = "transcription_en_all.csv"


def annotations(
    root: Path,
    by: str,
    lines: Mapping[str, Line],
    entries: Mapping[str, Sequence[Row]],
    space: LabelSpace | None,
) -> list[Annotation]:
    """Clips in the order of their names; of several entries of one, a later one counts.

    The label is that of the .txt, as trainers read it. Where there is no space, any word is one.

    Raises:
        InputError: a field is not of its type, or a label not of the space; tells the row.
    """
    beside = clips(root, "en")
    subtitles = _subtitles(root / SUBTITLES)
    found = []
    for name in sorted({*lines, *entries}):
        one = _told(name, by, lines.get(name), entries.get(name, ()), space)
        said = {"subtitle": subtitles[name]} if subtitles.get(name) else {}
        one = replace(one, media=imported.beside(beside, name), fields={**one.fields, **said})
        found.append(imported.annotation(one, root))
    return found


def _told(
    name: str, by: str, line: Line | None, entries: Sequence[Row], space: LabelSpace | None
) -> Told:
    fields: dict[str, Any] = {}
    columns: dict[str, str] = {}
    for row in entries:
        own, beside = merr_entry.fields_of(row)
        if space is not None and "label" in own:
            own["label"] = spelled(own["label"], space, row.place("pseu_emotion"))
        fields |= own
        columns |= beside
    if line is None:
        return Told(name=name, by=by, fields=fields, columns=columns)
    label = line.label if space is None else spelled(line.label, space, line.place)
    if fields.get("label", label) != label:
        columns["pseu_emotion"] = fields["label"]
    columns |= line.columns
    fields |= {"label": label, "valence": line.valence}
    return Told(name=name, by=by, frames=line.frames, fields=fields, columns=columns)


def _subtitles(path: Path) -> dict[str, str]:
    """Sentences by clip, to the letter."""
    if not path.is_file():
        return {}
    table = read(path)
    name, sentence = (
        table.column("name", "names"),
        table.column("sentence", "sentence_en", "english"),
    )
    return {clip: str(row.cells[sentence]) for clip, row in table.by(name).items()}
