"""What LLaMA-Factory and ms-swift themselves make of the files that are written for them.

Each runs in a process of its own: in this interpreter when it has the package, else in that of
AFFECTLENS_LLAMA_FACTORY_PYTHON or AFFECTLENS_MS_SWIFT_PYTHON.
"""

import json
import os
import subprocess
import sys
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from tests.annotation.formats.made_annotations import about, made, several

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.formats import llama_factory, ms_swift

HERE = Path(__file__).parent / "peers"
PYTHONS = {
    "llamafactory": "AFFECTLENS_LLAMA_FACTORY_PYTHON",
    "ms-swift": "AFFECTLENS_MS_SWIFT_PYTHON",
}

pytestmark = pytest.mark.slow


def interpreter(package: str) -> str:
    """One that has a package; skips where there is none."""
    if list(metadata.Distribution.discover(name=package)):
        return sys.executable
    named = os.environ.get(PYTHONS[package], "")
    if not named:
        pytest.skip(f"no {package}: install it, or name a Python that has it as {PYTHONS[package]}")
    return named


def ran(package: str, script: str, *args: object, root: Path) -> Any:
    """What a script prints when that package's interpreter runs it, offline."""
    caches = {
        name: str(root / "cache")
        for name in ("HF_HOME", "HF_DATASETS_CACHE", "MODELSCOPE_CACHE", "TRITON_CACHE_DIR")
    }
    own = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "ROOT_IMAGE_DIR": str(root / "data")}
    done = subprocess.run(
        [interpreter(package), str(HERE / script), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=root,
        env={**os.environ, **caches, **own},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    return json.loads(told[-1].removeprefix("FOUND "))


def them() -> list[Annotation]:
    """Of each kind of media, words that look like placeholders, and more than 1,000 pictures."""
    pictures = [made(f"n{i}", media=made("face").media) for i in range(1001)]
    odd = made("voice", id="odd", subtitle="<video> <|im_end|>", fine="<image></img> He frowns.")
    return [*pictures, *several(), odd]


def counted(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {key: sum(len(one[key] or []) for one in rows) for key in ("videos", "audios", "images")}


def test_llama_factory_loads_checks_and_tokenizes_every_row(tmp_path: Path) -> None:
    root = tmp_path / "data"
    llama_factory.write(them(), root / "llama_factory", about(root))
    found = ran(
        "llamafactory", "with_llama_factory.py", root / "llama_factory", tmp_path, root=tmp_path
    )
    assert {name: len(one["rows"]) for name, one in found.items()} == {
        "made_train": 1005, "made_train_emotion": 1005, "made_dev": 1, "made_dev_emotion": 1,
    }  # fmt: skip
    for one in found.values():
        assert len(one["texts"]) == len(one["rows"]), "rows were dropped"
        for row, text in zip(one["rows"], one["texts"], strict=True):
            paths = {key: row[f"_{key}"] or [] for key in ("videos", "audios", "images")}
            assert all(Path(path).is_file() for found in paths.values() for path in found)
            tokens = {"videos": "<|VIDEO|>", "audios": "<|AUDIO|>", "images": "<|IMAGE|>"}
            assert {key: text.count(tokens[key]) for key in paths} == counted([paths])
            assert text.count("<|im_end|>") == 3, "system, question, answer"
    rows = found["made_train"]["rows"]
    media = counted(
        [{key: row[f"_{key}"] for key in ("videos", "audios", "images")} for row in rows]
    )
    assert media == {"videos": 1, "audios": 3, "images": 1001}


def test_ms_swift_loads_every_row_and_finds_its_media(tmp_path: Path) -> None:
    root = tmp_path / "data"
    written = ms_swift.write(them(), root / "ms_swift", about(root))
    files = [path for path in written if path.suffix == ".jsonl"]
    found = ran("ms-swift", "with_ms_swift.py", *files, root=tmp_path)
    assert {name: len(rows) for name, rows in found.items()} == {
        "train.jsonl": 1005, "train_emotion.jsonl": 1005, "dev.jsonl": 1, "dev_emotion.jsonl": 1,
    }  # fmt: skip
    for name, rows in found.items():
        kept = [json.loads(line) for line in (root / "ms_swift" / name).read_text().splitlines()]
        for before, row in zip(kept, rows, strict=True):
            assert not row["changed"], "a template put placeholders in or took words for them"
            assert row["contents"] == [turn["content"] for turn in before["messages"]]
            assert counted([row["media"]]) == counted([before])
            assert None not in chain(*row["media"].values()), "media that are not found"
            wanted = {"videos": "<video>", "audios": "<audio>", "images": "<image>"}
            assert row["tags"] == [wanted[key] for key in wanted for _ in before[key]]
