"""Files by their addresses: the very bytes of the manifest, from the very place, or nothing."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from affectlens.foundation import manifest, weights
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.manifest import Model
from affectlens.foundation.missing import Missing
from affectlens.foundation.pull import fetch

FILES = {"format.csv": b"name,format\nglad,gladly\n", "wheel1.xlsx": bytes(range(256)) * 300}


class Web(http.server.BaseHTTPRequestHandler):
    """Has the files at /tables, longer ones at /long, and sends elsewhere at /moved."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        folder, _, file = self.path.strip("/").partition("/")
        if folder == "moved":
            self.send_response(302)
            self.send_header("Location", f"/tables/{file}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        known = folder in ("tables", "long") and file in FILES
        self.send_response(200 if known else 404)
        body = FILES[file] if known else b"no such file"
        self.end_headers()  # no length: the reader must count for itself
        self.wfile.write(body)
        for _ in range(4000 if folder == "long" else 0):
            try:
                self.wfile.write(b"more" * 1024)
            except OSError:  # the reader has gone, as it should
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Web.asked = []
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}", Web.asked
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def tables(place: str, *, sha256: str | None = None) -> Model:
    """Tables whose files lie at a place; a checksum that is given stands for every file."""
    files = "\n".join(
        f'"{name}" = {{ size = {len(data)}, '
        f'sha256 = "{sha256 or hashlib.sha256(data).hexdigest()}" }}'
        for name, data in FILES.items()
    )
    web = "\n".join(f'"{name}" = "{place}/{name}"' for name in FILES)
    text = f"""
[tables]
what = "words"
licence = "MIT"
licence_source = "made by a test"
optional = true
[tables.files]
{files}
[tables.web]
{web}
"""
    return manifest.parse(text)["tables"]


def test_files_are_fetched_from_their_addresses_and_are_then_found(
    tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    model = tables(f"{server[0]}/tables")
    heard: list[float] = []
    fetch(model, tmp_path, offline=False, progress=lambda _, share: heard.append(share))
    folder = weights.locate(model, tmp_path)
    assert isinstance(folder, Path)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert weights.check(model, tmp_path) == []
    assert heard[-1] == 1.0
    fetch(model, tmp_path, offline=False)
    assert server[1] == ["/tables/format.csv", "/tables/wheel1.xlsx"]  # each once


@pytest.mark.parametrize(
    ("folder", "reason"),
    [("long", "other content"), ("moved", "answers 302"), ("nowhere", "answers 404")],
)
def test_an_address_that_gives_anything_but_the_file_gives_nothing(
    tmp_path: Path, server: tuple[str, list[str]], folder: str, reason: str
) -> None:
    model = tables(f"{server[0]}/{folder}")
    with pytest.raises(UnavailableError, match=reason):
        fetch(model, tmp_path, offline=False)
    assert isinstance(weights.locate(model, tmp_path), Missing)
    assert server[1] == [f"/{folder}/format.csv"]  # no redirect was followed


def test_a_wrong_checksum_is_refused(tmp_path: Path, server: tuple[str, list[str]]) -> None:
    model = tables(f"{server[0]}/tables", sha256="0" * 64)
    with pytest.raises(UnavailableError, match="other content"):
        fetch(model, tmp_path, offline=False)
    assert isinstance(weights.locate(model, tmp_path), Missing)


def test_offline_no_address_is_asked(tmp_path: Path, server: tuple[str, list[str]]) -> None:
    with pytest.raises(UnavailableError, match="Offline"):
        fetch(tables(f"{server[0]}/tables"), tmp_path, offline=True)
    assert server[1] == []


@pytest.mark.parametrize("place", ["http://tables.invalid", "ftp://127.0.0.1", "file:///tables"])
def test_outside_this_machine_only_https_is_asked(tmp_path: Path, place: str) -> None:
    with pytest.raises(UnavailableError, match="https"):
        fetch(tables(place), tmp_path, offline=False)


def test_an_address_nobody_listens_at_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be fetched"):
        fetch(tables("http://127.0.0.1:9"), tmp_path, offline=False)


def test_addresses_must_be_those_of_every_file() -> None:
    text = '[t]\nwhat=""\nlicence=""\nlicence_source=""\n'
    text += f'[t.files]\n"a.csv" = {{ size = 1, sha256 = "{"0" * 64}" }}\n'
    with pytest.raises(ValueError, match="addresses of t"):
        manifest.parse(text + '[t.web]\n"b.csv" = "https://a.invalid/b.csv"\n')
