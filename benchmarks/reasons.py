"""What a language model writes as its reasons, before anything is struck from it.

    python -m benchmarks.manifests ../shared/data DATA
    python -m benchmarks.reasons DATA --model runs/nano/model [--each 100] [--texts OUT.jsonl]

100 samples each of voices alone, faces alone, and voices, faces and words put together are
analyzed; nobody abstains. What is written of each person is judged by itself. Told are the share of
claims that the clues bear out, of all that clues can confirm or deny; how often the label in the
text is the one that was scored; how many texts say four words running of what was said, or repeat
themselves; and how long one waits for the first word after everything is perceived: the label is
scored in that time.
"""

import argparse
import csv
import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import track

import affectlens
from affectlens.analyzer.settings import Settings
from affectlens.foundation import config
from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.grounding import ground, sentences
from affectlens.reasoning.lexicon import lexicon
from affectlens.reasoning.tidy import repeats

_MANIFESTS = {"voices_dev": False, "faces_all": False, "triples": True}  # whether words are given
_PARROTED = 4
_PERSON = re.compile(r"([A-Z]\d+): ")


@dataclass(slots=True)
class Told:
    """What one model wrote of one sample."""

    id: str
    person: str
    label: str
    text: str
    named: str | None
    supported: int
    unsupported: int
    unchecked: int
    parrots: bool
    loops: bool
    reasoning_s: float
    first_s: float | None


@dataclass(slots=True)
class Listener:
    """Hears a text piece by piece."""

    pieces: list[str] = field(default_factory=list)
    first_s: float | None = None

    def __call__(self, piece: str) -> None:
        """The name of a person comes first, then the text."""
        if self.pieces and self.first_s is None:
            self.first_s = time.perf_counter()
        self.pieces.append(piece)

    def texts(self) -> dict[str, str]:
        """What was written, by person."""
        found: dict[str, str] = {}
        person = ""
        for piece in self.pieces:
            if named := _PERSON.fullmatch(piece):
                person = named[1]
                found[person] = ""
            else:
                found[person] += piece
        return {one: text.strip() for one, text in found.items()}


def main() -> int:
    """Read the command line, analyze, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--texts", type=Path)
    given = parser.parse_args()
    settings = config.read(
        Settings,
        file=None,
        env={},
        sets=[
            f"model={given.model}",
            "perception.faces.detector=whole",
            "reasoning.threshold=0",
            "reasoning.margin=0",
            "reasoning.label_space=dfew7",
        ],
    )
    told: list[Told] = []
    for name, words in _MANIFESTS.items():
        rows = _evenly(given.data / f"{name}.csv", given.each)
        shown = track(rows, console=_ERRORS)
        own = [one for row in shown for one in _told(row, settings, words=words)]
        print(f"{name}: {_summary(own)}", flush=True)
        told += own
    print(f"all: {_summary(told)}")
    if given.texts:
        lines = (json.dumps({k: getattr(one, k) for k in Told.__slots__}) for one in told)
        given.texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


_ERRORS = Console(stderr=True)


def _evenly(path: Path, most: int) -> list[dict[str, str]]:
    """So many rows, from all of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [rows[i * len(rows) // most] for i in range(min(most, len(rows)))]


def _told(row: dict[str, str], settings: Settings, *, words: bool) -> list[Told]:
    """What is written of each person of a sample: a still with sound has two."""
    heard = Listener()
    said = row["subtitle"] if words else None
    analysis = affectlens.analyze(row["path"], settings, words=said, offline=True, tell=heard)
    ended = time.perf_counter()
    reasoning_s = analysis.run.timings_s["reasoning"]
    texts = heard.texts()
    found = []
    for place, one in enumerate(analysis.people):
        text = texts.get(one.id, "")
        near = [clue for clue in analysis.clues if clue.person in (one.id, None)]
        claims = ground(text, near, labels={one.id: {one.label or ""}})
        status = [claim.status for claim in claims]
        first_s = None if place or heard.first_s is None else reasoning_s - (ended - heard.first_s)
        found.append(
            Told(
                id=row["id"],
                person=one.id,
                label=one.label or "",
                text=text,
                named=_named(text),
                supported=status.count("supported"),
                unsupported=status.count("unsupported"),
                unchecked=status.count("unchecked"),
                parrots=_parrots(text, analysis),
                loops=repeats(text),
                reasoning_s=reasoning_s,
                first_s=first_s,
            )
        )
    return found


def _named(text: str) -> str | None:
    """The label that the last sentence says to be expressed."""
    found = [label for part in sentences(text) for label, _ in lexicon().expressed(part)]
    return found[-1] if found else None


def _parrots(text: str, analysis: Analysis) -> bool:
    """Whether a text has some words running of what was said."""
    said = " ".join(one.text for one in analysis.transcript).lower().split()
    runs = {" ".join(said[i : i + _PARROTED]) for i in range(len(said) - _PARROTED + 1)}
    return any(run in text.lower() for run in runs)


def _summary(told: Sequence[Told]) -> str:
    supported = sum(one.supported for one in told)
    checked = supported + sum(one.unsupported for one in told)
    waits = sorted(one.first_s for one in told if one.first_s is not None)
    return (
        f"{len({one.id for one in told})} samples, {len(told)} people, "
        f"{sum(not one.text for one in told)} without a text · "
        f"{checked + sum(one.unchecked for one in told)} claims, {checked} can be checked, "
        f"{supported / max(checked, 1):.1%} borne out · "
        f"label in the text is the one scored: "
        f"{sum(one.named == one.label for one in told) / len(told):.1%} · "
        f"parrots {sum(one.parrots for one in told)} · loops {sum(one.loops for one in told)} · "
        f"first word of the reasons after {waits[len(waits) // 2]:.2f} s (median), "
        f"{waits[int(len(waits) * 0.95)]:.2f} s (95 %)"
    )


if __name__ == "__main__":
    sys.exit(main())
