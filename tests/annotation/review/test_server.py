"""Promises of the review server about what it gives and takes."""

import contextlib
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.annotation.review.samples import (
    CLIPS,
    annotation,
    decision,
    of_first,
    source,
    write,
)
from tests.annotation.review.visits import Visitor

from affectlens.annotation.annotation import Annotation, Media
from affectlens.annotation.review import decisions
from affectlens.annotation.review.desk import Desk
from affectlens.annotation.review.server import MOST_BYTES, serving
from affectlens.foundation.hashing import sha256_of
from affectlens.media.wav import wav


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd", "/media/../../../etc/passwd", "/media/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/annotations.jsonl", "/annotations.jsonl", "/media/0/../../reviews.jsonl",
        "/media/-1", "/media/5", "/media/0.5", "/media/ANG.mp4", "/desk.py", "/page.js%00.css",
        "/docs", "/openapi.json", "//etc/passwd", "/api/places/mine", "/excerpt/99", "/peak/99",
    ],
)  # fmt: skip
def test_a_path_leads_to_no_file(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status in (404, 422)
    assert b"root:" not in answer.body
    assert b"schema" not in answer.body


def test_media_come_whole_and_in_ranges(visitor: Visitor, untouched: Path) -> None:
    whole = (untouched / "media" / "ANG.mp4").read_bytes()
    answer = visitor.get("/media/0")
    assert (answer.status, answer.body) == (200, whole)
    assert "content-type: video/mp4" in answer.head
    part = visitor.get("/media/0", Range="bytes=100-199")
    assert (part.status, part.body) == (206, whole[100:200])
    assert f"content-range: bytes 100-199/{len(whole)}" in part.head
    assert visitor.get("/media/0", Range="bytes=99999999-").status == 416


def test_the_peak_is_a_picture_and_an_excerpt_can_be_played(visitor: Visitor) -> None:
    peak = visitor.get("/peak/0")
    assert (peak.status, peak.body[:2]) == (200, b"\xff\xd8")
    assert visitor.get("/excerpt/0").body[4:8] == b"ftyp"


def test_files_outside_are_shown_only_if_they_are_what_was_annotated(tmp_path: Path) -> None:
    outside = CLIPS / "1001_DFA_ANG_XX.mp4"
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"secret")
    root = tmp_path / "set"
    (root / "media").mkdir(parents=True)
    (root / "media" / "link.mp4").symlink_to(secret)
    (root / "notes.txt").write_text("secret")

    def clip(id_: str, path: str, sha256: str) -> Annotation:
        return replace(annotation(id_, media=Media(video=path)), source=source(sha256))

    there = os.path.relpath(outside, root)
    write(
        root,
        [
            clip("referred", there, sha256_of(outside)),
            clip("changed", there, "0" * 64),
            clip("above", "../secret.mp4", "0" * 64),
            clip("absolute", str(secret), "0" * 64),
            clip("linked", "media/link.mp4", "0" * 64),
            clip("no_medium", "notes.txt", sha256_of(root / "notes.txt")),
            clip("gone", "media/gone.mp4", "0" * 64),
        ],
    )
    with serving(Desk(root, "ada")) as address:
        visitor = Visitor(address.url)
        assert visitor.get("/media/0").body == outside.read_bytes()
        for place in range(1, 7):
            answer = visitor.get(f"/media/{place}")
            assert answer.status == 404
            assert b"cannot be shown" in answer.body
            assert visitor.get(f"/api/items/{place}").json()["media"]["kind"] is None


def test_pictures_and_sounds_are_shown_too(tmp_path: Path) -> None:
    root = tmp_path / "set"
    (root / "media").mkdir(parents=True)
    Image.new("RGB", (32, 32), "red").save(root / "media" / "a.png")
    beat = np.sin(np.arange(16_000, dtype=np.float32) / 20) * np.linspace(0, 0.5, 16_000)
    (root / "media" / "b.wav").write_bytes(wav(beat.astype(np.float32)))
    write(
        root,
        [
            annotation("a", media=Media(picture="media/a.png")),
            annotation("b", media=Media(sound="media/b.wav")),
            annotation("c"),
        ],
    )
    with serving(Desk(root, "ada")) as address:
        visitor = Visitor(address.url)
        kinds = [visitor.get(f"/api/items/{n}").json()["media"]["kind"] for n in range(3)]
        assert kinds == ["picture", "sound", None]
        assert "content-type: image/png" in visitor.get("/media/0").head
        wave = visitor.get("/api/items/1/wave").json()
        assert wave[0] < 0.05 < 0.45 < wave[-1] < 0.51


def test_a_decision_is_in_the_log_when_it_is_answered(writer: Visitor, root: Path) -> None:
    one = of_first(root)
    answer = writer.post(decision(one, "edit", text="Other words.", rating=5, note=" why "))
    assert (answer.status, answer.json()["reviewed"]) == (200, 1)
    (made,) = decisions.read(root)
    assert (made.id, made.reviewer, made.text, made.rating) == ("ANG", "ada", "Other words.", 5)
    assert (made.was, made.note, made.time[-6:]) == ("angry", "why", "+00:00")
    assert writer.get("/api/items/0").json()["mine"]["text"] == "Other words."


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"id": "nobody"}, 404),
        ({"id": "../../etc/passwd"}, 404),
        ({"seen": "0" * 64}, 409),
        ({"action": "delete"}, 422),
        ({"action": "undo"}, 409),
        ({"label": "jealous"}, 422),
        ({"label": 3}, 422),
        ({"action": "edit", "text": "  "}, 422),
        ({"text": "x" * 20_001}, 422),
        ({"labels": ["x"] * 33}, 422),
        ({"labels": [""]}, 422),
        ({"rating": 6}, 422),
        ({"rating": True}, 422),
        ({"reviewer": "bob"}, 422),
    ],
)
def test_odd_decisions_are_refused_in_words(
    visitor: Visitor, untouched: Path, change: dict[str, Any], status: int
) -> None:
    answer = visitor.post({**decision(of_first(untouched)), **change})
    assert answer.status == status
    assert answer.json()["error"]
    assert decisions.read(untouched) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"null", b"[]"])
def test_what_is_no_decision_is_refused(visitor: Visitor, body: bytes) -> None:
    assert visitor.post(body).status == 422


def test_too_much_is_refused_whether_its_length_is_told_or_not(
    visitor: Visitor, untouched: Path
) -> None:
    assert visitor.post(b"[" + b" " * (8 * MOST_BYTES)).status == 413
    piece = b"%x\r\n%b\r\n" % (MOST_BYTES, b" " * MOST_BYTES)
    chunked = {"Transfer_Encoding": "chunked", "Content_Length": ""}
    assert visitor.post(piece * 8 + b"0\r\n\r\n", **chunked).status == 413
    assert decisions.read(untouched) == []


def test_who_sends_slowly_holds_nobody_up_and_the_end_is_quiet(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.ExitStack() as open_still, serving(Desk(root, "ada")) as address:
        visitor = Visitor(address.url)
        name, _, port = visitor.host.partition(":")
        lines = [
            "POST /api/decisions HTTP/1.1", f"Host: {visitor.host}", f"Cookie: {visitor.cookie()}",
            f"Origin: http://{visitor.host}", "Content-Type: application/json",
            "Content-Length: 1000", "", "{",
        ]  # fmt: skip
        for _ in range(50):
            link = open_still.enter_context(socket.create_connection((name, int(port))))
            link.sendall("\r\n".join(lines).encode())
        assert visitor.get("/api/set").status == 200
    assert caplog.records == []


def test_a_full_disk_is_told_and_nothing_counts(
    writer: Visitor, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    one = of_first(root)
    cookie = writer.cookie()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        answer = writer.post(decision(one), cookie=cookie)
    assert answer.status == 500
    assert "No space left" in answer.json()["error"]
    assert writer.get("/api/items/0").json()["mine"] is None or decisions.read(root)
