"""MELD: utterances of the series Friends in seven emotions or three sentiments.

Lists are `{train,dev,test}_sent_emo.csv`; media are `train_splits/dia0_utt0.mp4`, and likewise in
`dev_splits_complete` and `output_repeated_splits_test`, each beside the list or in a folder of its
archive. Dialogues are numbered anew in every split, so an id begins with the split. Its texts hold
Windows-1252 signs as control characters (U+0092 for an apostrophe), which are set right here.
Columns, folders and sizes are public knowledge that was recalled, not checked on the files.
"""

from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.corpora.fitting import spelled
from affectlens.corpora.folder import absent_media, chosen, fewer, present, wanted
from affectlens.corpora.table import Row, Table, read
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import MELD7, SENTIMENT3
from affectlens.foundation.errors import InputError

TITLE = "MELD, dialogues of a television series"
SOURCE = "Poria et al. 2019, arXiv:1810.02508"
TERMS = "GPL-3.0 lists; the pictures and sound are of a television series: research only"

# Utterances, and the folder of their videos.
_SPLITS = {
    "train": (9989, "train_splits"),
    "dev": (1109, "dev_splits_complete"),
    "test": (2610, "output_repeated_splits_test"),
}
_TASKS = {"emotion": MELD7, "sentiment": SENTIMENT3}
_COLUMNS = {
    "Emotion": "emotion",
    "Sentiment": "sentiment",
    "Season": "season",
    "Episode": "episode",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which utterances, and which of their two labels."""

    split: str | None = "test"  # None: all
    task: str = "emotion"  # or sentiment

    def __post_init__(self) -> None:
        chosen("task", self.task, _TASKS)
        if self.split is not None:
            chosen("split", self.split, _SPLITS)


def build(root: Path, config: Config) -> Corpus:
    """Read the lists."""
    samples: list[Sample] = []
    notes: tuple[str, ...] = ()
    for split in _SPLITS if config.split is None else (config.split,):
        name, (size, folder) = f"{split}_sent_emo.csv", _SPLITS[split]
        table = read(wanted(root, name, f"{split}/{name}", f"csv/{name}", f"MELD.Raw/{name}"))
        where = _media(root, table.path.parent, split, folder)
        found = _samples(table, split, where, config.task)
        notes += fewer(len(found), size, f"MELD, {split}")
        samples += found
    return Corpus(
        name="meld",
        samples=tuple(samples),
        space=_TASKS[config.task],
        absent=(*absent_media(samples), *notes),
    )


def _media(root: Path, beside: Path, split: str, folder: str) -> Path:
    places = (root / folder, beside / folder, root / split / folder)
    return next((place for place in places if place.is_dir()), places[0])


def _samples(table: Table, split: str, where: Path, task: str) -> list[Sample]:
    label = table.column(task)
    for name in ("Utterance", "Speaker", "Dialogue_ID", "Utterance_ID"):
        table.column(name)
    rows: dict[str, Row] = {}
    for row in table:
        number = "_".join(
            f"{short}{_whole(row, column)}"
            for short, column in (("dia", "Dialogue_ID"), ("utt", "Utterance_ID"))
        )
        if number in rows:
            raise InputError(
                f"{row.place()}: {number} stands in row {rows[number].number} already."
            )
        rows[number] = row
    return [
        _sample(row, split, number, where, (label, _TASKS[task])) for number, row in rows.items()
    ]


def _sample(
    row: Row, split: str, number: str, where: Path, labelled: tuple[str, LabelSpace]
) -> Sample:
    label, used = labelled
    known = {column: name for column, name in _COLUMNS.items() if row.text(column)}
    return Sample(
        id=f"{split}_{number}",
        media=present(where, f"{number}.mp4"),
        label=spelled(row.text(label), used, row.place(label)),
        subtitle=_right(row.text("Utterance")),
        speaker=_right(row.text("Speaker")),
        split=split,
        columns={
            "dialogue": f"{split}_{number.partition('_')[0]}",
            **{name: row.text(column) for column, name in known.items()},
        },
        place=row.place(),
    )


def _whole(row: Row, column: str) -> int:
    text = row.text(column)
    if not text.isdecimal():
        raise InputError(f"{row.place(column)}: wanted a number, found {text!r}.")
    return int(text)


def _right(text: str) -> str:
    """Windows-1252 signs that were taken for control characters, as what they are."""
    return "".join(
        bytes([ord(sign)]).decode("cp1252", "replace") if "\x80" <= sign <= "\x9f" else sign
        for sign in text
    )
