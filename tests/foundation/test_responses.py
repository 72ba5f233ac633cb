"""Replies on disk: the same question is not sent twice, and nothing that is no reply is kept."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.foundation.chat_server import Answer, completion, serving

from affectlens.foundation.chat import Message, Picture, Reply, conversation
from affectlens.foundation.endpoint import Client, Endpoint
from affectlens.foundation.errors import InputError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.responses import Responses, complete_all, key_of

HI = Reply("hi", "m", "fp")
MANY = """
import sys
from pathlib import Path
from affectlens.foundation.chat import Reply
from affectlens.foundation.responses import Responses
responses, name = Responses(Path(sys.argv[1])), sys.argv[2]
for i in range(int(sys.argv[3])):
    responses.keep(f"{name}{i}", Reply(f"reply {name}{i}"))
    print(i, flush=True)
"""


@pytest.fixture
def responses(tmp_path: Path) -> Responses:
    return Responses(tmp_path / "new" / "responses.sqlite")


def ask(endpoint: Endpoint, responses: Responses | None, *texts: str) -> list[Reply | Missing]:
    with Client(endpoint, {}) as client:
        return complete_all(client, [conversation(text) for text in texts], responses=responses)


def test_what_is_kept_is_found_again_and_nothing_else(responses: Responses) -> None:
    assert responses.find(["a"]) == {}
    responses.keep("a", HI)
    responses.keep("b", Reply("“ja”\n", "", ""))
    assert Responses(responses.path).find(["a", "b", "c"]) == {"a": HI, "b": Reply("“ja”\n")}


def test_only_the_user_can_read_it(responses: Responses) -> None:
    responses.keep("a", HI)
    if sys.platform != "win32":
        assert responses.path.stat().st_mode & 0o077 == 0


def test_the_same_question_is_sent_once(responses: Responses) -> None:
    with serving([completion("one"), completion("two"), completion("three")]) as server:
        first = ask(server.endpoint(concurrency=1), responses, "a", "b", "a")
        again = ask(server.endpoint(), responses, "b", "a")
        other = ask(server.endpoint(), responses, "c")
    assert [r.text for r in (*first, *again, *other) if isinstance(r, Reply)] == [
        "one", "two", "one", "two", "one", "three",
    ]  # fmt: skip
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "changed", [{"model": "n"}, {"seed": 1}, {"max_tokens": 9}, {"revision": "2"}]
)
def test_whatever_may_change_the_reply_is_part_of_the_question(
    responses: Responses, changed: dict[str, Any]
) -> None:
    with serving([completion("one"), completion("two")]) as server:
        ask(server.endpoint(), responses, "a")
        ask(server.endpoint(**changed), responses, "a")
    assert len(server.requests) == 2


def test_of_two_servers_neither_answers_for_the_other(responses: Responses) -> None:
    with serving([completion("one")]) as here, serving([completion("two")]) as there:
        ask(here.endpoint(), responses, "a")
        assert ask(there.endpoint(), responses, "a") == [Reply("two", "served-model", "fp_1")]


def test_pictures_are_part_of_the_question() -> None:
    endpoint = Endpoint(model="m")
    keys = {
        key_of(endpoint.identity, endpoint.request([Message("user", ("see", Picture(data)))]))
        for data in (b"one", b"two")
    }
    assert len(keys) == 2


def test_what_chance_had_a_part_in_is_not_kept(responses: Responses) -> None:
    with serving([completion("one"), completion("two")]) as server:
        ask(server.endpoint(temperature=0.7), responses, "a")
        found = ask(server.endpoint(temperature=0.7), responses, "a")
    assert found == [Reply("two", "served-model", "fp_1")]
    assert not responses.path.exists()


@pytest.mark.parametrize(
    "nothing",
    [
        completion(""),
        completion("part", "length"),
        Answer(400, b"no"),
        completion("", refusal="no"),
    ],
)
def test_what_is_no_reply_is_asked_for_again(responses: Responses, nothing: Answer) -> None:
    with serving([nothing, completion("now")]) as server:
        assert isinstance(ask(server.endpoint(), responses, "a")[0], Missing)
        assert ask(server.endpoint(), responses, "a") == [Reply("now", "served-model", "fp_1")]


def test_what_was_replied_before_the_server_went_is_kept(responses: Responses) -> None:
    with serving([completion("one"), completion("two"), Answer(401, b"no")]) as server:
        endpoint = server.endpoint(concurrency=1)
        with pytest.raises(UnavailableError):
            ask(endpoint, responses, "a", "b", "c", "d")
    # The server is gone now: only the disk can answer.
    assert [r.text for r in ask(endpoint, responses, "a", "b") if isinstance(r, Reply)] == [
        "one",
        "two",
    ]


def test_a_file_that_is_none_of_ours_is_told_and_left_alone(responses: Responses) -> None:
    responses.path.parent.mkdir()
    responses.path.write_bytes(b"name,openset\n" * 100)
    with pytest.raises(InputError, match=r"responses\.sqlite cannot be used.*Delete that file"):
        responses.find(["a"])
    assert responses.path.read_bytes() == b"name,openset\n" * 100


def test_several_processes_write_at_once_and_one_that_is_killed_leaves_the_file_whole(
    responses: Responses,
) -> None:
    command = [sys.executable, "-c", MANY, str(responses.path)]
    done = [subprocess.Popen([*command, name, "20"], stdout=subprocess.DEVNULL) for name in "ab"]
    killed = subprocess.Popen([*command, "k", "100000"], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    last = [int(killed.stdout.readline()) for _ in range(10)][-1]
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    assert [process.wait() for process in done] == [0, 0]
    keys = [f"{name}{i}" for name in "ab" for i in range(20)] + [f"k{i}" for i in range(last + 1)]
    assert responses.find(keys) == {key: Reply(f"reply {key}") for key in keys}


def test_the_usual_place_is_the_cache_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    assert Responses.usual().path == tmp_path / "responses.sqlite"
