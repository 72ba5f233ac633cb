"""What nano loses without one part of how it is trained: the same short training, part by part.

    python -m benchmarks.nano_ablations OUT --begun RUN [--only plain] [--seeds 42 43]

RUN is a run of recipes/nano.toml whose face net and features are taken over. Each variant trains
100 steps of alignment and 300 of instruction (nano itself: 1,200 and 3,000) on two processes, and
is scored on the clips that are held back in training. Prints UAR by kind of data. A variant that is
done is not trained again. `--compile` compiles the language model's layers, where there is a C++
compiler.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_RECIPE = Path("recipes/nano.toml")
_SCHOOL = re.compile(r"\[schools\.face\].*?(?=\[stages\.)", re.DOTALL)
_STAGE_1 = re.compile(r"\[stages\.alignment\].*?(?=\[stages\.instruction\])", re.DOTALL)
_LENGTH = re.compile(r"epochs = \d+\nsteps_per_epoch = \d+")
_SHORT = {"alignment": 100, "instruction": 300}  # steps of the stages, in their order
_DATA = ("voices", "fer", "words", "triples_dev")


def _without_stage_1(text: str) -> str:
    """The same samples in one stage."""
    return _STAGE_1.sub("", text).replace("steps_per_epoch = 300", "steps_per_epoch = 400")


def _labels_alone(text: str) -> str:
    """One stage that learns nothing but labels, and always sees all that there is."""
    plain = _without_stage_1(text).replace(', "measured"]', "]")
    return plain.replace("dropout = {stream = 0.2, subtitle = 0.4}", "")


def _rank(rank: int) -> Callable[[str], str]:
    """Another rank of LoRA."""
    return lambda text: text.replace("{use = ", f"{{rank = {rank}, use = ")


def _without_dropout(text: str) -> str:
    """All streams and words of each clip."""
    return re.sub(r"dropout = \{stream = .*\}\n", "", text)


def _unchanged(text: str) -> str:
    """Clips as they are recorded, no changed copies."""
    return re.sub(r"augment = \{copies = \d\}\n", "", text)


_VARIANTS: dict[str, Callable[[str], str]] = {
    "as nano": lambda text: text,
    "no alignment": _without_stage_1,
    "plain": _labels_alone,
    "rank 4": _rank(4),
    "rank 64": _rank(64),
    "no dropout": _without_dropout,
    "no changed copies": _unchanged,
}


def main() -> int:
    """Read the command line, train what is not there yet, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--begun", type=Path, required=True)
    parser.add_argument("--only", action="append", choices=list(_VARIANTS), default=[])
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--compile", action="store_true")
    given = parser.parse_args()
    text = _short(given.begun)
    print(f"| variant | seed | all | {' | '.join(_DATA)} |")
    print("| --- | --- | --- |" + " --- |" * len(_DATA))
    for name in given.only or _VARIANTS:
        for seed in given.seeds:
            run = given.out / f"{name.replace(' ', '_')}-{seed}"
            if not (run / "model" / "provenance.json").is_file():
                _train(_VARIANTS[name](text), run, given.begun, _flags(given, seed))
            print(_line(name, seed, run), flush=True)
    return 0


def _flags(given: argparse.Namespace, seed: int) -> list[str]:
    """What a training is told beside its recipe."""
    sets = [f"seed={seed}", "engine.threads=1", "keep.every=0"]
    sets += ["engine.compile=true"] if given.compile else []
    return [*(["--offline"] if given.offline else []), *(f"--set={one}" for one in sets)]


def _short(begun: Path) -> str:
    """The recipe with fewer steps and a face net that is there."""
    text = _SCHOOL.sub("", _RECIPE.read_text(encoding="utf-8"))
    steps = iter(_SHORT.values())
    text = _LENGTH.sub(lambda _: f"epochs = 1\nsteps_per_epoch = {next(steps)}", text)
    face = json.dumps(str((begun / "encoders" / "face").absolute()))
    return text.replace('system = "nano"', f'system = {{use = "nano", face = {face}}}')


def _train(text: str, run: Path, begun: Path, flags: Sequence[str]) -> None:
    """Train a variant; one that was stopped goes on."""
    recipe = run.with_suffix(".toml")
    recipe.parent.mkdir(parents=True, exist_ok=True)
    recipe.write_text(text, encoding="utf-8")
    command = ["torchrun", "--nproc_per_node=2", "-m", "affectlens", "train", str(recipe)]
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    if not run.exists():
        _begin(run, begun)
    subprocess.run(
        [*command, "-o", str(run), *flags], check=True, env=alone, stdout=subprocess.DEVNULL
    )


def _begin(run: Path, begun: Path) -> None:
    """The features of another run, which depend on no variant; its recipe makes the folder one."""
    shutil.copytree(begun / "features", run / "features", copy_function=os.link)
    for name in ("recipe.json", "hashes.jsonl"):
        shutil.copy(begun / name, run / name)


def _line(name: str, seed: int, run: Path) -> str:
    text = (run / "model" / "provenance.json").read_text(encoding="utf-8")
    told = json.loads(text)["development"]
    uars = [told["all"]["uar"], *(told["data"][one]["uar"] for one in _DATA)]
    return f"| {name} | {seed} | {' | '.join(f'{uar:.3f}' for uar in uars)} |"


if __name__ == "__main__":
    sys.exit(main())
