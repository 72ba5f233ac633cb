"""The manifest says the truth about the models, and finding one never guesses."""

import sys
from pathlib import Path

import pytest

from affectlens.foundation import manifest, weights
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing


def test_every_model_says_what_it_is_whose_it_is_and_where_it_comes_from() -> None:
    for name in weights.names():
        model = weights.spec(name)
        assert model.what
        assert model.licence
        assert model.licence_source
        assert model.builtin or model.hub or model.carriers or model.web, name
        for facts in model.files.values():
            assert len(facts.sha256) == 64
            assert facts.size > 0


def test_optional_tables_are_known_but_neither_fetched_nor_checked_unless_named() -> None:
    optional = [name for name in weights.names() if weights.spec(name).optional]
    assert optional == ["wheels-2025", "wheels-2026"]
    assert weights.defaults() == [name for name in weights.names() if name not in optional]
    for name in optional:
        model = weights.spec(name)
        assert "Apache-2.0" in model.licence_source
        assert "non-commercial" in model.licence_source
        assert all(address.startswith("https://") for address in model.web.values())


def test_a_model_that_is_not_in_the_manifest_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'whisper-base'"):
        weights.find("wisper-base")


def test_a_model_of_one_file_is_that_file_and_of_several_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = weights.find("face-detector")
    assert isinstance(detector, Path)
    assert detector.is_file()
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    yamnet = weights.spec("yamnet")
    for file, facts in yamnet.files.items():
        path = weights.kept(yamnet, tmp_path) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0" * facts.size)
    assert weights.find("yamnet") == weights.kept(yamnet, tmp_path)
    assert len(weights.verify("yamnet")) == len(yamnet.files)


def test_a_model_that_is_absent_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    found = weights.find("whisper-base")
    assert isinstance(found, Missing)
    assert "affectlens models pull whisper-base" in found.reason
    assert weights.verify("whisper-base") == [found.reason]
    assert not list(tmp_path.iterdir())


def test_the_fingerprint_of_one_file_is_its_checksum_and_of_several_depends_on_each() -> None:
    detector, yamnet = weights.spec("face-detector"), weights.spec("yamnet")
    assert weights.fingerprint("face-detector") == next(iter(detector.files.values())).sha256
    assert len({weights.fingerprint(name) for name in weights.names()}) == len(weights.names())
    text = Path(manifest.__file__).with_name("weights.toml").read_text(encoding="utf-8")
    other = manifest.parse(text.replace(yamnet.files["model.data"].sha256, "0" * 64))["yamnet"]
    assert weights.fingerprint_of(other) != weights.fingerprint_of(yamnet)


def test_a_carrier_that_does_not_make_every_file_is_refused() -> None:
    text = Path(manifest.__file__).with_name("weights.toml").read_text(encoding="utf-8")
    wrong = text.replace('"yamnet_class_map.csv" = ["', '"other.csv" = ["')
    with pytest.raises(ValueError, match="yamnet"):
        manifest.parse(wrong)


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_the_cache_lies_where_the_environment_says_or_the_system_has_caches() -> None:
    assert weights.cache_folder({"AFFECTLENS_HOME": "/a/b"}) == Path("/a/b")
    assert weights.cache_folder({"XDG_CACHE_HOME": "/c"}) == Path("/c/affectlens")
    assert weights.cache_folder({"XDG_CACHE_HOME": "c"}) == Path.home() / ".cache" / "affectlens"
    assert weights.cache_folder({}) == Path.home() / ".cache" / "affectlens"


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("TRUE", True), ("0", False), ("", False)]
)
def test_offline_is_asked_for_by_a_word(value: str, expected: bool) -> None:
    assert weights.offline({"AFFECTLENS_OFFLINE": value}) is expected
    assert weights.offline({}) is False
