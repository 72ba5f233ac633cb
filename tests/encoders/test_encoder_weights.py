"""Weights are found in folders and the hub's cache, pickled ones become safetensors once."""

import hashlib
import json
import logging
import time
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from affectlens.encoders import weights
from affectlens.foundation.errors import InputError, UnavailableError

TENSORS = {"layer.weight": torch.arange(6.0).reshape(2, 3), "layer.bias": torch.ones(2)}
COMMIT = "0" * 40


@pytest.fixture(autouse=True)
def _own_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Offline, with an empty cache of ours and of the hub."""
    monkeypatch.setenv("AFFECTLENS_OFFLINE", "1")
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path / "ours"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def folder(path: Path, **files: bytes) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / name.replace("_DOT_", ".")).write_bytes(content)
    return path


def in_hub_cache(root: Path, name: str, *files: tuple[str, bytes]) -> Path:
    """A repository as the hub's client keeps it: blobs by their checksum, names as links."""
    repository = root / "hub" / f"models--{name.replace('/', '--')}"
    snapshot = folder(repository / "snapshots" / COMMIT)
    folder(repository / "refs", main=COMMIT.encode())
    blobs = folder(repository / "blobs")
    for file, content in files:
        blob = blobs / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        (snapshot / file).symlink_to(blob)
    return snapshot


def test_a_local_folder_is_given_as_it_is(tmp_path: Path) -> None:
    own = folder(tmp_path / "net", model_DOT_safetensors=b"x")
    assert weights.locate(str(own), what="HuBERT") == own


def test_a_tokenizers_folder_needs_no_weights(tmp_path: Path) -> None:
    own = folder(tmp_path / "net", tokenizer_DOT_model=b"x")
    assert weights.locate(str(own), what="The tokenizer", patterns=("*.model",)) == own


def test_a_repository_in_the_hubs_cache_is_found_offline(tmp_path: Path) -> None:
    kept = in_hub_cache(tmp_path, "some/net", ("model.safetensors", b"x"))
    assert weights.locate("some/net", what="HuBERT") == kept


@pytest.mark.parametrize("source", ["some/absent-net", "another/absent.net"])
def test_what_is_nowhere_is_unavailable_with_what_was_wanted_and_what_to_do(source: str) -> None:
    with pytest.raises(UnavailableError) as refusal:
        weights.locate(source, what="The encoder hubert")
    said = str(refusal.value)
    assert said.startswith(f"The encoder hubert: {source!r} is no folder here")
    assert "by hand and give its folder" in said


@pytest.mark.parametrize("source", ["eva_vit_g", "a b"])
def test_a_plain_name_that_is_nowhere_is_not_asked_of_the_hub(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "_fetch", lambda *_, **__: pytest.fail("the hub was asked"))
    with pytest.raises(UnavailableError) as refusal:
        weights.locate(source, what="The encoder eva")
    said = str(refusal.value)
    assert said.startswith(f"The encoder eva: there are no weights {source!r} in ")
    assert f"`affectlens models convert {source}.pth`" in said


def test_a_plain_name_is_what_was_converted_even_beside_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder(tmp_path / "here"))
    own = folder(Path("net"), model_DOT_safetensors=b"x")
    assert weights.locate("net", what="EVA") == own.resolve()
    made = folder(weights.converted_folder() / "net", model_DOT_safetensors=b"y")
    assert weights.locate("net", what="EVA") == made
    assert weights.locate("./net", what="EVA") == own.resolve()


def test_a_plain_name_does_not_lead_out_of_the_folder_of_what_was_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(weights.converted_folder().parent, model_DOT_safetensors=b"secret")
    weights.converted_folder().mkdir()
    monkeypatch.chdir(folder(tmp_path / "here"))
    with pytest.raises(UnavailableError, match="no weights in"):
        weights.locate("..", what="EVA")


def test_the_folder_of_a_training_run_tells_where_its_model_is(tmp_path: Path) -> None:
    folder(tmp_path / "run" / "model", model_DOT_safetensors=b"x")
    with pytest.raises(UnavailableError, match=r"Is .*model meant\?"):
        weights.locate(str(tmp_path / "run"), what="EVA")


def test_a_file_is_refused_and_the_converter_named(tmp_path: Path) -> None:
    file = folder(tmp_path, net_DOT_pth=b"x") / "net.pth"
    with pytest.raises(UnavailableError, match="models convert"):
        weights.locate(str(file), what="EVA")


def test_a_folder_without_weights_says_what_was_wanted(tmp_path: Path) -> None:
    own = folder(tmp_path / "net", config_DOT_json=b"{}")
    with pytest.raises(UnavailableError, match=r"wanted \*\.safetensors or pytorch_model\.bin"):
        weights.locate(str(own), what="HuBERT")


def test_pickled_weights_become_safetensors_once_beside_their_configuration(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = folder(tmp_path / "net", config_DOT_json=b'{"a": 1}', vocab_DOT_txt=b"v")
    torch.save({"state_dict": TENSORS, "epoch": 3}, own / "pytorch_model.bin")
    before = sorted(path.name for path in own.iterdir())
    with caplog.at_level(logging.INFO):
        made = weights.locate(str(own), what="HuBERT")
    found = load_file(made / "model.safetensors")
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)
    assert (made / "config.json").read_bytes() == b'{"a": 1}'
    assert (made / "vocab.txt").is_file()
    assert sorted(path.name for path in own.iterdir()) == before
    assert hashlib.sha256((own / "pytorch_model.bin").read_bytes()).hexdigest() in caplog.text
    written = (made / "model.safetensors").stat().st_mtime_ns
    started = time.perf_counter()
    assert weights.locate(str(own), what="HuBERT") == made
    assert time.perf_counter() - started < 0.5  # without a process
    assert (made / "model.safetensors").stat().st_mtime_ns == written


def test_a_repository_with_pickled_weights_only_is_converted(tmp_path: Path) -> None:
    torch.save(TENSORS, tmp_path / "w")
    raw = (tmp_path / "w").read_bytes()
    in_hub_cache(tmp_path, "some/old", ("pytorch_model.bin", raw), ("config.json", b"{}"))
    made = weights.locate("some/old", what="HuBERT")
    assert load_file(made / "model.safetensors").keys() == TENSORS.keys()


def test_pickled_shards_become_shards_with_an_index(tmp_path: Path) -> None:
    own = folder(tmp_path / "net", pytorch_model_DOT_bin_DOT_index_DOT_json=b"{}")
    for number, (name, tensor) in enumerate(TENSORS.items(), start=1):
        torch.save({name: tensor}, own / f"pytorch_model-0000{number}-of-00002.bin")
    made = weights.locate(str(own), what="a language model")
    places = json.loads((made / "model.safetensors.index.json").read_text())["weight_map"]
    assert not (made / "pytorch_model.bin.index.json").exists()
    for name, file in places.items():
        with safe_open(made / file, framework="pt") as opened:
            assert torch.equal(opened.get_tensor(name), TENSORS[name])
    assert places.keys() == TENSORS.keys()


class Harm:
    """Makes a file when unpickled carelessly."""

    def __init__(self, file: str) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return Path.touch, (Path(self.file),)  # type: ignore[return-value]


def test_a_pickle_that_runs_code_is_refused_and_not_run(tmp_path: Path) -> None:
    own, harmed = folder(tmp_path / "net"), tmp_path / "harmed"
    torch.save({"w": torch.ones(1), "x": Harm(str(harmed))}, own / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"pytorch_model\.bin cannot be converted"):
        weights.locate(str(own), what="HuBERT")
    assert not harmed.exists()
    assert not list((tmp_path / "ours").rglob("*.safetensors"))


def test_a_fingerprint_is_of_names_and_contents_of_weights_and_configuration(
    tmp_path: Path,
) -> None:
    files = {"model_DOT_safetensors": b"x", "config_DOT_json": b"{}"}
    own = folder(tmp_path / "a", **files)
    first = weights.fingerprint(own)
    assert len(first) == 64
    assert weights.fingerprint(folder(tmp_path / "b", **files, README_DOT_md=b"?")) == first
    others = [
        {**files, "model_DOT_safetensors": b"y"},
        {**files, "config_DOT_json": b"[]"},
        {**files, "preprocessor_config_DOT_json": b"{}"},
        {"other_DOT_safetensors": b"x", "config_DOT_json": b"{}"},
    ]
    found = {weights.fingerprint(folder(tmp_path / str(n), **o)) for n, o in enumerate(others)}
    assert len(found | {first}) == 5
    (own / "model.safetensors").write_bytes(b"longer")
    assert weights.fingerprint(own) != first


def test_the_hubs_cache_has_the_fingerprint_of_the_same_local_folder(tmp_path: Path) -> None:
    kept = in_hub_cache(tmp_path, "some/net", ("model.safetensors", b"x"), ("config.json", b"{}"))
    own = folder(tmp_path / "net", model_DOT_safetensors=b"x", config_DOT_json=b"{}")
    assert weights.fingerprint(kept) == weights.fingerprint(own)


def test_large_files_of_the_hub_are_not_read_for_their_checksum(tmp_path: Path) -> None:
    kept = in_hub_cache(tmp_path, "some/net", ("model.safetensors", b"x"))
    first = weights.fingerprint(kept)
    (kept / "model.safetensors").resolve().write_bytes(b"other")
    assert weights.fingerprint(kept) == first


def test_random_weights_have_the_fingerprint_of_how_they_were_drawn() -> None:
    assert weights.random_fingerprint("a") == weights.random_fingerprint("a")
    assert weights.random_fingerprint("a") != weights.random_fingerprint("b")


@pytest.mark.parametrize(
    "source", ["./nothere", "../no/there", "~/nothere", "/abs/nothere", "...", "", " "]
)
def test_what_can_only_be_a_folder_is_not_looked_for_on_the_hub(source: str) -> None:
    with pytest.raises(UnavailableError, match=r"^HuBERT: there is no folder '.*'\.$"):
        weights.locate(source, what="HuBERT")
