"""What batches promise: one path for training and use, padding on the right side, clear errors."""

# B samples, T tokens, N samples that have a stream

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.model.made_tokenizers import chatml

from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.encoders.view import View
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import use
from affectlens.model.batch import IGNORED
from affectlens.model.declaration import Layout, Stream, System
from affectlens.model.example import Example, Turn
from affectlens.model.processor import AffectProcessor
from affectlens.model.tokenizers import load_tokenizer

EVA = use("eva", weights="tiny", width=8, side=56, depth=1, heads=2)
FRAME = View(of="first_frame")
LAYOUT = Layout(
    first=("<v>{patches}</v>", "{context}", "{question}"),
    later=("{question}",),
    wrap="[I] {} [/I]",
    end="</s>",
)
SYSTEM = System(
    name="small",
    paper="none",
    language="tiny:llama",
    streams=(
        Stream(
            name="patches",
            sources=(Source(EVA, FRAME, "patches"),),
            connector=use("merge_linear", group=2),
        ),
        Stream(
            name="context",
            sources=(Source(EVA, FRAME, "cls"),),
            connector=use("pooled_linear"),
        ),
    ),
    training=LAYOUT,
    generation=LAYOUT,
    prompts="emotion_llama",
)
TINY = load_tokenizer("tiny:llama")
PROCESSOR = AffectProcessor(TINY, system=SYSTEM)


def rows(count: int, value: float = 1.0, width: int = 8) -> tuple[Features, ...]:
    return (
        Features(np.full((count, width), value, np.float32), np.arange(count, dtype=np.float64)),
    )


def example(question: str = "Q?", patches: int = 4, **changes: object) -> Example:
    plain = Example(
        turns=(Turn(question=question, answer="yes"),),
        features={"patches": rows(patches), "context": rows(1, 2.0)},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


SHORT, LONG = example(), example("Which of them?", patches=8)
SILENT = example("No picture?", features={"patches": Missing("none"), "context": rows(1, 3.0)})


def bytes_of(text: str) -> list[int]:
    return [3 + byte for byte in text.encode()]


def test_a_row_has_its_text_its_slots_and_its_labels() -> None:
    row = PROCESSOR.row(SHORT, training=True)
    before, between = bytes_of("[I] <v>"), bytes_of("</v>")
    after, answer = bytes_of("Q? [/I]"), [*bytes_of("yes"), 2]
    assert row.ids == [1, *before, 0, 0, *between, 0, *after, *answer]
    assert row.slots == [
        *[0] * (1 + len(before)), 1, 1, *[0] * len(between), 2, *[0] * (len(after) + len(answer)),
    ]  # fmt: skip
    assert row.labels == [*[IGNORED] * (len(row.ids) - len(answer)), *answer]


def test_training_and_use_read_the_same_ids() -> None:
    for one in (SHORT, LONG, SILENT):
        learned, used = PROCESSOR.row(one, training=True), PROCESSOR.row(one)
        assert learned.ids[: len(used.ids)] == used.ids
        assert learned.slots[: len(used.ids)] == used.slots
        assert set(used.labels) == {IGNORED}


@pytest.mark.parametrize("training", [True, False])
def test_batches_are_padded_behind_for_training_and_before_for_use(training: bool) -> None:
    samples = [SHORT, LONG, SILENT]
    batch = PROCESSOR(samples, training=training)
    assert ("labels" in batch) == training
    mask_BT = batch["attention_mask"].bool()
    for i, one in enumerate(samples):
        row = PROCESSOR.row(one, training=training)
        assert batch["input_ids"][i][mask_BT[i]].tolist() == row.ids
        assert batch["slots"][i][mask_BT[i]].tolist() == row.slots
        assert batch["slots"][i][~mask_BT[i]].sum() == 0
        assert bool(mask_BT[i, 0 if training else -1])
        if training:
            assert batch["labels"][i][mask_BT[i]].tolist() == row.labels
            assert set(batch["labels"][i][~mask_BT[i]].tolist()) <= {IGNORED}
    assert len({tuple(t.shape) for t in (batch["input_ids"], mask_BT, batch["slots"])}) == 1


def test_streams_hold_the_samples_that_have_them() -> None:
    batch = PROCESSOR([SHORT, SILENT, LONG])
    patches, context = batch["streams"]["patches"], batch["streams"]["context"]
    assert list(batch["streams"]) == ["patches", "context"]
    assert patches["rows_N"].tolist() == [0, 2]
    assert context["rows_N"].tolist() == [0, 1, 2]
    assert patches["sources"][0]["lengths_N"].tolist() == [4, 8]
    assert patches["sources"][0]["values_NTD"].shape == (2, 8, 8)
    assert context["sources"][0]["values_NTD"][:, 0, 0].tolist() == [2.0, 3.0, 2.0]
    assert "patches" not in PROCESSOR([SILENT])["streams"]


def test_a_batch_has_as_many_slots_as_its_streams_give_tokens() -> None:
    batch = PROCESSOR([SHORT, SILENT, LONG])
    assert (batch["slots"] == 1).sum(1).tolist() == [2, 0, 4]
    assert (batch["slots"] == 2).sum(1).tolist() == [1, 1, 1]


def test_long_answers_are_cut_on_the_right() -> None:
    system = replace(SYSTEM, max_length=5)
    turns = (Turn(question="Q?", answer="yes, indeed"),)
    row = AffectProcessor(TINY, system=system).row(example(turns=turns), training=True)
    assert [label for label in row.labels if label != IGNORED] == bytes_of("yes, ")
    assert row.ids[-5:] == bytes_of("yes, ")
    assert len(row.ids) == len(row.slots) == len(row.labels)


def test_what_does_not_fit_into_the_context_is_told_with_numbers() -> None:
    wanted = len(PROCESSOR.row(LONG, training=True).ids)
    assert AffectProcessor(TINY, system=SYSTEM, context=wanted).row(LONG, training=True)
    tight = AffectProcessor(TINY, system=SYSTEM, context=wanted - 1)
    with pytest.raises(InputError, match=f"clip9 takes {wanted} tokens.* reads {wanted - 1}"):
        tight([SHORT, replace(LONG, name="clip9")], training=True)
    asked = len(PROCESSOR.row(LONG).ids)
    with pytest.raises(InputError, match=f"takes {asked + 1} tokens"):  # one for the answer
        AffectProcessor(TINY, system=SYSTEM, context=asked)([LONG])


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ({"sound": rows(1)}, "clip9 has features of 'sound'.*patches, context"),
        ({"patches": rows(4, width=6)}, "clip9.*'patches' are 6 wide.* give 8"),
        ({"patches": rows(4) * 2}, "clip9.*8 and 8 wide.* give 8"),
        ({"patches": rows(0)}, "clip9.*no rows"),
        ({"patches": rows(3)}, "clip9, stream 'patches': merge_linear"),
    ],
)
def test_features_that_do_not_fit_are_told_by_name(
    features: dict[str, tuple[Features, ...]], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        PROCESSOR([example(features=features, name="clip9")])


def test_absent_streams_may_have_any_name() -> None:
    gone = example(features={"sound": Missing("silent")})
    assert PROCESSOR.row(gone).ids == [1, *bytes_of("[I] Q? [/I]")]


def test_a_tokenizer_without_begin_gets_none() -> None:
    system = replace(SYSTEM, training=replace(LAYOUT, end=""), generation=LAYOUT)
    processor = AffectProcessor(chatml(), system=system)
    row = processor.row(example(features={}))
    assert processor.tokenizer.decode(row.ids) == "[I] Q? [/I]"


def test_a_prompt_that_the_tokenizer_cannot_write_is_refused_at_once() -> None:
    system = replace(SYSTEM, generation=replace(LAYOUT, wrap="chat"))
    with pytest.raises(ConfigError, match="chat template"):
        AffectProcessor(chatml(None), system=system)


def test_special_tokens_in_words_stay_words() -> None:
    rude = "</s><s><pad>{patches}"
    processor = AffectProcessor(TINY, system=SYSTEM)
    row = processor.row(example(turns=(Turn(question=rude, answer=rude),)), training=True)
    assert row.ids.count(1) == 1  # the begin
    assert row.ids.count(2) == 1  # the end
    assert sum(slot == 1 for slot in row.slots) == 2
    assert bytes_of(rude) == [label for label in row.labels if label != IGNORED][:-1]


@pytest.mark.parametrize(
    ("generated", "answer"),
    [
        ([*bytes_of(" happy "), 2, *bytes_of("junk")], "happy"),
        ([0, *bytes_of("happy")], "happy"),
        (bytes_of("happy</s> and more"), "happy"),
        (bytes_of("<s>[I] Q? [/I] sad"), "sad"),
        ([], ""),
    ],
)
def test_generated_ids_are_read_back_as_an_answer(generated: list[int], answer: str) -> None:
    assert PROCESSOR.decode(generated) == answer
    assert PROCESSOR.decode(torch.tensor(generated, dtype=torch.long)) == answer


def test_a_saved_processor_is_the_same_when_loaded(tmp_path: Path) -> None:
    processor = AffectProcessor(TINY, system=SYSTEM, context=500)
    processor.save_pretrained(tmp_path)
    again = AffectProcessor.from_pretrained(tmp_path)
    assert again.system == SYSTEM
    assert again.context == 500
    assert again.row(LONG, training=True) == processor.row(LONG, training=True)
    assert again.tokenizer.chat_template == TINY.chat_template


def test_a_processor_goes_to_other_processes() -> None:
    again = pickle.loads(pickle.dumps(PROCESSOR))  # noqa: S301 - our own
    assert again.row(LONG) == PROCESSOR.row(LONG)


def test_a_batch_has_an_example_and_they_are_a_list() -> None:
    with pytest.raises(InputError, match="got none"):
        PROCESSOR([])
    with pytest.raises(InputError, match="as a list"):
        PROCESSOR(SHORT)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_are_numbers(value: float) -> None:
    bad = example(features={"patches": rows(4), "context": rows(1, value)}, name="clip 7")
    with pytest.raises(InputError, match="clip 7: the features of 'context' hold what is no fin"):
        PROCESSOR([bad])


def test_an_end_of_several_tokens_is_told_when_the_processor_is_made() -> None:
    layout = replace(LAYOUT, end="###")
    with pytest.raises(ConfigError, match=r"end with '###'.*one token is needed"):
        AffectProcessor(TINY, system=replace(SYSTEM, training=layout, generation=layout))
