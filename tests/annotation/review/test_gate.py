"""Promises of the review server to whom it lets in, and to nobody else."""

from pathlib import Path

import pytest
from tests.annotation.review.samples import annotation, decision, of_first
from tests.annotation.review.visits import Visitor

from affectlens.annotation.review import decisions
from affectlens.annotation.review.desk import Desk
from affectlens.annotation.review.server import serving


def test_without_the_token_there_is_nothing(visitor: Visitor, untouched: Path) -> None:
    for path in ("/", "/?token=wrong", "/?token=", "/?ticket=", "/page.js", "/api/set", "/media/0"):
        answer = visitor.get(path, cookie="")
        assert answer.status == 403
        assert b"affectlens review" in answer.body
    name = visitor.cookie().split("=")[0]
    assert visitor.get("/api/set", cookie=f"{name}=wrong").status == 403
    assert visitor.post(decision(annotation("ANG")), cookie="").status == 403
    assert decisions.read(untouched) == []


def test_the_token_opens_the_page_alone_and_turns_into_a_cookie_for_us_only(
    visitor: Visitor,
) -> None:
    token = visitor.url.partition("?")[2]
    answer = visitor.get(f"/?{token}", cookie="")
    assert answer.status == 200
    assert "HttpOnly; SameSite=Strict" in answer.head
    assert visitor.get(f"/api/set?{token}", cookie="").status == 403
    assert visitor.get("/").status == 200


def test_a_ticket_opens_the_page_once(root: Path) -> None:
    with serving(Desk(root, "ada")) as address:
        visitor = Visitor(address.once)
        ticket = address.once.partition("?")[2]
        assert visitor.get(f"/?{ticket}", cookie="").status == 200
        assert visitor.get(f"/?{ticket}", cookie="").status == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "192.168.0.1"])
def test_another_host_name_is_refused(visitor: Visitor, host: str) -> None:
    assert visitor.get("/api/set", Host=host).status in (400, 403)
    assert visitor.get(f"/?{visitor.url.partition('?')[2]}", cookie="", Host=host).status != 200


def test_it_listens_to_this_machine_alone(visitor: Visitor) -> None:
    assert visitor.host.startswith("127.0.0.1:")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_another_site_cannot_decide(
    visitor: Visitor, untouched: Path, headers: dict[str, str]
) -> None:
    assert visitor.post(decision(of_first(untouched)), **headers).status == 403
    assert decisions.read(untouched) == []


def test_a_header_that_comes_twice_fits_nothing(visitor: Visitor, untouched: Path) -> None:
    both = f"http://evil.example\r\nOrigin: http://{visitor.host}"
    assert visitor.post(decision(of_first(untouched)), Origin=both).status == 403
    assert decisions.read(untouched) == []


def test_every_answer_keeps_itself_to_this_page(visitor: Visitor) -> None:
    for path in ("/", "/api/set", "/media/0", "/nothing", "/api/items/99"):
        head = visitor.get(path).head.lower()
        assert "default-src 'none'; script-src 'self'" in head
        assert "'unsafe" not in head
        for line in ("nosniff", "no-referrer", "no-store", "resource-policy: same-origin"):
            assert line in head
        assert "server:" not in head
