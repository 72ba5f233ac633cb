"""What nano scores, beside the rules: voices, faces, words, put together, and with parts left out.

    python -m benchmarks.manifests ../shared/data DATA
    python -m benchmarks.nano DATA OUT --model rules --model runs/nano/model [--only voices_dev]

Runs `affectlens evaluate run` on each manifest of DATA, which goes on where it was stopped, and
prints a table with 95 % intervals and floors. Nobody abstains: the likeliest label counts.
`--card` writes the last model's results into its folder, as results.json and into its card.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from affectlens.model.shipped import place
from affectlens.training.card import RESULTS, write_card

_CROPS = ("perception.faces.detector=whole",)
_ALWAYS = ("reasoning.threshold=0", "reasoning.margin=0")
_SHOWN = ("uar", "accuracy", "macro_f1")
_TOLD = {
    "voices_dev": "RAVDESS speech, actors 19 and 20",
    "faces_all": "FER+ valid, at least 6 of 10 votes",
    "words": "GoEmotions dev",
    "triples": "held-back voices, faces and words of one label",
    "clips": "six clips of CREMA-D",
}


class Trial(NamedTuple):
    """One line of the table."""

    manifest: str
    shown: str = "all"
    words: str = "given"
    settings: tuple[str, ...] = ()
    without: tuple[str, ...] = ()  # streams; the rules have none and are only asked about all


_FACE, _VOICE = ("face", "dynamics"), ("sound",)
_TRIALS = (
    Trial("voices_dev"),
    Trial("voices_dev", "voice alone", "none"),
    Trial("faces_all", settings=_CROPS),
    Trial("faces_all", "without dynamics", settings=_CROPS, without=("dynamics",)),
    Trial("faces_all", "dynamics alone", settings=_CROPS, without=("face",)),
    Trial("words"),
    Trial("triples", settings=_CROPS),
    Trial("triples", "voice alone", "none", _CROPS, _FACE),
    Trial("triples", "face alone", "none", _CROPS, _VOICE),
    Trial("triples", "words alone", "given", _CROPS, _FACE + _VOICE),
    Trial("triples", "voice and face", "none", _CROPS),
    Trial("clips"),
    Trial("clips", "voice alone", "none", (), _FACE),
    Trial("clips", "face alone", "none", (), _VOICE),
)


def main() -> int:
    """Read the command line, run what is not there yet, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--card", action="store_true")
    given = parser.parse_args()
    found: list[dict[str, Any]] = []
    print("| data | shown | model | samples | UAR | accuracy | macro F1 | UAR of a constant |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for trial in _TRIALS:
        if given.only and trial.manifest not in given.only:
            continue
        for model in given.model:
            if model == "rules" and trial.without:
                continue
            folder = given.out / Path(model).name / f"{trial.manifest}-{trial.shown}"
            _run(trial, model, given.data, folder, given.limit)
            print(_line(trial, model, folder), flush=True)
            if model == given.model[-1]:
                found += _results(trial, _scores(folder))
    if given.card:
        model = Path(place(given.model[-1]))
        (model / RESULTS).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        write_card(model)
    return 0


def _run(trial: Trial, model: str, data: Path, folder: Path, limit: int) -> None:
    sets = [*trial.settings, *_ALWAYS]
    if trial.without:
        sets.append(f"language_model.without={','.join(trial.without)}")
    subprocess.run(
        [
            sys.executable, "-m", "affectlens", "evaluate", "run",
            "--manifest", str(data / f"{trial.manifest}.csv"), "--model", model,
            "--words", trial.words, "--labels", "dfew7", "-o", str(folder), "--offline",
            "--no-reasons",
            *(("--limit", str(limit)) if limit else ()),
            *(part for one in sets for part in ("--set", one)),
        ],
        check=False,  # exit 3: some samples failed, and the table says how many counted
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _scores(folder: Path) -> Mapping[str, Any]:
    told = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    found: Mapping[str, Any]
    (found,) = (one for one in told["scores"] if one["metric"] == "classification")
    return found


def _results(trial: Trial, found: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """As a model's card has them."""
    scores = {one["name"]: one for one in found["scores"]}
    for name in _SHOWN:
        yield {
            "metric": name,
            **{part: round(scores[name][part], 4) for part in ("value", "low", "high")},
            "n": found["samples"],
            "what": f"{_TOLD[trial.manifest]}: {trial.shown}",
            "command": f"python -m benchmarks.nano DATA OUT --model nano --only {trial.manifest}",
        }


def _line(trial: Trial, model: str, folder: Path) -> str:
    found = _scores(folder)
    scores = {one["name"]: one for one in found["scores"]}
    cells = [trial.manifest, trial.shown, Path(model).name, str(found["samples"])]
    cells += [_cell(scores[name]) for name in _SHOWN]
    return f"| {' | '.join([*cells, _floor(found['floors'])])} |"


def _cell(score: Mapping[str, Any]) -> str:
    return f"{score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}]"


def _floor(floors: Sequence[Mapping[str, Any]]) -> str:
    """The best that an answer reaches which never looks."""
    return f"{max(floor['scores']['uar'] for floor in floors):.3f}" if floors else "–"


if __name__ == "__main__":
    sys.exit(main())
