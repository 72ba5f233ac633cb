"""Annotations of other tools' files: what those tell, and everything else Missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affectlens.annotation.annotation import Annotation, Made, Media, Source
from affectlens.corpora.corpus import Corpus, Sample
from affectlens.corpora.folder import VIDEOS
from affectlens.corpora.mer_clips import Clips
from affectlens.foundation.missing import Missing

NOT_TOLD = Missing("the import does not tell it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a file tells of one clip."""

    name: str
    by: str  # the format
    media: Path | Missing = NOT_TOLD
    frames: int | Missing = NOT_TOLD
    speaker: str | Missing = NOT_TOLD
    licence: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    # Of `Annotation`, by name; what is Missing here may say why.
    fields: Mapping[str, Any] = field(default_factory=dict)


def annotation(told: Told, root: Path) -> Annotation:
    """An annotation of what was told; `root` is the folder that media are below."""
    unknown = dict.fromkeys(("sha256", "duration_s", "width", "height", "rate_hz"), NOT_TOLD)
    source = Source(
        path=told.name,
        frames=told.frames,
        streams={},
        speaker=told.speaker,
        origin=NOT_TOLD,
        corpus=told.by,
        licence=told.licence,
        columns=dict(told.columns),
        **unknown,
    )
    known = {name: value for name, value in told.fields.items() if not isinstance(value, Missing)}
    made = Made(step="import", by=told.by, key="")
    return Annotation(
        id=told.name,
        source=source,
        media=_media(told.media, root),
        **{**_missing(), **told.fields},
        provenance=dict.fromkeys(known, made),
    )


def of_corpus(corpus: Corpus, root: Path, licence: str) -> list[Annotation]:
    """Samples of a corpus with people's labels and descriptions."""
    return [annotation(_of_sample(one, corpus.name, licence), root) for one in corpus.samples]


def beside(clips: Clips, name: str) -> Path | Missing:
    """The file of a clip that lies beside what was told of it."""
    return clips.files.get(name) or Missing("its file does not lie beside what was imported")


def _of_sample(sample: Sample, by: str, licence: str) -> Told:
    return Told(
        name=sample.id,
        by=by,
        media=sample.media,
        speaker=sample.speaker,
        licence=licence,
        columns={**sample.columns, "place": sample.place},
        fields={
            "label": sample.label,
            "given": sample.label,
            "labels": sample.labels,
            "subtitle": sample.subtitle,
            "fine": sample.description,
        },
    )


def _media(path: Path | Missing, root: Path) -> Media:
    if isinstance(path, Missing) or not path.is_relative_to(root):
        return Media()
    below = path.relative_to(root).as_posix()
    return Media(video=below) if path.suffix.lower() in VIDEOS else Media(sound=below)


def _missing() -> dict[str, Missing]:
    """Every field that may be Missing."""
    names = (
        "split", "label", "given", "read", "labels", "valence", "arousal", "person", "peak",
        "units", "face", "objective", "tone", "subtitle", "coarse", "fine", "score", "fingerprint",
    )  # fmt: skip
    return dict.fromkeys(names, NOT_TOLD)
