"""LLaMA-Factory and ms-swift: conversations as clips, whatever their files call things."""

import json
from pathlib import Path

import pytest
from tests.annotation.formats.made_annotations import about, several
from tests.corpora.placing import put

from affectlens.annotation.formats import llama_factory, ms_swift
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.model.example import Turn
from affectlens.training.item import Item
from affectlens.training.material import open_source
from affectlens.training.recipe import Data

ASKED = {"from": "human", "value": "<video>\nWhat is it?"}
TOLD = {"from": "gpt", "value": "Joy."}
TURN = (Turn(question="What is it?", answer="Joy."),)


def items(path: Path, name: str = "llama_factory", **options: str) -> list[Item]:
    return list(open_source("x", Data(path=str(path), format=name, options=options)))


def lines(path: Path, *rows: object) -> Path:
    return put(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def test_what_we_write_for_llama_factory_is_read_again(tmp_path: Path) -> None:
    llama_factory.write(several(), tmp_path / "llama_factory", about(tmp_path))
    found = items(tmp_path / "llama_factory", dataset="made_train")
    assert {item.id for item in found} == {"clip", "voice", "words"}
    clip = next(item for item in found if item.id == "clip")
    assert isinstance(clip.media, Path)
    assert clip.media.samefile(tmp_path / "media" / "clip.mp4")
    assert "<" not in clip.turns[0].question
    assert clip.turns[0].question.startswith("The person in video says: Is that you?")
    assert clip.turns[0].answer == "He doubts it."
    everything = items(tmp_path / "llama_factory")
    assert {(item.id, item.annotation.split) for item in everything} == {
        ("clip", "train"), ("voice", "train"), ("words", "train"), ("face", "dev"),
    }  # fmt: skip


def test_what_we_write_for_ms_swift_is_read_again(tmp_path: Path) -> None:
    ms_swift.write(several(), tmp_path / "ms_swift", about(tmp_path))
    found = items(tmp_path / "ms_swift", "ms_swift")
    face = next(item for item in found if item.id == "face")
    assert face.annotation.split == "dev"
    assert face.media == tmp_path / "media" / "face.png"
    words = next(item for item in found if item.id == "words")
    assert isinstance(words.media, Missing)


def test_columns_and_tags_of_dataset_info_count(tmp_path: Path) -> None:
    row = {"talk": [{"who": "asker", "what": "<audio>Hm?"}, {"who": "bot", "what": "Yes."}],
           "sound": ["s.wav"]}  # fmt: skip
    lines(tmp_path / "x.jsonl", row)
    info = {
        "own": {
            "file_name": "x.jsonl",
            "formatting": "sharegpt",
            "columns": {"messages": "talk", "audios": "sound"},
            "tags": {"role_tag": "who", "content_tag": "what", "user_tag": "asker",
                     "assistant_tag": "bot"},
        },
        "far": {"hf_hub_url": "somebody/something"},
    }  # fmt: skip
    put(tmp_path / "dataset_info.json", json.dumps(info))
    put(tmp_path / "s.wav", "the bytes")
    for path in (tmp_path, tmp_path / "x.jsonl"):
        (item,) = items(path)
        assert item.turns == (Turn(question="Hm?", answer="Yes."),)
        assert (item.media, item.id) == (tmp_path / "s.wav", "s")
    with pytest.raises(ConfigError, match=r"no conversations 'far'.*It has: own"):
        items(tmp_path, dataset="far")


def test_media_may_be_told_from_another_folder(tmp_path: Path) -> None:
    put(tmp_path / "films" / "a.mp4", "the bytes")
    file = lines(tmp_path / "rows" / "x.jsonl", {"conversations": [ASKED, TOLD], "videos": "a.mp4"})
    (item,) = items(file, media=str(tmp_path / "films"))
    assert item.media == tmp_path / "films" / "a.mp4"


@pytest.mark.parametrize(
    "row",
    [
        {"conversations": [ASKED, TOLD]},
        {"messages": [{"role": "user", "content": "What is it?"},
                      {"role": "assistant", "content": "Joy."}]},
        {"instruction": "What is", "input": "it?", "output": "Joy."},
        {"query": "What is it?", "response": "Joy."},
    ],
)  # fmt: skip
def test_the_usual_forms_are_known_without_being_told(tmp_path: Path, row: object) -> None:
    (item,) = items(lines(tmp_path / "x.jsonl", row), "ms_swift")
    assert item.turns[0].question.split() == ["What", "is", "it?"]
    assert item.turns[0].answer == "Joy."


def test_a_conversation_has_many_turns_and_the_systems_words_are_kept_apart(tmp_path: Path) -> None:
    history = {"history": [["Who?", "A man."]], "query": "And?", "response": "Joy.", "system": "Be"}
    said = [{"from": "system", "value": "Be"}, ASKED, TOLD, {"from": "human", "value": "Why?"},
            {"from": "gpt", "value": "A smile."}]  # fmt: skip
    first, second = items(lines(tmp_path / "x.jsonl", history, {"conversations": said}), "ms_swift")
    assert [turn.question for turn in first.turns] == ["Who?", "And?"]
    assert [turn.answer for turn in second.turns] == ["Joy.", "A smile."]
    for item in (first, second):
        assert item.annotation.source.columns["system"] == "Be"


@pytest.mark.parametrize("text", ["{!}", "[\n{!},\n {!}]\n", "\ufeff[{!},{!}]", "\n\n{!}\n\n{!}"])
def test_arrays_and_lines_are_read_by_where_their_rows_stand(tmp_path: Path, text: str) -> None:
    rows = iter(range(2))
    while "{!}" in text:
        number = next(rows)
        row = json.dumps(
            {"id": number, "query": "喜悦 é ?", "response": f"{number} 是"}, ensure_ascii=False
        )
        text = text.replace("{!}", row, 1)
    found = items(put(tmp_path / "x.json", text), "ms_swift")
    assert [(item.id, item.turns[0].answer) for item in found] == [
        (str(number), f"{number} 是") for number in range(len(found))
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("nothing", "is not JSON"),
        ("[1]", "wanted an object"),
        ("{}", "has no conversation"),
        ('{"conversations": 3}', "list of messages"),
        ('{"conversations": []}', "found nothing"),
        (json.dumps({"conversations": [ASKED]}), "each with its answer, found user"),
        (json.dumps({"conversations": [TOLD, ASKED]}), "found assistant, user"),
        (json.dumps({"conversations": [ASKED, {**TOLD, "value": " "}]}), "has no words"),
        (json.dumps({"conversations": [ASKED, {"from": "function_call", "value": "f"}]}), "wanted"),
        (json.dumps({"conversations": [ASKED, TOLD], "videos": ["a", "b"]}), "has 2 videos"),
        ('{"query": "a", "response": "b", "history": [["c"]]}', "pairs of texts"),
    ],
)
def test_a_damaged_row_names_file_and_row_and_the_others_go_on(
    tmp_path: Path, row: str, why: str
) -> None:
    sound = json.dumps({"conversations": [ASKED, TOLD]})
    file = put(tmp_path / "x.jsonl", f"{sound}\n\n{row}\n{sound}\n")
    found = open_source("x", Data(path=str(file), format="ms_swift"))
    assert (found[0].turns, found[2].turns) == (TURN, TURN)
    with pytest.raises(InputError, match=why) as caught:
        found[1]
    assert "x.jsonl, row 3" in str(caught.value)


def test_a_damaged_array_is_told_at_once(tmp_path: Path) -> None:
    file = put(tmp_path / "x.json", '[{"query": "a", "response": "b"}, {"query"')
    with pytest.raises(InputError, match=r"x\.json, row 2, is not JSON"):
        items(file, "ms_swift")


def test_folders_without_conversations_say_what_was_wanted(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no dataset_info\.json"):
        items(tmp_path)
    with pytest.raises(InputError, match=r"no \.jsonl file"):
        items(tmp_path, "ms_swift")
    put(tmp_path / "dataset_info.json", '{"far": {"hf_hub_url": "a/b"}}')
    with pytest.raises(InputError, match="lists no conversations"):
        items(tmp_path)
    put(tmp_path / "dataset_info.json", '{"far": 3}')
    with pytest.raises(InputError, match="wanted data sets by name"):
        items(tmp_path)
