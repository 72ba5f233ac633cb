"""Asking a served model: what is sent, what is waited for, and what is never done."""

import base64
import socket
import time
from email.utils import formatdate
from typing import Any

import pytest
from tests.foundation.chat_server import Answer, completion, serving

from affectlens.foundation.chat import Message, Picture, Reply, conversation, said
from affectlens.foundation.endpoint import Client, Endpoint
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.missing import Missing

HELLO = conversation("hello")
ENV: dict[str, str] = {}
SAFE_KEY = "sk-not-a-key"


def ask(endpoint: Endpoint, env: dict[str, str] = ENV) -> Reply | Missing:
    with Client(endpoint, env) as client:
        return client.complete(HELLO)


def test_what_is_sent_is_all_that_decides_the_reply() -> None:
    with serving([completion("hi")]) as server:
        reply = ask(server.endpoint(seed=7, max_tokens=9))
    assert reply == Reply("hi", "served-model", "fp_1")
    assert server.paths == ["/v1/chat/completions"]
    assert server.requests == [
        {
            "model": "m",
            "messages": [{"role": "user", "content": "hello"}],
            "temperature": 0.0,
            "seed": 7,
            "max_tokens": 9,
            "stream": False,
        }
    ]
    assert "authorization" not in server.headers[0]


def test_pictures_go_as_data_urls_beside_texts() -> None:
    turn = Message("user", ("what is it?", Picture(b"\x89PNG", "image/png")))
    with serving([completion("a face")]) as server, Client(server.endpoint()) as client:
        client.complete((Message("system", "You look."), turn))
    system, user = server.requests[0]["messages"]
    assert system == {"role": "system", "content": "You look."}
    url = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
    assert user["content"] == [
        {"type": "text", "text": "what is it?"},
        {"type": "image_url", "image_url": {"url": url}},
    ]


def test_the_key_comes_from_the_variable_that_is_named_and_shows_nowhere() -> None:
    told = Answer(401, f'{{"error": {{"message": "bad key {SAFE_KEY}"}}}}'.encode())
    with serving([completion("hi"), told]) as server:
        client = Client(server.endpoint(key_variable="MY_KEY"), {"MY_KEY": f" {SAFE_KEY}\n"})
        with client:
            client.complete(HELLO)
            with pytest.raises(UnavailableError, match="key_variable") as refused:
                client.complete(HELLO)
    assert server.headers[0]["authorization"] == f"Bearer {SAFE_KEY}"
    assert SAFE_KEY not in str(refused.value) + repr(client) + repr(client.settings)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 529])
def test_a_server_that_is_busy_is_asked_again(status: int) -> None:
    with serving([Answer(status, b"busy"), completion("hi")]) as server:
        assert ask(server.endpoint()) == Reply("hi", "served-model", "fp_1")
    assert len(server.requests) == 2


@pytest.mark.parametrize("wait", ["seconds", "date"])
def test_it_waits_as_long_as_the_server_asks(wait: str) -> None:
    # A date has whole seconds only: in two is between one and two.
    said_so = "1" if wait == "seconds" else formatdate(time.time() + 2, usegmt=True)
    busy = Answer(429, b"{}", {"retry-after": said_so})
    with serving([busy, completion("hi")]) as server:
        assert isinstance(ask(server.endpoint()), Reply)
    assert server.times_s[1] - server.times_s[0] >= 0.95


def test_asked_to_wait_for_hours_it_does_not() -> None:
    busy = Answer(429, b'{"error": {"message": "quota"}}', {"retry-after": "7200"})
    with serving([busy]) as server:
        assert ask(server.endpoint()) == Missing("HTTP 429, try again in 7200 s: quota")
    assert len(server.requests) == 1


def test_waits_double() -> None:
    with serving([Answer(500, b"x")]) as server:
        assert ask(server.endpoint(retries=3, backoff_s=0.1)) == Missing("HTTP 500: x")
    first, second, third = (b - a for a, b in zip(server.times_s, server.times_s[1:], strict=False))
    assert 0.1 <= first < second < third
    assert third >= 0.4


def test_a_request_that_the_server_will_never_take_is_not_sent_again() -> None:
    too_long = Answer(400, b'{"error": {"message": "context length exceeded"}}')
    with serving([too_long]) as server:
        assert ask(server.endpoint()) == Missing("HTTP 400: context length exceeded")
    assert len(server.requests) == 1


def test_no_server_is_said_with_what_to_start() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(UnavailableError, match=r"vllm serve m|ollama serve") as refused:
            ask(Endpoint(url=url, model="m", retries=1, backoff_s=0))
    assert url in str(refused.value)


def test_redirects_are_not_followed() -> None:
    with serving([completion("from elsewhere")]) as other:
        away = Answer(307, b"", {"location": f"{other.url}/chat/completions"})
        with serving([away]) as server, pytest.raises(UnavailableError, match="redirects"):
            ask(server.endpoint())
    assert not other.requests


def test_an_address_that_repeats_the_key_is_not_told() -> None:
    away = Answer(302, b"", {"location": f"http://127.0.0.1/login?key={SAFE_KEY}"})
    with serving([away]) as server:
        client = Client(server.endpoint(key_variable="MY_KEY"), {"MY_KEY": SAFE_KEY})
        with client, pytest.raises(UnavailableError, match="redirects to") as refused:
            client.complete(HELLO)
    assert SAFE_KEY not in str(refused.value)


def test_an_unknown_model_ends_all_asking() -> None:
    unknown = Answer(404, b'{"error": "model \'m\' not found, try pulling it first"}')
    with serving([unknown]) as server, pytest.raises(UnavailableError, match="try pulling"):
        ask(server.endpoint())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (completion(""), "empty"),
        (completion(" \n"), "empty"),
        (completion(None), "empty"),
        (completion(None, refusal="I will not."), "refused: I will not."),
        (completion("part", "length"), "cut off"),
        (completion("", "content_filter"), "content filter"),
        (completion("<think>hm"), "thinking"),
        (completion("<think>hm</think>\n"), "empty"),
        (Answer(403, b"moderated"), "HTTP 403: moderated"),
        (Answer(422, b'{"detail": [{"loc": "seed"}]}'), "seed"),
    ],
)
def test_what_is_no_reply_is_missing_with_its_reason(answer: Answer, reason: str) -> None:
    with serving([answer]) as server:
        found = ask(server.endpoint())
    assert isinstance(found, Missing)
    assert reason in found.reason
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>It works!</html>", b"", b"[]", b"null", b"{}", b'{"choices": []}', b"[" * 100_000,
        b'{"choices": [{"message": null}]}', b'{"choices": [{"message": {"content": 3}}]}',
        b'{"choices": {"0": 1}}', b"\xff\xfe",
    ],
)  # fmt: skip
def test_other_answers_are_no_reply(body: bytes) -> None:
    with serving([Answer(200, body)]) as server:
        found = ask(server.endpoint())
    assert isinstance(found, Missing)
    assert "no chat completion" in found.reason
    assert len(found.reason) < 300


def test_a_server_that_only_fails_is_given_up() -> None:
    with serving([Answer(200, b"<html>a web site</html>")]) as server:
        client = Client(server.endpoint(concurrency=1))
        with client, pytest.raises(UnavailableError, match="8 requests in a row"):
            client.complete_all([HELLO] * 100)
    assert 8 <= len(server.requests) <= 10


def test_texts_that_it_will_not_take_do_not_end_a_run_that_works() -> None:
    script = [completion("hi"), Answer(400, b"too long")]
    with serving(script) as server, Client(server.endpoint(concurrency=1)) as client:
        found = client.complete_all([HELLO] * 20)
    assert isinstance(found[0], Reply)
    assert found[1:] == [Missing("HTTP 400: too long")] * 19


def test_a_reply_that_does_not_come_is_given_up_in_time() -> None:
    start_s = time.monotonic()
    with serving([Answer(pause_s=1.0)]) as server:
        found = ask(server.endpoint(timeout_s=0.2, retries=1))
        took_s = time.monotonic() - start_s
    assert found == Missing("no whole reply within timeout_s = 0.2 s")
    assert took_s < 0.8


def test_a_reply_that_drips_is_given_up_in_time() -> None:
    """Each piece comes within the timeout of a read; all of them do not."""
    slow = Answer(body=b" " * 40, pieces=40, pause_s=0.05)
    start_s = time.monotonic()
    with serving([slow]) as server:
        found = ask(server.endpoint(timeout_s=0.3, retries=0))
        took_s = time.monotonic() - start_s
    assert found == Missing("no whole reply within timeout_s = 0.3 s")
    assert took_s < 1.0


def test_a_reply_that_is_huge_is_not_taken_in() -> None:
    with serving([Answer(body=b" " * 1_000_000)]) as server:
        found = ask(server.endpoint(max_reply_bytes=1000))
    assert found == Missing("the reply is larger than max_reply_bytes = 1000")


def test_a_connection_that_breaks_is_made_again() -> None:
    broken = Answer(body=b"{", headers={"content-length": "100", "connection": "close"})
    with serving([broken, completion("hi")]) as server:
        assert isinstance(ask(server.endpoint(timeout_s=1)), Reply)


def test_replies_stand_in_the_order_of_their_requests_and_come_several_at_a_time() -> None:
    def echo(request: dict[str, Any]) -> Answer:
        text = request["messages"][0]["content"]
        found = completion(text)
        return Answer(body=found.body, pause_s=0.05 if text == "0" else 0.01)

    heard: list[int] = []
    shares: list[float] = []
    with serving(echo) as server, Client(server.endpoint(concurrency=4)) as client:
        replies = client.complete_all(
            [conversation(str(i)) for i in range(12)],
            on_reply=lambda place, _: heard.append(place),
            progress=lambda _, share: shares.append(share),
        )
    assert [r.text for r in replies if isinstance(r, Reply)] == [str(i) for i in range(12)]
    assert sorted(heard) == list(range(12))
    assert heard[0] != 0  # told as they come
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert 2 <= server.most_at_once <= 4


def test_nothing_is_asked_of_nobody() -> None:
    assert Client(Endpoint(model="m")).complete_all([]) == []


def test_requests_per_minute_are_kept_by_all_threads_together() -> None:
    limits = {"concurrency": 4, "requests_per_minute": 1200}
    with serving([completion("hi")]) as server, Client(server.endpoint(**limits)) as client:
        start_s = time.monotonic()
        client.complete_all([HELLO] * 6)
    assert server.times_s[-1] - start_s >= 5 * 0.05


def test_once_the_server_is_gone_nothing_more_is_sent_and_what_it_said_is_told() -> None:
    with serving([completion("hi"), Answer(401, b"no")]) as server:
        client = Client(server.endpoint(concurrency=2))
        told: list[int] = []
        with client, pytest.raises(UnavailableError):
            client.complete_all([HELLO] * 50, on_reply=lambda place, _: told.append(place))
    assert len(told) == 1
    assert len(server.requests) < 8


def test_proxies_of_the_environment_are_not_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serving([completion("hi")]) as server:
        assert isinstance(ask(server.endpoint()), Reply)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[happy]", "[happy]"),
        ("<think>he smiles</think>\n[happy]", "\n[happy]"),
        ("he smiles</think>[happy]", "[happy]"),
        ("half \ud83d pair", "half ? pair"),
    ],
)
def test_thoughts_are_not_words(text: str, words: str) -> None:
    assert said(text) == words
