"""The format of MMSA, which CMU-MOSI, CMU-MOSEI and CH-SIMS are handed out in: sentiment of videos.

A list (`label.csv` or `meta.csv`) with `video_id, clip_id, text, label, mode` and, as far as a set
has them, `label_T, label_A, label_V, annotation`; clips are `Raw/<video_id>/<clip_id>.mp4`. The
format is public knowledge that was recalled, not checked on the files.
"""

from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import UNTOLD, Corpus, Sample
from affectlens.corpora.folder import absent_media, chosen, fewer, present, wanted
from affectlens.corpora.table import Row, Table, read
from affectlens.emotions.spaces import SENTIMENT3
from affectlens.foundation.errors import InputError

SPLITS = ("train", "valid", "test")
_MORE = ("label_T", "label_A", "label_V", "annotation")
_DIGITS = 4  # clips of CH-SIMS are 0001.mp4; a list that was saved again says 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What tells one set from another."""

    name: str
    title: str
    lists: tuple[str, ...]  # where its list may lie
    range: float  # valences are within minus this and this
    sizes: tuple[int, int, int]  # of `SPLITS`
    one_speaker: bool  # whether a video shows one person throughout


def check_split(split: str | None) -> None:
    """Refuse a split that there is not; None is all.

    Raises:
        ConfigError: there is no such split.
    """
    if split is not None:
        chosen("split", split, SPLITS)


def build(root: Path, facts: Facts, split: str | None) -> Corpus:
    """Read a set's list; a label is the sign of the valence."""
    table = read(wanted(root, *facts.lists))
    for column in ("video_id", "clip_id", "text", "label", "mode"):
        table.column(column)
    samples = _samples(table, facts)
    used = [one for one in samples if split in (None, one.split)]
    if not used:
        raise InputError(f"{table.path.name} has no rows of mode {split!r}.")
    notes: tuple[str, ...] = ()
    for name, size in zip(SPLITS, facts.sizes, strict=True):
        if split in (None, name):
            count = sum(one.split == name for one in used)
            notes += fewer(count, size, f"{facts.title}, {name}")
    return Corpus(
        name=facts.name,
        samples=tuple(used),
        space=SENTIMENT3,
        valence_range=(-facts.range, facts.range),
        absent=(*absent_media(used), *notes),
    )


def _samples(table: Table, facts: Facts) -> list[Sample]:
    found: dict[str, Sample] = {}
    for row in table:
        one = _sample(row, facts)
        if one.id in found:
            raise InputError(f"{one.place}: {one.id!r} stands in {found[one.id].place} already.")
        found[one.id] = one
    return list(found.values())


def _sample(row: Row, facts: Facts) -> Sample:
    video, clip, valence = row.text("video_id"), row.text("clip_id"), row.number_in("label")
    for name, value in (("video_id", video), ("clip_id", clip)):
        if not value or "/" in value or "\\" in value:
            raise InputError(f"{row.place(name)}: wanted the name of a file, found {value!r}.")
    if abs(valence) > facts.range:
        raise InputError(
            f"{row.place('label')}: {valence:g} is outside -{facts.range:g} to {facts.range:g}."
        )
    split = row.text("mode")
    if split not in SPLITS:
        raise InputError(f"{row.place('mode')}: wanted {', '.join(SPLITS)}; found {split!r}.")
    files = (f"{clip}.mp4", f"{clip.zfill(_DIGITS)}.mp4")
    return Sample(
        id=f"{video}_{clip}",
        media=present(row.path.parent / "Raw" / video, *files),
        label=SENTIMENT3.labels[1 + (valence > 0) - (valence < 0)],
        valence=valence,
        subtitle=row.text("text") or UNTOLD,
        speaker=video if facts.one_speaker else UNTOLD,
        split=split,
        columns={"video": video, **{n: text for n in _MORE if (text := row.text(n))}},
        place=row.place(),
    )
