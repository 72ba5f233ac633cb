"""A run without a model that can be killed: `python -m tests.evaluation.fast_run MANIFEST OUT`."""

import hashlib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import DFEW7
from affectlens.evaluation.choosing import choose
from affectlens.evaluation.outcome import Prediction
from affectlens.evaluation.runs import run
from affectlens.evaluation.runs.folder import Plan, RunFolder
from affectlens.evaluation.subject import Question
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part
from affectlens.foundation.progress import Progress, silent

ASKED = Question(asks=frozenset({"label"}), space=DFEW7)


@dataclass(frozen=True, slots=True)
class Hashing:
    """Answers by the name of a sample; every seventh fails."""

    batch_size: int = 3
    pause_s: float = 0.0
    version: int = 1
    seed: str = ""

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"kind": "hashing", "settings": {"version": self.version}}

    def notes(self, question: Question) -> Sequence[str]:
        return ["It looks at nothing."]

    def predict(
        self, samples: Sequence[Sample], question: Question, *, progress: Progress = silent
    ) -> Iterator[list[Prediction]]:
        for first in range(0, len(samples), self.batch_size):
            time.sleep(self.pause_s)
            yield [self._one(sample) for sample in samples[first : first + self.batch_size]]

    def _one(self, sample: Sample) -> Prediction:
        number = int(hashlib.sha256((self.seed + sample.id).encode()).hexdigest()[:8], 16)
        if number % 7 == 0:
            return Prediction(id=sample.id, failure=Missing("it is the seventh"))
        label = DFEW7.labels[number % len(DFEW7.labels)]
        rest = dict.fromkeys(DFEW7.labels, 0.4 / 6)
        valence = number % 201 / 100 - 1
        return Prediction(
            id=sample.id, label=label, probabilities={**rest, label: 0.6}, valence=valence
        )


def manifest(folder: Path, count: int = 40) -> Path:
    """A manifest of texts."""
    path = folder / "manifest.csv"
    lines = ["id,path,label,subtitle,sex"]
    for number in range(count):
        (folder / f"{number}.txt").write_text(f"Text {number}.")
        label = DFEW7.labels[number % 7]
        lines.append(f"s{number},{number}.txt,{label},Words {number},{'fm'[number % 2]}")
    path.write_text("\n".join(lines) + "\n")
    return path


def plan(path: Path, question: Question = ASKED) -> Plan:
    return Plan(corpus=Part("manifest", {"space": "dfew7"}), root=path, question=question)


def whole_run(path: Path, folder: Path, subject: Hashing) -> run.Done:
    """Predict and score."""
    asked = plan(path)
    done = run.predict(RunFolder(folder), asked, asked.load(), subject)
    metrics = choose(["classification", "calibration"], options=["space=dfew7"])
    run.score(RunFolder(folder), metrics, run.Scoring(resamples=20, slices=("sex",)))
    return done


if __name__ == "__main__":
    whole_run(Path(sys.argv[1]), Path(sys.argv[2]), Hashing(pause_s=0.03))
