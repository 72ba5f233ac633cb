"""MERR of Emotion-LLaMA: clips with machine-made labels and descriptions, coarse and fine.

`MERR_fine_grained.txt` has labels and valences, `MERR_fine_grained.json` all else, by clip; coarse
likewise. The clips are of the unlabelled pool of MER2023 that SEMI was drawn from, and there is no
published list of which: check a test set for them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.corpora.corpus import UNTOLD, Corpus, Sample
from affectlens.corpora.fitting import spelled
from affectlens.corpora.folder import absent_media, chosen, fewer
from affectlens.corpora.mer_clips import Clips, check_language, clips, nothing
from affectlens.corpora.mer_labels import VALENCES, Labelled, labels_of
from affectlens.corpora.table import Row, read
from affectlens.emotions.spaces import MER9
from affectlens.foundation.missing import Missing

TITLE = "MERR, multimodal emotion recognition and reasoning"
SOURCE = "Cheng et al. 2024, arXiv:2406.11161"
TERMS = "research only, by agreement with the authors of MER2023"

_SIZES = {"coarse": 28618, "fine": 4487}
# The published name and the one that older copies have.
_LABELS = {
    "coarse": ("MERR_coarse_grained.txt",),
    "fine": ("MERR_fine_grained.txt", "target_label_list_0512_smp.txt"),
}
_TEXTS = {
    "coarse": ("MERR_coarse_grained.json", "AU_filter_merge.json"),
    "fine": ("MERR_fine_grained.json", "0512_target_smp_end.json"),
}
_DESCRIPTIONS = ("smp_reason_caption", "caption", "reason_caption")
_COLUMNS = (
    "peak_index", "AU_list", "peak_AU_list", "visual_prior_list", "audio_prior_list",
    "pseu_emotion",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How finely described, and the language of the subtitles."""

    split: str = "fine"  # or coarse
    language: str = "en"  # or zh

    def __post_init__(self) -> None:
        chosen("split", self.split, _SIZES)
        check_language(self.language)


def build(root: Path, config: Config) -> Corpus:
    """Read the labels and what was written of the clips; either file may be absent."""
    beside = clips(root, config.language)
    texts = _there(root, _TEXTS[config.split])
    labels = _there(root, _LABELS[config.split])
    rows: dict[str, Row] = {}
    if texts is not None:
        table = read(texts)
        rows = table.by(table.column("name"))
    labelled = _labelled(labels, rows)
    if not labelled:
        wanted = f"{_LABELS[config.split][0]} and {_TEXTS[config.split][0]}"
        raise nothing(root, f"MERR, {config.split}", wanted)
    found = [_sample(one, rows.get(one.name), beside, config.split) for one in labelled]
    notes: tuple[str, ...] = ()
    if texts is None:
        notes += (f"There are no descriptions: put {_TEXTS[config.split][0]} into {root.name}.",)
    elif left := len(rows.keys() - {one.name for one in labelled}):
        notes += (
            f"{left} clips of {texts.name} have no label in {_LABELS[config.split][0]} and are "
            "left out; add their lines.",
        )
    return Corpus(
        name="merr",
        samples=tuple(found),
        space=MER9,
        valence_range=VALENCES,
        absent=(
            *absent_media(found), *beside.absent_subtitles(found), *notes,
            *fewer(len(found), _SIZES[config.split], f"MERR, {config.split}"),
        ),
    )  # fmt: skip


def _there(root: Path, names: tuple[str, ...]) -> Path | None:
    return next((root / name for name in names if (root / name).is_file()), None)


def _labelled(labels: Path | None, rows: dict[str, Row]) -> tuple[Labelled, ...]:
    """Labels of the .txt, or, without it, of the .json."""
    if labels is not None:
        return labels_of(labels, "", MER9) or ()
    return tuple(
        Labelled(
            name=name,
            label=spelled(row.text("pseu_emotion"), MER9, row.place("pseu_emotion")),
            valence=UNTOLD,
            place=row.place(),
        )
        for name, row in rows.items()
    )


def _sample(one: Labelled, row: Row | None, beside: Clips, split: str) -> Sample:
    columns = {"frames": one.frames} if one.frames else {}
    description: str | Missing = UNTOLD
    subtitle = beside.subtitle(one.name)
    if row is not None:
        told = (row.text(name) for name in _DESCRIPTIONS)
        description = next((text for text in told if text), Missing(f"{row.place()} has none"))
        columns |= {name: text for name in _COLUMNS if (text := _written(row.cells.get(name)))}
        if isinstance(subtitle, Missing) and row.text("text"):
            subtitle = row.text("text")
    return Sample(
        id=one.name,
        media=beside.media(one.name),
        label=one.label,
        valence=one.valence,
        subtitle=subtitle,
        description=description,
        split=split,
        columns=columns,
        place=one.place,
    )


def _written(cell: Any) -> str:
    """A cell as text; lists of action units or phrases with semicolons between them."""
    if isinstance(cell, list):
        return "; ".join(str(part).strip() for part in cell)
    return "" if cell is None else str(cell).strip()
