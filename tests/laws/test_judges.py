"""What every judge must keep, whichever it is; a new file is held to this without a change."""

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.judge_server import judging

from affectlens.evaluation.judge import Judge
from affectlens.evaluation.judging.panel import GROUP, Panel
from affectlens.evaluation.judging.prompt import prompt
from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

NAMES = plugins.names(GROUP)
PROMPTS = [
    prompt("clue", "zh").fill(gt_reason="他很高兴", pred_reason=text)
    for text in ("他很高兴", "她生气", "他很高兴，也很惊讶，因为他收到了礼物")
]


def built(name: str, folder: Path, url: str) -> Judge:
    """A judge with the least that it wants; a new one that wants more is to be added here."""
    ledger = folder / "replies.jsonl"
    if name == "replay":
        Panel(built("endpoint", folder, url), ledger).ask(PROMPTS)
    wants: dict[str, dict[str, Any]] = {
        "endpoint": {"model": "stand-in", "url": url, "cache": "none"},
        "local": {"model": "tiny:qwen2", "device": "cpu", "max_tokens": 8},
        "replay": {"path": str(ledger)},
    }
    settings = wants.get(name, {})
    module = plugins.load(GROUP, name)
    judge: Judge = module.build(module.Config(**settings))
    return judge


@pytest.fixture(params=NAMES)
def judge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Judge]:
    with judging() as server:
        yield built(request.param, tmp_path, server.url)


@pytest.mark.parametrize("name", NAMES)
def test_its_settings_are_frozen_and_all_have_defaults(name: str) -> None:
    config = plugins.load(GROUP, name).Config()
    assert hash(config) == hash(plugins.load(GROUP, name).Config())
    first = dataclasses.fields(config)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, first, "other")
    with pytest.raises(TypeError):
        plugins.load(GROUP, name).Config("positional")


@pytest.mark.parametrize("name", NAMES)
def test_without_settings_it_says_what_it_wants(name: str) -> None:
    module = plugins.load(GROUP, name)
    with pytest.raises(ConfigError, match=rf"judge {name} wants (model|path)="):
        module.build(module.Config())


def test_building_loads_no_model_and_sends_nothing() -> None:
    code = (
        "import sys; from affectlens.foundation import plugins\n"
        f"for name in {NAMES!r}: plugins.load({GROUP!r}, name)\n"
        f"local = plugins.load({GROUP!r}, 'local'); local.build(local.Config(model='tiny:llama'))\n"
        f"far = plugins.load({GROUP!r}, 'endpoint'); far.build(far.Config(model='m'))\n"
        "print(*sorted({'torch', 'transformers', 'httpx2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_it_says_who_it_is_in_one_line_before_and_after_it_is_asked(judge: Judge) -> None:
    before = judge.identity
    assert before.strip()
    assert "\n" not in before
    judge.ask(PROMPTS[:1])
    assert judge.identity == before


def test_asked_nothing_it_replies_nothing(judge: Judge) -> None:
    assert judge.ask([]) == []


def test_each_prompt_has_a_reply_or_a_reason(judge: Judge) -> None:
    replies = judge.ask([*PROMPTS, "something else"])
    assert len(replies) == 4
    for reply in replies:
        assert isinstance(reply, str | Missing)
        assert reply.strip() if isinstance(reply, str) else reply.reason.strip()


def test_the_same_prompt_has_the_same_reply_alone_and_among_others(judge: Judge) -> None:
    together = judge.ask([*PROMPTS, *PROMPTS[::-1]])
    assert together == together[::-1]
    assert [judge.ask([prompt])[0] for prompt in PROMPTS] == together[:3]


def test_progress_ends_at_one_and_never_goes_back(judge: Judge) -> None:
    shares: list[float] = []
    judge.ask(PROMPTS, progress=lambda _, share: shares.append(share))
    assert shares == sorted(shares)
    assert not shares or shares[-1] == 1.0
