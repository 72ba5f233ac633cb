"""The rule baseline on acted voices: `python benchmarks/voices.py RAVDESS_FOLDER [--actors 19 20]`.

Every RAVDESS speech file of the given actors goes through the whole line on its own, so a voice has
one sentence and no baseline. The likeliest label counts, also where the analysis abstains; calm
counts as neutral. Prints the confusion, accuracy and UAR (mean of the recalls), and how often the
analysis names a label and is then right.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

import affectlens
from affectlens.emotions.spaces import DFEW7

# The third field of a RAVDESS file name.
EMOTIONS = {
    "01": "neutral",
    "02": "neutral",  # calm
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}


def main() -> int:
    """Read the command line, analyze, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--actors", nargs="+", default=["19", "20"])
    given = parser.parse_args()
    files = sorted(p for a in given.actors for p in given.folder.glob(f"03-01-*-{a}.ogg"))
    if not files:
        parser.error(f"no RAVDESS speech of actors {', '.join(given.actors)} in {given.folder}")
    pairs: Counter[tuple[str, str]] = Counter()
    named = right = 0
    for path in track(files, console=Console(stderr=True)):
        truth = EMOTIONS[path.name.split("-")[2]]
        people = affectlens.analyze(path, offline=True).people
        if not people:
            pairs[truth, "nobody"] += 1
            continue
        person = people[0]
        pairs[truth, max(DFEW7.labels, key=lambda label: person.probabilities[label])] += 1
        named += person.label is not None
        right += person.label == truth
    report(pairs)
    print(f"a label is named for {named} of {len(files)} files and is right for {right}")
    return 0


def report(pairs: Counter[tuple[str, str]]) -> None:
    """Print the confusion matrix and what follows from it."""
    columns = [*DFEW7.labels, "nobody"]
    table = Table("acted", *columns, "recall", title="the likeliest label")
    recalls = []
    for truth in DFEW7.labels:
        row = [pairs[truth, column] for column in columns]
        recalls.append(pairs[truth, truth] / max(1, sum(row)))
        table.add_row(truth, *map(str, row), f"{recalls[-1]:.2f}")
    Console(width=120).print(table)
    accuracy = sum(pairs[label, label] for label in DFEW7.labels) / pairs.total()
    uar = sum(recalls) / len(recalls)
    print(f"accuracy {accuracy:.3f}, UAR {uar:.3f}, n {pairs.total()}; chance is 0.143")


if __name__ == "__main__":
    sys.exit(main())
