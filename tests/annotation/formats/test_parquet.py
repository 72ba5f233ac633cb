"""Parquet that `datasets` loads as it is, and that gives the annotations back."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.annotation.formats.made_annotations import made, several

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.format import About
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.foundation.missing import Missing

pq = pytest.importorskip("pyarrow.parquet", reason="needs affectlens[data]")

from affectlens.annotation.formats import parquet  # noqa: E402

# What the libraries say of each other is not what is tested here; no network, no common cache.
_LOAD = """
import json, sys
from datasets import load_dataset
data = load_dataset(sys.argv[1], cache_dir=sys.argv[2])
print(json.dumps({name: list(part) for name, part in data.items()}))
"""


def _in_order(annotations: list[Annotation]) -> list[Annotation]:
    return sorted(annotations, key=lambda one: one.id)


def test_what_is_written_is_read_back_and_the_same_bytes_again(tmp_path: Path) -> None:
    about = About(root=tmp_path, name="made")
    files = parquet.write(several(), tmp_path / "one", about)
    assert parquet.read(tmp_path / "one") == _in_order(several())
    again = parquet.write(several(), tmp_path / "two", about)
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]
    assert [_unhashed(path.name) for path in files] == [
        "dev-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
        "README.md",
    ]


def _unhashed(name: str) -> str:
    return re.sub(r"-[0-9a-f]{16}\.parquet$", ".parquet", name)


def test_what_was_written_before_does_not_stay_beside_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "own.parquet").touch()
    parquet.write(several(), tmp_path, About(root=tmp_path))
    (dev,) = tmp_path.glob("data/dev-*")
    parquet.write([made("a", split="train")], tmp_path, About(root=tmp_path))
    assert not dev.exists()
    assert len(list(tmp_path.glob("data/train-*"))) == 1
    assert (tmp_path / "data" / "own.parquet").is_file(), "it is not ours"


def test_columns_hold_what_is_known_and_nothing_where_it_is_missing(tmp_path: Path) -> None:
    one = made("clip", split="train", arousal=Missing("nobody"), peak=Missing("no face"))
    parquet.write([one, made("x", split="train")], tmp_path, About(root=tmp_path))
    (file,) = (tmp_path / "data").iterdir()
    first, second = pq.read_table(file).to_pylist()
    assert (first["label"], first["fine"], first["valence"]) == ("doubt", "He doubts it.", -0.3)
    assert (first["arousal"], first["peak_time_s"], first["action_units"]) == (None, None, [])
    assert first["ov_labels"] == ["doubtful", "tense"]
    assert first["videos"] == ["media/clip.mp4"]
    assert [turn["role"] for turn in first["messages"]] == ["user", "assistant"]
    assert second["action_units"][0] == {"unit": "AU04", "intensity": 1.5}
    assert json.loads(first["annotation"])["arousal"] == {"missing": "nobody"}


def test_files_and_groups_of_rows_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_FILE_ROWS", 5)
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 2)
    clips = [made(f"c{n:02d}", split="train") for n in range(12)]
    files = parquet.write(clips, tmp_path, About(root=tmp_path))[:-1]
    assert [pq.ParquetFile(path).metadata.num_rows for path in files] == [5, 5, 2]
    assert pq.ParquetFile(files[0]).metadata.num_row_groups == 3
    assert parquet.read(tmp_path) == clips


def test_datasets_loads_the_folder_without_a_script(tmp_path: Path) -> None:
    pytest.importorskip("datasets", reason="needs datasets")
    clips = [*several(), made("odd", split="fold 2", fine=Missing("none"))]
    parquet.write(clips, tmp_path / "set", About(root=tmp_path, name="a\nb"))
    data = _loaded(tmp_path / "set", tmp_path)
    assert {name: len(rows) for name, rows in data.items()} == {"train": 3, "dev": 1, "fold_2": 1}
    assert data["fold_2"][0]["fine"] is None
    assert data["dev"][0]["images"] == ["media/face.png"]


def test_datasets_does_not_take_a_new_data_set_for_the_one_it_loaded_before(
    tmp_path: Path,
) -> None:
    pytest.importorskip("datasets", reason="needs datasets")
    for label in ("sad", "happy"):
        parquet.write([made(label=label, split="train")], tmp_path / "set", About(root=tmp_path))
        assert [row["label"] for row in _loaded(tmp_path / "set", tmp_path)["train"]] == [label]


def _loaded(folder: Path, place: Path) -> Any:
    """What `datasets` gives, with a cache that lasts."""
    ran = subprocess.run(
        [sys.executable, "-c", _LOAD, str(folder), str(place / "cache")],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(place / "home")},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def test_what_is_no_data_set_is_refused_with_file_and_row(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Parquet file"):
        parquet.read(tmp_path)
    (tmp_path / "a.parquet").write_bytes(b"PAR1 but not more")
    with pytest.raises(InputError, match=r"a\.parquet"):
        parquet.read(tmp_path)
    import pyarrow as pa

    pq.write_table(pa.table({"annotation": ['{"schema": "x"}']}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet, row 1"):
        parquet.read(tmp_path)
    pq.write_table(pa.table({"other": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet"):
        parquet.read(tmp_path)


def test_splits_that_would_be_one_file_are_refused(tmp_path: Path) -> None:
    clips = [made("a", split="x/y"), replace(made("b"), split="x y")]
    with pytest.raises(ConfigError, match="rename"):
        parquet.write(clips, tmp_path, About(root=tmp_path))


def test_without_pyarrow_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UnavailableError, match=r"affectlens\[data\]"):
        parquet.write(several(), tmp_path, About(root=tmp_path))
