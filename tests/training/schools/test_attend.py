"""A school teaches, tells its course, goes on after a kill with the same numbers, and only once."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tests.training.schools.made_school import TINY_NET, own, pupils

from affectlens.encoders.backends import face_cnn
from affectlens.encoders.backends.face_cnn import Config
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.progress import silent
from affectlens.training.item import Item
from affectlens.training.schools.attend import attend, told_of
from affectlens.training.schools.faces import gathered

Pupils = Mapping[str, Sequence[Item]]
FACES = "faces.safetensors"


class KilledError(Exception):
    """Stands for a process that ends there."""


@pytest.fixture(scope="module")
def aligned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Pupils]:
    """Pictures, and the file that a school keeps of them: aligning takes longer than learning."""
    root = tmp_path_factory.mktemp("school")
    sources, made = pupils(root), own(root)
    gathered(told_of(made, sources), root / FACES, broken=0.0, progress=silent)
    return root / FACES, sources


@pytest.fixture
def sources(aligned: tuple[Path, Pupils], tmp_path: Path) -> Pupils:
    """Pictures that the schools of two runs have aligned before."""
    for name in ("run", "again"):
        work = tmp_path / name / "schools" / "face"
        work.mkdir(parents=True)
        (work / FACES).write_bytes(aligned[0].read_bytes())
    return aligned[1]


def journal(run: Path) -> list[dict[str, object]]:
    text = (run / "schools" / "face" / "journal.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_what_it_learned_tells_smiles_from_frowns(sources: Pupils, tmp_path: Path) -> None:
    made = own(tmp_path / "run", epochs=14, masked_epochs=0, peak=0.02)
    place = attend(made, sources, silent)
    rows = journal(tmp_path / "run")
    assert rows[-1]["epoch"] == 14
    assert max(float(str(row["accuracy"])) for row in rows) > 0.8
    told = json.loads((place / "config.json").read_text("utf-8"))
    assert (told["school"]["faces"], told["school"]["held"]) == (60, 12)
    assert told["school"]["score"] == max(float(str(row["score"])) for row in rows)


def test_the_encoder_takes_what_it_learned(sources: Pupils, tmp_path: Path) -> None:
    place = attend(own(tmp_path / "run"), sources, silent)
    assert place == tmp_path / "run" / "encoders" / "face"
    config = Config(weights=str(place), width=TINY_NET.width)
    assert face_cnn.build(config, Place(device="cpu")).fingerprint
    tensors = load_file(place / "model.safetensors")
    assert {one.dtype for one in tensors.values() if one.is_floating_point()} == {torch.float16}
    with safe_open(place / "model.safetensors", "pt") as file:
        assert file.metadata()["licence"] == "CC BY-NC-SA 4.0"


def test_hidden_pictures_come_before_votes_and_each_epoch_is_told_once(
    sources: Pupils, tmp_path: Path
) -> None:
    heard: list[str] = []
    attend(own(tmp_path / "run"), sources, lambda stage, _: heard.append(stage))
    told = [(row["lesson"], row["epoch"]) for row in journal(tmp_path / "run")]
    assert told == [("hidden", 1), ("votes", 1), ("votes", 2), ("votes", 3)]
    assert heard[-1] == "school face, votes"


@pytest.mark.parametrize("after", [0, 1, 2])
def test_what_was_killed_goes_on_with_the_same_numbers(
    sources: Pupils, tmp_path: Path, after: int
) -> None:
    whole = attend(own(tmp_path / "run"), sources, silent)
    seen = 0

    def kill(stage: str, share: float) -> None:
        nonlocal seen
        seen += stage.startswith("school")
        if seen > after:
            raise KilledError

    with pytest.raises(KilledError):
        attend(own(tmp_path / "again"), sources, kill)
    again = attend(own(tmp_path / "again"), sources, silent)
    one, other = (load_file(place / "model.safetensors") for place in (whole, again))
    assert all(torch.equal(one[name], other[name]) for name in one)
    runs = [journal(tmp_path / name) for name in ("run", "again")]
    plain = [[{n: v for n, v in row.items() if n != "seconds"} for row in rows] for rows in runs]
    assert plain[0] == plain[1]


def test_it_is_not_attended_twice(sources: Pupils, tmp_path: Path) -> None:
    place = attend(own(tmp_path / "run"), sources, silent)
    before = (place / "model.safetensors").stat().st_mtime_ns
    heard: list[str] = []
    attend(own(tmp_path / "run"), sources, lambda stage, _: heard.append(stage))
    assert heard == []
    assert (place / "model.safetensors").stat().st_mtime_ns == before


def test_other_settings_teach_anew_and_align_no_picture_again(
    sources: Pupils, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = attend(own(tmp_path / "run"), sources, silent)
    before = load_file(place / "model.safetensors")
    monkeypatch.setattr("affectlens.training.schools.faces.aligned", None)
    attend(own(tmp_path / "run", epochs=2), sources, silent)
    after = load_file(place / "model.safetensors")
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert [row["epoch"] for row in journal(tmp_path / "run")] == [1, 1, 2]


def test_data_without_votes_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no faces to learn from"):
        attend(own(tmp_path / "run"), {"faces": []}, silent)


def test_pictures_that_cannot_be_read_stop_it_when_they_are_many(tmp_path: Path) -> None:
    few = pupils(tmp_path, 18, 6)
    for one in few["faces"][:10]:
        assert isinstance(one.media, Path)
        one.media.write_bytes(b"no picture")
    with pytest.raises(InputError, match="10 of 24 pictures"):
        attend(own(tmp_path / "run"), few, silent)
