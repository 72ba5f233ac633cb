"""IEMOCAP: dialogues of ten actors in five sessions, by utterance, in four or six classes.

Read from `Session<n>/dialog/EmoEvaluation/*.txt`, `Session<n>/dialog/transcriptions/*.txt` and
`Session<n>/sentences/wav/<dialogue>/<utterance>.wav`. The videos show whole dialogues and both
people, so an utterance is its sound. In four classes happy is happy and excited together;
utterances of other labels, or of none that most people agreed on, are in no set (published rule).
There is no test split: a session is a split, and "session5" is MER-UniBench's test set. The format
and the counts by class are public knowledge that was recalled; the sums are those of the spec.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora.corpus import UNTOLD, Corpus, Sample
from affectlens.corpora.folder import absent_media, chosen, fewer, lines, present, wanted
from affectlens.emotions.spaces import IEMOCAP4, IEMOCAP6
from affectlens.foundation.errors import ConfigError, InputError

TITLE = "IEMOCAP, acted dialogues"
SOURCE = "Busso et al. 2008, doi:10.1007/s10579-008-9076-6"
TERMS = "research only, by agreement with its authors"

_SESSIONS = tuple(f"session{n}" for n in range(1, 6))
_FOUR = {"hap": "happy", "exc": "happy", "sad": "sad", "neu": "neutral", "ang": "anger"}
_CLASSES = {4: _FOUR, 6: {**_FOUR, "exc": "excited", "fru": "frustrated"}}
_SPACES = {4: IEMOCAP4, 6: IEMOCAP6}
_SIZES = {4: 5531, 6: 7433}
_CODES = ("ang", "hap", "exc", "sad", "neu", "fru", "fea", "sur", "dis", "oth", "xxx")
_NUMBER = r"(\d+\.\d+)"
_TURN = re.compile(rf"\[{_NUMBER} - {_NUMBER}\]\t(\w+)\t(\w+)\t\[{_NUMBER}, {_NUMBER}, {_NUMBER}\]")
_SAID = re.compile(r"(Ses\w+) \[[\d. -]+\]: ?(.*)")
_UTTERANCE = re.compile(r"(Ses0[1-5])[FM]_((?:impro|script)\w*)_([FM])\w+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How many classes, and which session."""

    classes: int = 4  # or 6
    split: str | None = "session5"  # None: all

    def __post_init__(self) -> None:
        if self.classes not in _CLASSES:
            raise ConfigError(f"IEMOCAP is in 4 or 6 classes; got {self.classes}.")
        if self.split is not None:
            chosen("split", self.split, _SESSIONS)


def build(root: Path, config: Config) -> Corpus:
    """Read the evaluations of people; valence and arousal are 1 to 5."""
    samples: list[Sample] = []
    for session in _SESSIONS if config.split is None else (config.split,):
        folder = wanted(root, session.title(), f"IEMOCAP_full_release/{session.title()}")
        samples += _samples(folder, session, _CLASSES[config.classes])
    if not samples:
        raise InputError(f"{root} has no labelled utterances in dialog/EmoEvaluation/*.txt.")
    notes: tuple[str, ...] = ()
    if config.split is None:
        notes = fewer(len(samples), _SIZES[config.classes], f"IEMOCAP, {config.classes} classes")
    return Corpus(
        name="iemocap",
        samples=tuple(samples),
        space=_SPACES[config.classes],
        valence_range=(1.0, 5.0),
        absent=(*absent_media(samples), *notes),
    )


def _samples(folder: Path, session: str, classes: Mapping[str, str]) -> Iterator[Sample]:
    found: dict[str, str] = {}
    said = _transcripts(folder / "dialog" / "transcriptions")
    for file in _texts(wanted(folder, "dialog/EmoEvaluation")):
        for number, line in enumerate(lines(file), 1):
            if not line.startswith("["):
                continue  # what each person said of the turn above, and the header
            place = f"{file.name}, row {number}"
            turn = _TURN.fullmatch(line.rstrip())
            if turn is None or turn[4] not in _CODES:
                raise InputError(
                    f"{place}: wanted [start - end], utterance, label and [valence, activation, "
                    f"dominance] with tabs between them; found {line.strip()[:80]!r}."
                )
            if turn[3] in found:
                raise InputError(f"{place}: {turn[3]!r} stands in {found[turn[3]]} already.")
            found[turn[3]] = place
            if turn[4] in classes:
                yield _sample(turn, folder, session, place, (classes[turn[4]], said))


def _sample(
    turn: re.Match[str],
    folder: Path,
    session: str,
    place: str,
    told: tuple[str, Mapping[str, str]],
) -> Sample:
    label, said = told
    name = _UTTERANCE.fullmatch(turn[3])
    if name is None:
        raise InputError(f"{place}: {turn[3]!r} is no name of an utterance of IEMOCAP.")
    dialogue = turn[3].rpartition("_")[0]
    return Sample(
        id=turn[3],
        media=present(folder / "sentences" / "wav" / dialogue, f"{turn[3]}.wav"),
        label=label,
        valence=float(turn[5]),
        arousal=float(turn[6]),
        subtitle=said.get(turn[3]) or UNTOLD,
        speaker=f"{name[1]}{name[3]}",
        split=session,
        columns={
            "dialogue": dialogue,
            "kind": "improvised" if name[2].startswith("impro") else "scripted",
            "sex": {"F": "female", "M": "male"}[name[3]],
            "annotated": turn[4],
            "dominance": turn[7],
        },
        place=place,
    )


def _transcripts(folder: Path) -> dict[str, str]:
    """What is said, by utterance; nothing where the transcripts are not there."""
    told = (_SAID.fullmatch(line.strip()) for file in _texts(folder) for line in lines(file))
    return {match[1]: match[2].strip() for match in told if match}


def _texts(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.txt") if not file.name.startswith("."))
