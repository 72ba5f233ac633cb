"""What is written for LLaMA-Factory and ms-swift, looked at without them."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.annotation.formats.made_annotations import about, made, several

from affectlens.annotation import sharegpt
from affectlens.annotation.formats import llama_factory, ms_swift
from affectlens.emotions.spaces import MER9
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

GONE = Missing("not in this test")


def row(**changes: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": "<video>\nWhy?"}, {"role": "assistant", "content": "So."}]
    return {
        "id": "a",
        "messages": turns,
        "videos": ["a.mp4"],
        "audios": [],
        "images": [],
        **changes,
    }


def test_ms_swift_has_a_file_for_each_split_and_task_with_media_below_the_data_set(
    tmp_path: Path,
) -> None:
    written = ms_swift.write(several(), tmp_path / "ms_swift", about(tmp_path))
    assert [path.name for path in written] == [
        "train.jsonl", "train_emotion.jsonl", "dev.jsonl", "dev_emotion.jsonl", "README.md",
    ]  # fmt: skip
    rows = [json.loads(line) for line in written[0].read_text("utf-8").splitlines()]
    assert [one["id"] for one in rows] == ["clip", "voice", "words"]
    assert all(
        (tmp_path / path).is_file() for one in rows for path in one["videos"] + one["audios"]
    )
    assert [len(one["audios"]) for one in rows] == [1, 1, 0]
    answers = [json.loads(line)["messages"][-1] for line in written[1].read_text().splitlines()]
    assert answers == [{"role": "assistant", "content": "doubt"}] * 3
    assert "ROOT_IMAGE_DIR" in written[-1].read_text("utf-8")


def test_llama_factory_finds_media_from_its_own_folder_wherever_that_is_moved(
    tmp_path: Path,
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    llama_factory.write(several(), here / "llama_factory", about(here))
    here.rename(there)
    folder = there / "llama_factory"
    info = json.loads((folder / "dataset_info.json").read_text())
    assert list(info) == ["made_train", "made_train_emotion", "made_dev", "made_dev_emotion"]
    assert info["made_dev"]["columns"] == {"messages": "messages", "images": "images"}
    for entry in info.values():
        rows = json.loads((folder / entry["file_name"]).read_text("utf-8"))
        paths = [
            path for one in rows for key in ("videos", "audios", "images") for path in one[key]
        ]
        assert paths
        assert all((folder / path).is_file() for path in paths)
    assert str(tmp_path) not in "".join(path.read_text("utf-8") for path in folder.iterdir())


def test_every_kind_of_media_stands_among_the_first_rows_of_llama_factory(tmp_path: Path) -> None:
    many = [made(f"n{i}", media=made("face").media) for i in range(50)]
    llama_factory.write([*many, made("clip"), made("words")], tmp_path, about(tmp_path))
    ids = [one["id"] for one in json.loads((tmp_path / "train.json").read_text())]
    assert ids[:3] == ["n0", "clip", "words"]
    assert ids[3:] == [f"n{i}" for i in range(1, 50)]


def test_clips_without_an_answer_are_left_out_and_told(tmp_path: Path) -> None:
    them = [made("a"), made("b", fine=GONE, coarse=" "), made("c", label=GONE)]
    for format_, suffix in ((ms_swift, "jsonl"), (llama_factory, "json")):
        folder = tmp_path / suffix
        format_.write(them, folder, about(tmp_path))
        ids = {}
        for name in ("train", "train_emotion"):
            text = (folder / f"{name}.{suffix}").read_text()
            ids[name] = [x["id"] for x in json.loads(text if suffix == "json" else _listed(text))]
        assert ids == {"train": ["a", "c"], "train_emotion": ["a", "b"]}
        readme = (folder / "README.md").read_text("utf-8")
        assert "1 clips with no description: b." in readme
        assert "1 clips with no label: c." in readme


def _listed(text: str) -> str:
    return f"[{','.join(text.splitlines())}]"


def test_the_same_annotations_give_the_same_bytes(tmp_path: Path) -> None:
    for format_ in (ms_swift, llama_factory):
        once = format_.write(several(), tmp_path / "a" / "x", about(tmp_path / "a"))
        twice = format_.write(several(), tmp_path / "b" / "x", about(tmp_path / "b"))
        assert [p.read_bytes() for p in once] == [p.read_bytes() for p in twice]


def test_clips_of_no_split_are_trained_on_and_other_splits_keep_their_names(tmp_path: Path) -> None:
    them = [made("a", split=GONE), made("b", split="session5"), made("c", split="test")]
    written = ms_swift.write(them, tmp_path, about(tmp_path))
    assert [path.name for path in written if "emotion" not in path.name] == [
        "train.jsonl", "test.jsonl", "session5.jsonl", "README.md",
    ]  # fmt: skip


def test_names_of_splits_are_those_of_parquet_and_no_two_are_one_file(tmp_path: Path) -> None:
    odd = [made("a", split="../x"), made("b", split="fold 2")]
    written = ms_swift.write(odd, tmp_path, about(tmp_path))
    assert {path.name for path in written if "emotion" not in path.name} == {
        "_x.jsonl", "fold_2.jsonl", "README.md",
    }  # fmt: skip
    for one, other in (("x/y", "x y"), ("train", "train_emotion")):
        them = [made("a", split=one), made("b", split=other)]
        with pytest.raises(ConfigError, match="rename one"):
            ms_swift.write(them, tmp_path, about(tmp_path))


def test_labels_of_another_space_are_asked_for_with_that_space(tmp_path: Path) -> None:
    cases = {("disgust", "happy"): "surprise, disgust, fear", ("calm", "upset"): "calm, upset."}
    for labels, told in cases.items():
        them = [made(f"x{i}", label=label) for i, label in enumerate(labels)]
        ms_swift.write(them, tmp_path, about(tmp_path))
        text = (tmp_path / "train_emotion.jsonl").read_text()
        assert told in json.loads(text.splitlines()[0])["messages"][0]["content"]


def test_an_id_may_stand_once(tmp_path: Path) -> None:
    for format_ in (ms_swift, llama_factory):
        with pytest.raises(ConfigError, match="'clip' stands twice"):
            format_.write([made(), made()], tmp_path, about(tmp_path))


def test_rows_that_a_trainer_would_fail_on_are_refused() -> None:
    sharegpt.check(row())
    user, answer = row()["messages"]
    for changes, match in (
        ({"videos": []}, "0 videos and 1 times <video>"),
        ({"images": ["a.png"]}, "1 images and 0 times <image>"),
        ({"messages": [user]}, "empty answer"),
        ({"messages": [user, {**answer, "content": " "}]}, "empty answer"),
        ({"messages": [user, {**answer, "content": "a <video>"}]}, "2 times <video>"),
    ):
        with pytest.raises(ConfigError, match=match):
            sharegpt.check(row(**changes))


def test_rows_are_checked_when_they_are_made() -> None:
    part = sharegpt.Part("train", "reason", (0,), ((),))
    with pytest.raises(ConfigError, match="empty answer"):
        list(sharegpt.rows([made("words", fine=GONE, coarse=GONE)], part, MER9))


def test_nothing_is_written_of_nothing_but_what_tells_so(tmp_path: Path) -> None:
    assert [p.name for p in ms_swift.write([], tmp_path, about(tmp_path))] == ["README.md"]
    assert json.loads(llama_factory.write([], tmp_path, about(tmp_path))[0].read_text()) == {}
