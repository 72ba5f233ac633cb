"""The folder of a conversion is whole or not there, and nothing else is touched."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import save_file
from tests.model import released_files as released
from tests.model.released_files import from_safetensors
from torch import Tensor

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.hashing import sha256_of
from affectlens.model.convert.convert import Options, convert

_A = released.LAYER.format(i=1) + "q_proj.lora_A.weight"
Tensors = dict[str, Tensor]


@pytest.fixture(name="like", scope="module")
def _like(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released.like(tmp_path_factory.mktemp("like"))


@pytest.fixture(name="good")
def _good() -> Tensors:
    return released.drawn(released.tiny_emotion())


def test_a_taken_place_is_left_alone(good: Tensors, like: Path, tmp_path: Path) -> None:
    from_safetensors(good, tmp_path, like=like)
    before = sha256_of(tmp_path / "out" / "trained.safetensors")
    with pytest.raises(ConfigError, match="is there already"):
        from_safetensors(good, tmp_path, like=like)
    changed = good | {_A: good[_A] + 1}
    from_safetensors(changed, tmp_path, like=like, force=True)
    assert sha256_of(tmp_path / "out" / "trained.safetensors") != before


def test_force_deletes_nothing_that_no_conversion_wrote(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "out" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="leaves it alone"):
        from_safetensors(good, tmp_path, like=like, force=True)
    assert mine.read_text(encoding="utf-8") == "mine"


def test_a_failed_replacement_leaves_what_was_there(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    from_safetensors(good, tmp_path, like=like)
    before = sha256_of(tmp_path / "out" / "trained.safetensors")
    with pytest.raises(InputError):
        from_safetensors(good | {_A: good[_A].half()}, tmp_path, like=like, force=True)
    assert sha256_of(tmp_path / "out" / "trained.safetensors") == before


def test_a_killed_conversion_leaves_nothing_that_looks_finished(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    save_file(good, tmp_path / "in.safetensors")
    code = f"""
import os, signal
from pathlib import Path
from affectlens.model.convert.convert import Options, convert
def die(stage, share):
    if stage == "write" and share == 1.0:
        os.kill(os.getpid(), signal.SIGKILL)
here = Path({str(tmp_path)!r})
options = Options(like=Path({str(like)!r}))
convert([here / "in.safetensors"], here / "out", options=options, progress=die)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    left = [path.name for path in tmp_path.iterdir() if path.name != "in.safetensors"]
    assert all(name.startswith(".out.") and name.endswith(".part") for name in left), left
    assert left, "it was killed before it was done"


def test_progress_tells_of_every_long_stage_and_never_goes_back(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    told: dict[str, list[float]] = {}
    file = released.write(tmp_path / "checkpoint_best.pth", good)
    convert(
        [file],
        tmp_path / "out",
        options=Options(like=like),
        progress=lambda stage, share: told.setdefault(stage, []).append(share),
    )
    assert [stage.split()[0] for stage in told] == ["checksum", "read", "check", "write"]
    for shares in told.values():
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
    assert len(told["read checkpoint_best.pth"]) > 3, "a child of a second is looked at often"


def test_the_rights_of_the_folder_are_those_of_any_other(
    good: Tensors, like: Path, tmp_path: Path
) -> None:
    from_safetensors(good, tmp_path, like=like)
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode
    (tmp_path / "plain.txt").touch()
    modes = {path.stat().st_mode for path in (tmp_path / "out").iterdir()}
    assert modes == {(tmp_path / "plain.txt").stat().st_mode}
