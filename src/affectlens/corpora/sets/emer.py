"""EMER v1 (100 clips), v2 (OV-MERD, 332) and OV-MERD+ (532): people's words and reasons.

v1 is `gt-eng.csv` (`names,emotions,subtitles,reasons`), v2 `final-EMER-reason.csv`
(`name,chinese,english`) and `check-openset.csv` (`name,openset`), OV-MERD+ `ovlabel.csv`
(`name,openset`) and `subtitle_eng.csv` (`name,sentence`). v1 and v2 share 39 clips, and all of both
are of MER2023's training split: a model that was trained on that has seen them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import UNTOLD, Corpus, Sample
from affectlens.corpora.fitting import spelled
from affectlens.corpora.folder import absent_media, chosen, fewer
from affectlens.corpora.leftover import without_prompt
from affectlens.corpora.mer_clips import Clips, check_language, clips, nothing
from affectlens.corpora.mer_labels import listed
from affectlens.corpora.table import Row, read
from affectlens.emotions.spaces import MER6
from affectlens.foundation.missing import Missing

TITLE = "EMER and OV-MERD, explainable open-vocabulary emotion recognition"
SOURCE = "Lian et al. 2023, arXiv:2306.15401; 2024, arXiv:2410.01495"
TERMS = "research only, by agreement with its authors"

_SIZES = {"v1": 100, "v2": 332, "plus": 532}
_V1 = {
    "en": ("gt-eng.csv", "dataset-v1/gt-eng.csv", "v1_gt_eng.csv"),
    "zh": ("gt-chi.csv", "dataset-v1/gt-chi.csv", "v1_gt_chi.csv"),
}
_REASONS: Mapping[str, tuple[str, ...]] = {
    "v2": ("final-EMER-reason.csv", "dataset-v2/final-EMER-reason.csv", "v2_reason.csv"),
    "plus": (),  # none are handed out
}
_LABELS = {
    "v2": (
        "check-openset.csv", "ov_store/check-openset.csv", "v2_openset.csv",
        "track2_train_ovmerd.csv",
    ),
    "plus": ("ovlabel.csv",),
}  # fmt: skip
_LANGUAGES = {"en": "english", "zh": "chinese"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which version, and the language of descriptions and subtitles."""

    version: str = "v2"  # or v1, plus
    language: str = "en"  # or zh

    def __post_init__(self) -> None:
        chosen("version", self.version, _SIZES)
        check_language(self.language)


def build(root: Path, config: Config) -> Corpus:
    """Read one version."""
    beside = clips(root, config.language)
    notes: tuple[str, ...] = ()
    if config.version == "v1":
        found = _first(root, config.language, beside)
    else:
        found, notes = _open(root, config, beside)
    return Corpus(
        name="emer",
        samples=tuple(found),
        space=MER6 if config.version == "v1" else None,
        absent=(
            *absent_media(found), *beside.absent_subtitles(found), *notes,
            *fewer(len(found), _SIZES[config.version], f"EMER, {config.version}"),
        ),
    )  # fmt: skip


def _there(root: Path, names: Sequence[str]) -> Path | None:
    return next((root / name for name in names if (root / name).is_file()), None)


def _first(root: Path, language: str, beside: Clips) -> list[Sample]:
    """Version 1: one of six labels, a short reason."""
    path = _there(root, _V1[language])
    if path is None:
        raise nothing(root, "EMER v1", _V1[language][0])
    table = read(path)
    label, reason = table.column("emotions", "emotion"), table.column("reasons", "reason")
    said, found = table.column("subtitles", "subtitle"), []
    for name, row in table.by(table.column("names", "name")).items():
        description, columns = _described(row, reason)
        found.append(
            Sample(
                id=name,
                media=beside.media(name),
                label=spelled(row.text(label), MER6, row.place(label)),
                subtitle=row.text(said)
                or beside.subtitles.get(name)
                or Missing(f"{row.place(said)} is empty"),
                description=description,
                columns=columns,
                place=row.place(),
            )
        )
    return found


def _open(root: Path, config: Config, beside: Clips) -> tuple[list[Sample], tuple[str, ...]]:
    """Version 2 and OV-MERD+: open-vocabulary labels, and reasons where there are any."""
    labels, reasons = (_there(root, names[config.version]) for names in (_LABELS, _REASONS))
    if labels is None and reasons is None:
        raise nothing(root, f"EMER {config.version}", _LABELS[config.version][0])
    sets, texts = _rows(labels, "openset"), _rows(reasons, _LANGUAGES[config.language])
    found = []
    for name in dict.fromkeys((*sets, *texts)):
        description, columns = _described(texts.get(name), _LANGUAGES[config.language])
        row = sets.get(name)
        words = () if row is None else listed(row.text("openset"))
        found.append(
            Sample(
                id=name,
                media=beside.media(name),
                labels=words if row is not None else Missing("it has no open-vocabulary labels"),
                subtitle=beside.subtitle(name),
                description=description,
                columns=columns,
                place=(row or texts[name]).place(),
            )
        )
    return found, _notes(root, config.version, found)


def _notes(root: Path, version: str, found: Sequence[Sample]) -> tuple[str, ...]:
    """A sentence for each half that clips lack."""
    gone = {
        "open-vocabulary labels": (_LABELS, [s for s in found if isinstance(s.labels, Missing)]),
        "description": (_REASONS, [s for s in found if isinstance(s.description, Missing)]),
    }
    return tuple(
        f"{len(lacking)} of {len(found)} samples have no {what}: "
        f"put a whole {files[version][0]} into {root.name}."
        for what, (files, lacking) in gone.items()
        if lacking and files[version]
    )


def _rows(path: Path | None, column: str) -> dict[str, Row]:
    if path is None:
        return {}
    table = read(path)
    table.column(column)
    return table.by(table.column("name", "names"))


def _described(row: Row | None, column: str) -> tuple[str | Missing, dict[str, str]]:
    """A description without what a prompt left before it, which is told as a column."""
    if row is None or not row.text(column):
        return UNTOLD if row is None else Missing(f"{row.place(column)} is empty"), {}
    text, left = without_prompt(row.text(column))
    return text, {"stripped": left} if left else {}
