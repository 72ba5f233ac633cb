"""A judge with a memory."""

import json
from pathlib import Path

import pytest
from tests.evaluation.judge_server import judging
from tests.evaluation.scripted_judge import Scripted, always

from affectlens.evaluation.judging.panel import Panel, load, stored_replies
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.foundation.missing import Missing

REFUSED = Missing("it refused")


def test_what_was_replied_is_not_asked_again_in_this_run_or_the_next(tmp_path: Path) -> None:
    ledger = tmp_path / "run" / "replies.jsonl"
    judge = Scripted(str.upper)
    panel = Panel(judge, ledger)
    assert panel.ask(["a", "b", "a"]) == ["A", "B", "A"]
    assert panel.ask(["b", "c"]) == ["B", "C"]
    assert judge.asked == ["a", "b", "c"]
    later = Scripted(lambda _: "changed its mind")
    assert Panel(later, ledger).ask(["c", "a", "b"]) == ["C", "A", "B"]
    assert later.asked == []


def test_replies_of_another_judge_are_not_taken(tmp_path: Path) -> None:
    ledger = tmp_path / "replies.jsonl"
    Panel(Scripted(str.upper), ledger).ask(["ab"])
    assert Panel(Scripted(str.title, identity="other"), ledger).ask(["ab"]) == ["Ab"]
    assert stored_replies(ledger) == {"scripted": {"ab": "AB"}, "other": {"ab": "Ab"}}


def test_failures_are_stored_and_tried_again_by_the_next_run(tmp_path: Path) -> None:
    ledger = tmp_path / "replies.jsonl"
    down = always(Missing("HTTP 503"))
    panel = Panel(down, ledger)
    assert panel.ask(["a"]) == panel.ask(["a"]) == [Missing("HTTP 503")]
    assert down.asked == ["a"]
    assert stored_replies(ledger) == {"scripted": {"a": Missing("HTTP 503")}}
    assert Panel(Scripted(str.upper), ledger).ask(["a"]) == ["A"]
    assert stored_replies(ledger) == {"scripted": {"a": "A"}}


def test_a_run_that_ends_halfway_keeps_what_it_has(tmp_path: Path) -> None:
    ledger = tmp_path / "replies.jsonl"

    def breaks(prompt: str) -> str:
        if prompt == "150":
            raise UnavailableError("gone")
        return prompt

    prompts = [str(i) for i in range(200)]
    with pytest.raises(UnavailableError):
        Panel(Scripted(breaks), ledger).ask(prompts)
    with ledger.open("ab") as file:
        file.write(b'{"schema": "affectlens.reply/1", "identity": "scr')  # torn by a kill
    rest = Scripted(str)
    assert Panel(rest, ledger).ask(prompts) == prompts
    assert 0 < len(rest.asked) <= 200 - 128


def test_it_tells_how_often_the_judge_had_nothing_to_say() -> None:
    panel = Panel(Scripted(lambda prompt: REFUSED if prompt == "b" else prompt))
    panel.ask(["a", "b", "b", "c"])
    assert panel.summary() == {
        "identity": "scripted",
        "prompts": 3,
        "refused": 1,
        "reasons": ["it refused"],
    }


def test_progress_of_its_parts_is_that_of_the_whole() -> None:
    shares: list[float] = []
    Panel(Scripted(str)).ask(
        [str(i) for i in range(130)], progress=lambda _, share: shares.append(share)
    )
    assert shares == pytest.approx([64 / 130, 128 / 130, 1.0])


def test_a_judge_is_loaded_by_name_and_settings(tmp_path: Path) -> None:
    ledger = tmp_path / "replies.jsonl"
    with judging() as server:
        settings = (f"url={server.url}", "model=m", "cache=none")
        first = load("endpoint", settings, ledger).ask(["x"])
        assert load("endpoint", settings, ledger).ask(["x"]) == first
        assert len(server.requests) == 1
    assert load(None, replies=ledger).ask(["x"]) == first
    assert load("replay", replies=ledger).ask(["x"]) == first
    assert load("replay", (f"path={ledger}",)).ask(["x"]) == first


def test_replaying_writes_nothing(tmp_path: Path) -> None:
    ledger = tmp_path / "replies.jsonl"
    Panel(Scripted(str.upper), ledger).ask(["a"])
    before = ledger.read_bytes()
    assert load(None, replies=ledger).ask(["unknown"]) == [Missing("not in the stored replies")]
    assert ledger.read_bytes() == before


def test_without_judge_and_replies_the_judges_are_named() -> None:
    with pytest.raises(ConfigError, match="endpoint or local or replay"):
        load(None)


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("endpoitn", (), "endpoint"),
        ("endpoint", ("modelx=m",), "model"),
        ("endpoint", ("m",), "NAME=VALUE"),
        ("endpoint", (), "wants model="),
        ("endpoint", ("model=m", "url=http://example.org/v1"), "https"),
        ("endpoint", ("model=m", "key_variable=AFFECTLENS_NO_SUCH_KEY"), "holds no key"),
        ("endpoint", ("model=m", "temperature=1"), "no setting 'temperature'"),
    ],
)
def test_a_judge_that_cannot_be_is_told_with_what_to_do(
    name: str, settings: tuple[str, ...], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        load(name, settings)


def test_replies_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file of replies .*none\.jsonl"):
        load(None, replies=tmp_path / "none.jsonl")


def test_the_ledger_says_who_was_asked_what(tmp_path: Path) -> None:
    ledger = tmp_path / "replies.jsonl"
    Panel(Scripted(str.upper), ledger).ask(["a"])
    assert json.loads(ledger.read_text("utf-8")) == {
        "schema": "affectlens.reply/1",
        "identity": "scripted",
        "prompt": "a",
        "reply": "A",
    }
