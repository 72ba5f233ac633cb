"""The judges: a served model, one on this machine, and the replies of an earlier run."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.evaluation.judge_server import judging
from tests.foundation.chat_server import Answer, completion, serving
from tests.model.made_tokenizers import chatml

from affectlens.evaluation.judge import Judge
from affectlens.evaluation.judges import endpoint, local, replay
from affectlens.evaluation.judging.panel import Panel
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.foundation.missing import Missing

TEXTS = [
    "happy",
    "He looks happy, but in fact he is anxious.",
    "他很高兴。",
    "x",
    "In the video, he roared, spoke quickly and stared with wide eyes. " * 3,
    "Which is it?",
    "a b c d e f g h",
    "她皱着眉头，声音低沉。" * 5,
]


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chat model as people have it on disk, random, that ends its replies now and then."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    made = tmp_path_factory.mktemp("model") / "tiny-chat"
    tokenizer = chatml()
    torch.manual_seed(3)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():  # sharper than random nets are, and with an end within reach
        model.lm_head.weight.mul_(40)
        model.lm_head.weight[tokenizer.eos_token_id] *= 1.5
    # What makers set for chat is chance and penalties; a judge must not have them.
    model.generation_config.update(
        do_sample=True, temperature=0.7, top_p=0.8, top_k=20, repetition_penalty=1.3
    )
    model.save_pretrained(made)
    tokenizer.save_pretrained(made)
    return made


def at_home(folder: Path, **settings: Any) -> Judge:
    config = local.Config(**{"model": str(folder), "device": "cpu", "max_tokens": 40, **settings})
    return local.build(config)


def test_a_model_on_this_machine_replies_alike_alone_and_in_batches(folder: Path) -> None:
    alone = at_home(folder, batch=1).ask(TEXTS)
    assert at_home(folder, batch=8).ask(TEXTS) == alone
    assert at_home(folder, batch=3).ask(TEXTS[::-1]) == alone[::-1]
    assert len({reply for reply in alone if isinstance(reply, str)}) >= 2
    assert any(isinstance(reply, Missing) for reply in alone)


def test_its_replies_are_the_greedy_ones_of_the_plain_model(folder: Path) -> None:
    """Token after token by the net itself, without `generate` and what it adds."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    wanted: list[str | Missing] = []
    for text in TEXTS[:4]:
        turn = [{"role": "user", "content": text}]
        chat = tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        ids = tokenizer(chat, add_special_tokens=False)["input_ids"]
        start = len(ids)
        while len(ids) < start + 40 and ids[-1] != tokenizer.eos_token_id:
            with torch.inference_mode():
                ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
        if ids[-1] == tokenizer.eos_token_id:
            said = tokenizer.decode(ids[start:-1], skip_special_tokens=True)
            wanted.append(said if said.strip() else Missing("the reply is empty"))
        else:
            wanted.append(Missing("the reply was cut off: max_tokens is too small"))
    assert at_home(folder).ask(TEXTS[:4]) == wanted


def test_who_it_is_hangs_on_its_weights_and_not_on_where_they_lie(
    folder: Path, tmp_path: Path
) -> None:
    import shutil

    moved = Path(shutil.copytree(folder, tmp_path / folder.name))
    assert at_home(moved).identity == at_home(folder).identity
    assert str(folder.parent) not in at_home(folder).identity
    weights = moved / "model.safetensors"
    raw = bytearray(weights.read_bytes())
    raw[-1] ^= 1
    weights.write_bytes(raw)
    assert at_home(moved).identity != at_home(folder).identity


def test_a_prompt_that_does_not_fit_is_missing_and_harms_no_other(folder: Path) -> None:
    judge = at_home(folder)
    short = judge.ask(TEXTS[:1])
    assert judge.ask(["long " * 400, TEXTS[0]]) == [
        Missing("the prompt with max_tokens is longer than the model's context"),
        *short,
    ]


def test_a_model_without_a_chat_template_is_no_judge(folder: Path, tmp_path: Path) -> None:
    import shutil

    plain = Path(shutil.copytree(folder, tmp_path / "plain"))
    (plain / "chat_template.jinja").unlink()
    with pytest.raises(ConfigError, match="chat template"):
        at_home(plain).ask(["x"])


def test_a_model_that_is_not_there_is_said(tmp_path: Path) -> None:
    judge = local.build(local.Config(model=str(tmp_path / "none")))
    with pytest.raises(UnavailableError, match="The judge"):
        _ = judge.identity


def served(url: str, **settings: Any) -> Judge:
    return endpoint.build(
        endpoint.Config(**{"url": url, "model": "m", "cache": "none", **settings})
    )


def test_a_served_judge_keeps_replies_for_other_runs(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache.sqlite")
    with judging() as server:
        first = served(server.url, cache=cache).ask(TEXTS)
        again = served(server.url, cache=cache).ask(TEXTS)
    assert again == first
    assert len(server.requests) == len(TEXTS)
    assert {request["temperature"] for request in server.requests} == {0}


def test_a_served_judge_is_another_at_another_address_seed_or_revision() -> None:
    kinds: list[dict[str, Any]] = [{}, {"seed": 1}, {"revision": "b"}, {"model": "n"}]
    names = {served("http://127.0.0.1:1/v1", **kind).identity for kind in kinds}
    assert len(names | {served("http://127.0.0.1:2/v1").identity}) == 5


def test_with_a_revision_the_address_does_not_matter() -> None:
    one, other = (served(f"http://127.0.0.1:{port}/v1", revision="a") for port in (1, 2))
    assert one.identity == other.identity


def test_what_a_server_calls_its_model_stands_beside_the_reply(tmp_path: Path) -> None:
    ledger = tmp_path / "replies.jsonl"
    with judging() as server:
        judge = served(server.url)
        Panel(judge, ledger).ask(["x"])
    record = json.loads(ledger.read_text("utf-8"))
    assert record["served"] == ["served-model fp_1"]
    assert record["identity"] == judge.identity


def test_no_server_is_said_only_when_there_is_something_to_ask() -> None:
    judge = served("http://127.0.0.1:9/v1", retries=0)
    assert judge.ask([]) == []
    with pytest.raises(UnavailableError, match="Start one"):
        judge.ask(["x"])


def replayed(path: Path, **settings: str) -> Judge:
    return replay.build(replay.Config(path=str(path), **settings))


def test_a_replay_is_taken_for_the_judge_that_replied(tmp_path: Path) -> None:
    ledger = tmp_path / "replies.jsonl"
    with serving([completion("yes"), Answer(400, b"too long")]) as server:
        judge = served(server.url, concurrency=1)
        Panel(judge, ledger).ask(["a", "b"])
    again = replayed(ledger)
    assert again.identity == judge.identity
    assert again.ask(["b", "c", "a"]) == [
        Missing("HTTP 400: too long"),
        Missing("not in the stored replies"),
        "yes",
    ]


def test_replies_of_other_tools_come_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "gpt.csv"
    path.write_text('prompt,reply\n" a, ",8/10\nb,\n', "utf-8")
    judge = replayed(path)
    assert judge.identity == "replies of gpt.csv"
    assert judge.ask([" a, ", "b"]) == ["8/10", Missing("the stored reply is empty")]


def test_of_several_judges_one_is_to_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    path.write_text("identity,prompt,reply\nA,p,1\nB,p,2\n", "utf-8")
    with pytest.raises(ConfigError, match=r"identity=.*'A', 'B'"):
        replayed(path)
    with pytest.raises(ConfigError, match="no replies of 'C'"):
        replayed(path, identity="C")
    assert replayed(path, identity="B").ask(["p"]) == ["2"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("none.jsonl", None),
        ("empty.jsonl", ""),
        ("empty.csv", ""),
        ("other.csv", "name,openset\na,b\n"),
        ("other.jsonl", '{"schema": "affectlens.prediction/1", "id": "a"}\n'),
        ("short.jsonl", '{"schema": "affectlens.reply/1", "identity": "a", "prompt": "b"}\n'),
        (
            "list.jsonl",
            '{"schema": "affectlens.reply/1", "identity": "a", "prompt": "b", "reply": [1]}\n',
        ),
    ],
)
def test_a_file_without_replies_is_told_by_its_name(
    tmp_path: Path, name: str, content: str | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(InputError, match=name):
        replayed(path)
