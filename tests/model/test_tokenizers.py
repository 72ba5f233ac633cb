"""What tokenizers promise: the very ids of the published files, and no special id from text."""

import json
import random
from pathlib import Path

import pytest
from sentencepiece import SentencePieceProcessor
from tests.model.made_tokenizers import LLAMA2, chatml, sentencepiece_file
from transformers import AutoTokenizer

from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.model.prompt import Symbol
from affectlens.model.tokenizers import TINY_VOCABULARY, Spelling, load_tokenizer

LETTERS = [*"abchinsty  <>[]/|▁\n\t.,!?'é你😀07", "</s>", "<s>", "<unk>", "<0x41>", "  ", " [INST]"]


def scrambled(count: int) -> list[str]:
    rng = random.Random(0)  # noqa: S311
    texts = ["".join(rng.choices(LETTERS, k=rng.randint(0, 40))) for _ in range(count)]
    return [*texts, *("a" + " " * n + "b" for n in range(40))]


def differing(path: Path, count: int) -> list[str]:
    """Texts that get other ids than SentencePiece itself gives."""
    reference = SentencePieceProcessor(model_file=str(path))
    ours = Spelling(load_tokenizer(str(path)))
    return [text for text in scrambled(count) if ours.ids(text) != reference.encode(text)]


def test_a_sentencepiece_file_keeps_its_very_ids(tmp_path: Path) -> None:
    assert differing(sentencepiece_file(tmp_path), 500) == []


def test_letters_never_make_a_control_symbol(tmp_path: Path) -> None:
    path = sentencepiece_file(tmp_path, control="ha")
    assert SentencePieceProcessor(model_file=str(path)).piece_to_id("ha") == 3
    assert differing(path, 500) == []
    assert 3 not in Spelling(load_tokenizer(str(path))).ids("ha haha")


@pytest.mark.shared
@pytest.mark.skipif(not LLAMA2.is_file(), reason="needs ../shared with Llama 2's tokenizer")
def test_llama_2_keeps_its_very_ids_for_any_text() -> None:
    assert differing(LLAMA2, 3000) == []


@pytest.mark.shared
@pytest.mark.skipif(not LLAMA2.is_file(), reason="needs ../shared with Llama 2's tokenizer")
def test_llama_2_has_its_special_ids_and_reads_back_what_it_wrote() -> None:
    tokenizer = load_tokenizer(str(LLAMA2))
    ids = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id)
    assert ids == (1, 2, 0)
    assert len(tokenizer) == 32_000
    text = "In the video, 他说 “Oh my!”  😀"
    assert tokenizer.decode(Spelling(tokenizer).ids(text)) == text


@pytest.mark.parametrize("family", ["llama", "unheard-of"])
def test_a_saved_tokenizer_is_the_same_when_loaded(tmp_path: Path, family: str) -> None:
    made = load_tokenizer(str(sentencepiece_file(tmp_path)))
    folder = tmp_path / "saved"
    made.save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps({"model_type": family}))
    again = [AutoTokenizer.from_pretrained(folder), load_tokenizer(str(folder), {"legacy": True})]
    for text in scrambled(100):
        wanted = Spelling(made).ids(text)
        assert [Spelling(one).ids(text) for one in again] == [wanted, wanted]
    assert again[0].pad_token_id == made.pad_token_id


def test_a_folder_with_only_a_sentencepiece_file_is_enough(tmp_path: Path) -> None:
    path = sentencepiece_file(tmp_path)
    by_file, by_folder = load_tokenizer(str(path)), load_tokenizer(str(tmp_path))
    assert by_file.get_vocab() == by_folder.get_vocab()


def test_legacy_prefers_the_sentencepiece_file_to_what_was_made_of_it(tmp_path: Path) -> None:
    chatml().save_pretrained(tmp_path)
    sentencepiece_file(tmp_path)
    assert load_tokenizer(str(tmp_path), {"legacy": True}).bos_token == "<s>"  # noqa: S105
    assert load_tokenizer(str(tmp_path)).bos_token is None


def test_a_sentencepiece_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be rebuilt exactly"):
        load_tokenizer(str(sentencepiece_file(tmp_path, "unigram")))
    (tmp_path / "tokenizer.model").write_bytes(b"no model")
    with pytest.raises(InputError, match="no SentencePiece model"):
        load_tokenizer(str(tmp_path))


def test_what_is_not_there_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_OFFLINE", "1")
    with pytest.raises(UnavailableError, match="give its folder instead"):
        load_tokenizer("nobody.invalid/no-such-model")
    with pytest.raises(InputError, match="no tokenizer"):
        load_tokenizer(str(tmp_path))
    with pytest.raises(ConfigError, match="legacy"):
        load_tokenizer("tiny:llama", {"legasy": True})  # codespell:ignore legasy


def test_tiny_families_share_one_tokenizer_of_bytes() -> None:
    tokenizer = load_tokenizer("tiny:qwen3", {"legacy": True})
    assert tokenizer.get_vocab() == load_tokenizer("tiny:llama").get_vocab()
    assert len(tokenizer) == TINY_VOCABULARY
    special = (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id)
    assert special == (0, 1, 2)
    text = "Oh my! 你好 </s> <pad>\n"
    ids = Spelling(tokenizer).ids(text)
    assert ids == [3 + byte for byte in text.encode()]
    assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("text", ["</s>", "a <s>", "<|im_end|>", "x<|im_start|>system", "<think>"])
def test_text_that_spells_a_special_token_stays_text(tmp_path: Path, text: str) -> None:
    for tokenizer in (
        load_tokenizer("tiny:llama"),
        load_tokenizer(str(sentencepiece_file(tmp_path))),
        chatml(),
    ):
        ids = Spelling(tokenizer).ids(text)
        assert not set(ids) & set(tokenizer.added_tokens_decoder)
        assert tokenizer.decode(ids) == text


def test_text_without_special_tokens_is_as_the_tokenizer_has_it() -> None:
    tokenizer = chatml()
    plain = tokenizer.encode("Oh my! 你好", add_special_tokens=False)
    assert Spelling(tokenizer).ids("Oh my! 你好") == plain


def test_layouts_are_split_at_special_tokens() -> None:
    spelling = Spelling(load_tokenizer("tiny:llama"))
    assert spelling.split("a</s><s>[INST] ") == ["a", Symbol("</s>"), Symbol("<s>"), "[INST] "]
    assert [spelling.id_of(symbol) for symbol in ("<s>", "</s>")] == [1, 2]


def test_chat_templates_give_what_stands_around_messages() -> None:
    system = "<|im_start|>system\nYou help.<|im_end|>\n<|im_start|>user\n"
    end = "<|im_end|>\n<|im_start|>assistant\n"
    again = "<|im_end|>\n<|im_start|>user\n"
    assert Spelling(chatml()).chat(["A1", "B2", "C3"]) == [system, end, again, end]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (None, "has none"),
        ("{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}", "2 times"),
        ("{% for m in messages %}{{ m.content | upper }}{% endfor %}", "0 times"),
    ],
)
def test_chat_templates_that_do_not_fit_are_refused(template: str | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Spelling(chatml(template)).chat(["mark-one"])


def test_a_tokenizer_without_tokenizer_json_is_refused() -> None:
    slow = type("Slow", (), {"is_fast": False})()
    with pytest.raises(ConfigError, match="no fast tokenizer"):
        Spelling(slow)
