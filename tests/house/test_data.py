"""Binary data is small or listed, and everything listed is what its list says."""

from tests.house.tree import PACKAGE, ROOT, files, short, text_of

from affectlens.foundation import manifest
from affectlens.foundation.hashing import sha256_of

BYTES_OF_A_BINARY = 250_000
DATA = PACKAGE / "perception" / "data"


def test_binaries_outside_the_data_folder_are_small() -> None:
    large = {
        short(path): path.stat().st_size
        for path in files()
        if not path.is_relative_to(DATA)
        and path.stat().st_size > BYTES_OF_A_BINARY
        and text_of(path) is None
    }
    assert large == {}


def test_the_data_folder_says_licence_source_and_checksum_of_each_file() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for path in DATA.iterdir():
        if path.name == "README.md" or path.name.startswith("__"):
            continue
        assert path.name in readme
        assert sha256_of(path) in readme, path.name
    for word in ("licence", "source", "sha256"):
        assert word in readme.lower()


def test_the_manifest_and_the_built_in_files_are_the_same() -> None:
    listed = set()
    for model in manifest.read().values():
        if model.builtin is None:
            continue
        path = PACKAGE / model.builtin
        facts = model.files[path.name]
        assert (path.stat().st_size, sha256_of(path)) == (facts.size, facts.sha256), model.name
        listed.add(path)
    models = {path for path in DATA.iterdir() if text_of(path) is None}
    assert models == listed


def test_the_data_of_the_package_is_small_together() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 7_000_000


def test_the_tree_has_its_licence() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
