"""Files of strangers: none runs code, none breaks the program, each is answered in a sentence."""

import argparse
import os
import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests.model import released_files as released

from affectlens.encoders import unpickle
from affectlens.foundation.errors import InputError, LimitError
from affectlens.model.convert.convert import convert


class Bomb:
    """Unpickled carelessly, it makes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.trace),))


def hostile(path: Path, trace: Path) -> None:
    torch.save({"model": released.drawn(released.tiny_emotion()), "config": Bomb(trace)}, path)


def hostile_plain_pickle(path: Path, trace: Path) -> None:
    path.write_bytes(pickle.dumps({"model": Bomb(trace)}))


def hostile_legacy(path: Path, trace: Path) -> None:
    torch.save({"model": Bomb(trace)}, path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize("write", [hostile, hostile_plain_pickle, hostile_legacy])
def test_a_hostile_pickle_is_refused_and_does_not_run(
    write: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    file, trace = tmp_path / "checkpoint_best.pth", tmp_path / "it-ran"
    write(file, trace)
    with pytest.raises(InputError, match="cannot be converted") as caught:
        convert([file], tmp_path / "out")
    assert not trace.exists()
    if write is not hostile_plain_pickle:  # of which torch reads only the first byte
        assert re.search(r"more than weights, it asks for \w+\.mkdir", str(caught.value))
    assert "weights_only" not in str(caught.value), "torch's advice to trust the file is not ours"
    assert not (tmp_path / "out").exists()


def test_the_trap_of_these_tests_is_a_real_one(tmp_path: Path) -> None:
    hostile(tmp_path / "x.pth", tmp_path / "it-ran")
    torch.load(tmp_path / "x.pth", weights_only=False)
    assert (tmp_path / "it-ran").exists()


def text(path: Path) -> None:
    path.write_text("<html>Sign in to download</html>\n", encoding="utf-8")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_list(path: Path) -> None:
    torch.save([torch.ones(2)], path)


def one_tensor(path: Path) -> None:
    torch.save(torch.ones(2), path)


def no_tensors(path: Path) -> None:
    torch.save({"epoch": 3, "note": "nothing"}, path)


def a_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


def truncated(path: Path) -> None:
    released.write(path, released.drawn(released.tiny_emotion()))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def truncated_legacy(path: Path) -> None:
    tensors = released.drawn(released.tiny_emotion())
    torch.save({"model": tensors}, path, _use_new_zipfile_serialization=False)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def same_name_twice(path: Path) -> None:
    torch.save({"a": {"b": torch.ones(1)}, "a.b": torch.zeros(1)}, path)


def too_large(path: Path) -> None:
    torch.save({"a": torch.zeros(1).expand(1 << 24, 1 << 24)}, path)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (text, "no file of torch.save"),
        (empty, "no file of torch.save"),
        (a_list, "holds a list"),
        (one_tensor, "holds a Tensor"),
        (no_tensors, "no tensor in it; it has: epoch, note"),
        (a_zip, "no file of torch.save"),
        (truncated, "damaged"),
        (truncated_legacy, "damaged"),
        (same_name_twice, "the same name"),
    ],
)
def test_the_child_ends_with_a_sentence_about_what_is_no_checkpoint(
    write: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    write(tmp_path / "thing.pth")
    with pytest.raises(SystemExit, match=said):  # in this process, which saves a second for each
        unpickle._convert(tmp_path / "thing.pth", tmp_path / "out.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["thing.pth"]


def test_the_child_says_that_there_is_no_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    too_large(tmp_path / "thing.pth")
    with pytest.raises(SystemExit) as ended:
        unpickle._convert(tmp_path / "thing.pth", tmp_path / "out.safetensors")
    assert ended.value.code == LimitError.exit_code
    assert "more than is free" in capsys.readouterr().err


def test_a_file_larger_than_the_disk_is_a_limit(tmp_path: Path) -> None:
    too_large(tmp_path / "thing.pth")
    with pytest.raises(LimitError, match=r"thing\.pth cannot be converted.*more than is free"):
        convert([tmp_path / "thing.pth"], tmp_path / "out")


def test_what_the_child_says_is_told_in_a_sentence_about_the_file(tmp_path: Path) -> None:
    file = tmp_path / "thing.pth"
    truncated(file)
    with pytest.raises(
        InputError, match=r"thing\.pth cannot be converted.*it is damaged"
    ) as caught:
        convert([file], tmp_path / "out")
    assert "Traceback" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["thing.pth"]


def test_another_model_is_told_by_some_of_its_names(tmp_path: Path) -> None:
    file = tmp_path / "resnet.safetensors"
    save_file({"conv1.weight": torch.ones(3), "fc.bias": torch.ones(1)}, file)
    said = r"resnet.* of no format that is known; it has 2 tensors: conv1\.weight, fc\.bias"
    with pytest.raises(InputError, match=said):
        convert([file], tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["resnet.safetensors"]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        convert([tmp_path / "nowhere.pth"], tmp_path / "out")


def test_a_damaged_safetensors_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    with pytest.raises(InputError, match="no whole safetensors"):
        convert([tmp_path / "x.safetensors"], tmp_path / "out")


def test_only_the_net_of_a_training_checkpoint_is_taken_and_the_rest_is_listed(
    tmp_path: Path,
) -> None:
    tied = torch.arange(6.0).reshape(2, 3)
    net = {"a": tied, "b": tied, "turned": tied.T, "one": torch.ones(1).expand(4, 4), "steps": 7}
    beside = {"optimizer": {"a": torch.ones(2)}, "args": argparse.Namespace(rank=64)}
    torch.save({"model": net, "epoch": 1, **beside}, tmp_path / "x.pth")
    unpickle._convert(tmp_path / "x.pth", tmp_path / "x.safetensors")
    made = load_file(tmp_path / "x.safetensors")
    assert made.keys() == {"a", "b", "turned", "one"}
    assert all(torch.equal(made[name], value) for name, value in net.items() if name != "steps")  # type: ignore[arg-type]
    assert set(unpickle.dropped(tmp_path / "x.safetensors")) == {
        "epoch", "optimizer", "args", "steps",
    }  # fmt: skip


def test_files_of_before_torch_1_6_are_read(tmp_path: Path) -> None:
    tensors = {"a": torch.ones(2, dtype=torch.float16), "b": torch.zeros(1, dtype=torch.bfloat16)}
    torch.save(tensors, tmp_path / "x.pth", _use_new_zipfile_serialization=False)
    unpickle._convert(tmp_path / "x.pth", tmp_path / "x.safetensors")
    with safe_open(tmp_path / "x.safetensors", framework="pt") as file:
        assert file.get_slice("a").get_dtype() == "F16"
        assert file.get_slice("b").get_dtype() == "BF16"
