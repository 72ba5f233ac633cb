"""Words alone: what is said and measured, in the tokenizer's own template or in plain lines."""

import pytest

from affectlens.foundation.errors import ConfigError
from affectlens.model.example import Example, Turn
from affectlens.model.processor import AffectProcessor
from affectlens.model.published import published
from affectlens.model.systems.words import Config
from affectlens.model.tokenizers import load_tokenizer

TURN = Turn(question="Which emotion?", answer="happy")


def written(wrap: str, subtitle: str | None = None, clues: str | None = None) -> str:
    system = published("words", wrap=wrap)
    processor = AffectProcessor(load_tokenizer("tiny:llama"), system=system)
    row = processor.row(Example(turns=(TURN,), subtitle=subtitle, clues=clues), training=True)
    return str(processor.tokenizer.decode(row.ids))


def test_it_reads_what_is_said_and_what_was_measured() -> None:
    assert written("plain", subtitle="Oh my!", clues="A smile.") == (
        "<s>The person says: Oh my!\nWhat was measured: A smile.\nWhich emotion?\nhappy</s>"
    )
    assert written("plain") == "<s>Which emotion?\nhappy</s>"


def test_a_chat_model_is_asked_in_its_own_template() -> None:
    assert written("chat", subtitle="Oh my!") == (
        "<s>user\nThe person says: Oh my!\nWhich emotion?</s>\n<s>assistant\nhappy</s>"
    )


def test_there_are_no_streams() -> None:
    assert published("words").streams == ()


def test_another_wrap_is_refused() -> None:
    with pytest.raises(ConfigError, match="chat, plain; got 'old'"):
        Config(wrap="old")  # type: ignore[arg-type]
