"""A served model as a describer: what is sent where, what is waited for, and what fails."""

import base64
import dataclasses
import threading
import time
from pathlib import Path
from typing import Any, cast

import pytest
from tests.foundation.chat_server import Answer, Server, completion, serving

from affectlens.annotation.describer import Describer, Request, Task
from affectlens.annotation.describers import endpoint
from affectlens.annotation.draft import Draft
from affectlens.foundation.chat import Message, Picture, Sound
from affectlens.foundation.endpoint_settings import Endpoint
from affectlens.foundation.errors import AffectlensError, ConfigError, UnavailableError

PICTURE, SOUND = Picture(b"\xff\xd8face"), Sound(b"RIFFvoice")
FAR = "https://models.example.org/v1"
OK = completion("\nShe smiles.  ")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    monkeypatch.delenv(endpoint.WORKERS, raising=False)


def asked(text: str = "What does the face show?", *shown: Picture | Sound) -> Request:
    content = (*shown, text) if shown else text
    messages = (Message("system", "You describe."), Message("user", content))
    return Request(task="face", draft=cast(Draft, None), messages=messages)


def served(server: Server, **settings: Any) -> endpoint.Served:
    waits = {"backoff_s": 0.01, "url": server.url, "model": "m"}
    return endpoint.build(endpoint.Config(**{**waits, **settings}))


def test_its_settings_are_those_of_an_endpoint() -> None:
    own = {"pictures", "sounds", "upload", "cache"}
    for field in dataclasses.fields(endpoint.Config):
        if field.name not in own:
            assert (
                field.default == getattr(Endpoint(model="m"), field.name) or field.name == "model"
            )


def test_without_a_model_it_says_what_it_wants() -> None:
    with pytest.raises(ConfigError, match="describer endpoint wants model="):
        endpoint.build(endpoint.Config())


def test_the_words_of_the_reply_are_the_description() -> None:
    with serving([OK]) as server:
        assert served(server).describe(asked()) == "She smiles."
    [sent] = server.requests
    assert [turn["role"] for turn in sent["messages"]] == ["system", "user"]
    assert sent["temperature"] == 0.0


def test_pictures_and_sounds_arrive_before_the_question() -> None:
    with serving([OK]) as server:
        served(server, pictures=True, sounds=True).describe(asked("?", PICTURE, SOUND))
    image, audio, text = server.requests[0]["messages"][1]["content"]
    face, voice = (base64.b64encode(part.data).decode() for part in (PICTURE, SOUND))
    assert image == {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{face}"}}
    assert audio == {"type": "input_audio", "input_audio": {"data": voice, "format": "wav"}}
    assert text == {"type": "text", "text": "?"}


@pytest.mark.parametrize(("shown", "medium"), [(PICTURE, "picture"), (SOUND, "sound")])
def test_what_a_model_is_not_said_to_take_is_never_sent(
    shown: Picture | Sound, medium: str
) -> None:
    with serving([OK]) as server:
        describer = served(server)
        assert describer.takes == frozenset()
        with pytest.raises(ConfigError, match=rf"a {medium}.*Set {medium}s = true"):
            describer.describe(asked("?", shown))
    assert not server.requests


@pytest.mark.parametrize("medium", ["pictures", "sounds"])
def test_media_leave_this_machine_only_where_it_was_said(medium: str) -> None:
    config = endpoint.Config(url=FAR, model="m", **{medium: True})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"not this machine.*upload = true"):
        endpoint.build(config)
    allowed = endpoint.build(dataclasses.replace(config, upload=True))
    assert allowed.takes == {medium.removesuffix("s")}
    assert endpoint.build(endpoint.Config(url=FAR, model="m")).takes == frozenset()


def test_who_it_is_says_all_that_decides_a_reply() -> None:
    url = "http://127.0.0.1:1/v1"
    kinds: list[dict[str, Any]] = [
        {}, {"temperature": 0.5}, {"max_tokens": 9}, {"seed": 1}, {"revision": "b"}, {"model": "n"},
    ]  # fmt: skip
    names = {
        endpoint.build(endpoint.Config(**{"url": url, "model": "m", **kind})).identity
        for kind in kinds
    }
    assert len(names) == len(kinds)
    assert all("\n" not in name for name in names)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (completion("part of", "length"), "cut off"),
        (completion(None, refusal="I do not describe people."), "refused: I do not"),
        (completion("", "content_filter"), "content filter"),
        (completion(" "), "empty"),
        (completion("<think>hm"), "thinking"),
        (Answer(200, b"<html>It works!</html>"), "no chat completion"),
        (Answer(400, b'{"error": {"message": "context length exceeded"}}'), "context length"),
        (Answer(500, b"broken"), "HTTP 500: broken"),
        (Answer(429, b"slow down"), "HTTP 429: slow down"),
    ],
)
def test_what_is_no_reply_fails_with_its_reason_and_is_not_kept(
    answer: Answer, reason: str
) -> None:
    with serving([answer] * 3 + [OK]) as server:
        describer = served(server, retries=2)
        with pytest.raises(UnavailableError, match=rf"m gave no 'face'.*{reason}"):
            describer.describe(asked())
        while len(server.requests) < 3:  # those that are not sent again
            with pytest.raises(UnavailableError):
                describer.describe(asked())
        assert describer.describe(asked()) == "She smiles."


def test_a_busy_server_is_asked_again_when_it_says_so() -> None:
    busy = Answer(429, b"{}", {"retry-after": "1"})
    with serving([busy, OK]) as server:
        assert served(server).describe(asked()) == "She smiles."
    assert server.times_s[1] - server.times_s[0] >= 0.95


def test_a_server_that_hangs_costs_no_more_than_its_timeouts() -> None:
    with serving([Answer(pause_s=2.0)]) as server:
        describer = served(server, timeout_s=0.2, retries=1)
        start_s = time.monotonic()
        with pytest.raises(UnavailableError, match="within timeout_s"):
            describer.describe(asked())
        assert time.monotonic() - start_s < 1.0


def test_no_server_is_told_with_what_to_start() -> None:
    config = endpoint.Config(url="http://127.0.0.1:9/v1", model="m", retries=0)
    with pytest.raises(UnavailableError, match="ollama serve"):
        endpoint.build(config).describe(asked())


def test_garbage_in_words_passes_for_the_checks_to_reject() -> None:
    with serving([completion("ß9}{ lorem lorem")]) as server:
        assert served(server).describe(asked()) == "ß9}{ lorem lorem"


@pytest.mark.parametrize(
    ("settings", "requests"), [({}, 1), ({"cache": False}, 2), ({"temperature": 0.7}, 2)]
)
def test_only_replies_without_chance_are_kept(settings: dict[str, Any], requests: int) -> None:
    with serving([OK]) as server:
        for _ in range(2):
            assert served(server, **settings).describe(asked()) == "She smiles."
    assert len(server.requests) == requests


def test_other_pictures_are_other_questions() -> None:
    with serving([OK]) as server:
        describer = served(server, pictures=True)
        for data in (b"a", b"b", b"a"):
            describer.describe(asked("?", Picture(data)))
    assert len(server.requests) == 2


def in_threads(describers: list[Describer], times: int) -> list[str]:
    found: list[str] = []

    def work(describer: Describer, name: str) -> None:
        for i in range(times):
            said = describer.describe(asked(f"{name} {i}"))
            assert isinstance(said, str)
            found.append(said)

    threads = [
        threading.Thread(target=work, args=(one, str(n))) for n, one in enumerate(describers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def echo(request: dict[str, Any]) -> Answer:
    return completion(request["messages"][-1]["content"])


def test_two_describers_ask_at_once_and_each_gets_its_own_replies() -> None:
    with serving(echo) as server:
        pair: list[Describer] = [served(server), served(server, max_tokens=9)]
        assert in_threads(pair, 5) == sorted(f"{n} {i}" for n in "01" for i in range(5))


def test_tasks_that_are_asked_alike_keep_to_the_limit_together() -> None:
    with serving(echo) as server:
        pair: list[Describer] = [served(server, requests_per_minute=1200) for _ in range(2)]
        start_s = time.monotonic()
        in_threads(pair, 3)
        assert time.monotonic() - start_s >= 5 * 0.05


def test_each_of_several_workers_takes_its_share_of_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(endpoint.WORKERS, "4")
    with serving(echo) as server:
        describer = served(server, requests_per_minute=1200)
        start_s = time.monotonic()
        in_threads([describer], 3)
        assert time.monotonic() - start_s >= 2 * 0.2


@pytest.mark.parametrize("told", ["0", "-1", "many", "²"])
def test_a_number_of_workers_that_is_none_is_refused(
    told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(endpoint.WORKERS, told)
    with pytest.raises(ConfigError, match=endpoint.WORKERS):
        endpoint.build(endpoint.Config(model="m"))


@pytest.mark.parametrize("setting", [{"url": "ftp://x"}, {"retries": -1}, {"key_variable": "sk-1"}])
def test_wrong_settings_are_told_before_anything_is_sent(setting: dict[str, Any]) -> None:
    with pytest.raises(AffectlensError) as refused:
        endpoint.build(endpoint.Config(**{"model": "m", **setting}))
    assert refused.value.exit_code == ConfigError.exit_code


def test_the_task_that_failed_is_told() -> None:
    task: Task = "tone"
    with serving([completion("")]) as server, pytest.raises(UnavailableError, match="'tone'"):
        served(server).describe(dataclasses.replace(asked(), task=task))
