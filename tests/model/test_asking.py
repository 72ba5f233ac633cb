"""Asking gives each example its own answer, in order, whatever stands beside it in the batch."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import MER9
from affectlens.encoders.features import Features
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.model import tiny
from affectlens.model.answer import LabelScores
from affectlens.model.asking import Asking, ask, stream
from affectlens.model.checkpoint import Loaded, create
from affectlens.model.example import Example, Turn
from affectlens.model.sampling import Sampling
from affectlens.model.systems import emotion_llama

QUESTION = Turn(question="What is felt?", task="emotion")
SOUND = Missing("no audio stream")
SCORED = Asking(max_tokens=0, labels=MER9)
SHORT = Asking(max_tokens=12)


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    torch.set_num_threads(1)
    system = tiny.shrink(emotion_llama.build(emotion_llama.Config()))
    made = create(system, place=Place(device="cpu", precision="float32"), seed=3)
    with torch.no_grad():  # strong enough weights that answers differ
        for name, weight in made.model.named_parameters():
            if weight.ndim == 2:
                weight.normal_(std=0.3, generator=torch.Generator().manual_seed(len(name)))
    # Only bytes that are characters by themselves, since others spell nothing at random.
    made.model.get_output_embeddings().register_forward_hook(
        lambda _, __, logits: logits.index_fill(-1, torch.arange(3 + 128, logits.shape[-1]), -50.0)
    )
    return made


def features(rows: int, seed: int) -> tuple[Features]:
    values_TD = np.random.default_rng(seed).normal(size=(rows, 32)).astype(np.float32)
    return (Features(values_TD, np.zeros(rows)),)


def example(seed: int, subtitle: str, *, sound: bool = True) -> Example:
    streams: Mapping[str, Any] = {
        "patches": features(16, seed),
        **{name: features(1 + seed, seed + 9) for name in ("local", "temporal", "context")},
        "audio": features(3, seed) if sound else SOUND,
    }
    return Example(turns=(QUESTION,), features=streams, subtitle=subtitle, name=f"clip {seed}")


EXAMPLES = (
    example(0, "Oh my!"),
    example(1, "I never said that he would come back here, did I?", sound=False),
    example(2, "No."),
    Example(turns=(QUESTION,), name="words alone"),
    example(4, "Yes, of course", sound=False),
)


def scores(answer: Any) -> dict[str, float]:
    assert isinstance(answer.labels, LabelScores)
    return dict(answer.labels.log_likelihoods)


def test_batches_give_what_single_questions_give(loaded: Loaded) -> None:
    how = Asking(max_tokens=12, labels=MER9, batch_size=3)
    together = ask(*loaded, EXAMPLES, how)
    for found, one in zip(together, EXAMPLES, strict=True):
        (alone,) = ask(*loaded, [one], how)
        assert (found.text, found.tokens, found.ended) == (alone.text, alone.tokens, alone.ended)
        assert scores(found) == pytest.approx(scores(alone), abs=1e-4)
    assert len({answer.text for answer in together}) == len(EXAMPLES)


def test_scores_are_what_training_calls_the_loss_of_each_label(loaded: Loaded) -> None:
    model, processor = loaded
    (found,) = ask(*loaded, EXAMPLES[:1], SCORED)
    for label in ("happy", "worried"):
        turn = Turn(question=QUESTION.question, task=QUESTION.task, answer=label)
        learned = Example(turns=(turn,), features=EXAMPLES[0].features, subtitle="Oh my!")
        batch = processor([learned], training=True)
        with torch.no_grad():
            loss = model(**batch).loss
        assert scores(found)[label] == pytest.approx(-float(loss) * (len(label) + 1), abs=1e-3)


def test_text_is_the_same_whether_labels_were_scored_first_or_not(loaded: Loaded) -> None:
    plain = ask(*loaded, EXAMPLES[:2], SHORT)
    scored = ask(*loaded, EXAMPLES[:2], Asking(max_tokens=12, labels=MER9))
    assert [one.text for one in plain] == [one.text for one in scored]
    assert all(isinstance(one.labels, Missing) for one in plain)


def test_a_cache_of_fixed_size_changes_no_answer(loaded: Loaded) -> None:
    fixed = ask(*loaded, EXAMPLES, Asking(max_tokens=12, labels=MER9, compiled=True))
    grown = ask(*loaded, EXAMPLES, Asking(max_tokens=12, labels=MER9))
    assert [one.text for one in fixed] == [one.text for one in grown]


def test_labels_can_be_scored_without_any_text(loaded: Loaded) -> None:
    (found,) = ask(*loaded, EXAMPLES[:1], SCORED)
    assert (found.text, found.tokens, found.ended) == ("", 0, False)
    assert isinstance(found.labels, LabelScores)
    assert tuple(found.labels.probabilities) == MER9.labels
    assert found.labels.tokens["happy"] == 6  # five bytes and the end


def test_text_can_be_held_to_labels(loaded: Loaded) -> None:
    one = ask(*loaded, EXAMPLES, Asking(labels=MER9, say="label"))
    assert all(found.ended and found.text in MER9.labels for found in one)
    many = ask(*loaded, EXAMPLES, Asking(labels=MER9, say="labels"))
    for found in many:
        words = found.text.split(", ")
        assert found.ended
        assert set(words) <= set(MER9.labels)
        assert len(set(words)) == len(words)


def test_seeds_decide_what_is_drawn_alone_and_in_batches(loaded: Loaded) -> None:
    def draw(seed: int, size: int) -> list[str]:
        how = Asking(max_tokens=12, sampling=Sampling(seed=seed), batch_size=size)
        return [found.text for found in ask(*loaded, EXAMPLES, how)]

    assert draw(1, 5) == draw(1, 2)
    assert draw(1, 5) != draw(2, 5)
    assert draw(1, 5) != [found.text for found in ask(*loaded, EXAMPLES, SHORT)]


def test_answers_that_run_into_the_limit_say_so(loaded: Loaded) -> None:
    (cut,) = ask(*loaded, EXAMPLES[:1], Asking(max_tokens=3))
    assert (cut.ended, cut.tokens) == (False, 3)


def test_no_answer_is_longer_than_the_context_has_room(loaded: Loaded) -> None:
    prompt = loaded.processor(EXAMPLES[:1])["input_ids"].shape[1]
    tight = copy.copy(loaded.processor)
    tight.context = prompt + 2
    (cut,) = ask(loaded.model, tight, EXAMPLES[:1], SHORT)
    assert (cut.ended, cut.tokens) == (False, 2)


def test_the_end_is_counted_and_not_shown(loaded: Loaded) -> None:
    (found,) = ask(*loaded, EXAMPLES[:1], Asking(labels=MER9, say="label"))
    assert found.ended
    assert found.tokens == len(found.text) + 1


@pytest.mark.parametrize("sampling", [None, Sampling(seed=5, temperature=0.7, top_p=0.9)])
def test_streams_write_the_text_that_asking_gives(
    loaded: Loaded, sampling: Sampling | None
) -> None:
    how = Asking(max_tokens=24, sampling=sampling)
    for one in EXAMPLES[:3]:
        pieces = list(stream(*loaded, one, how))
        assert "".join(pieces) == ask(*loaded, [one], how)[0].text
        assert len(pieces) > 1


def test_errors_of_the_model_reach_the_reader_of_a_stream(loaded: Loaded) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("out of memory")

    hook = loaded.model.language.model.norm.register_forward_hook(fail)
    with pytest.raises(RuntimeError, match="out of memory"):
        list(stream(*loaded, EXAMPLES[0], SHORT))
    hook.remove()


def test_leaving_a_stream_stops_the_model(loaded: Loaded) -> None:
    steps = []
    hook = loaded.model.language.model.register_forward_hook(lambda *_: steps.append(1))
    for _ in stream(*loaded, EXAMPLES[0], Asking(max_tokens=3000)):
        break
    hook.remove()
    assert len(steps) < 1000


def test_progress_is_told_and_ends_at_one(loaded: Loaded) -> None:
    told: list[float] = []
    how = Asking(max_tokens=2, batch_size=2)
    ask(*loaded, EXAMPLES, how, progress=lambda stage, share: told.append(share))
    assert told == [pytest.approx(share) for share in (0.4, 0.8, 1.0)]
    assert ask(*loaded, [], how) == []


def test_answers_are_spelled_as_training_spells_them(loaded: Loaded) -> None:
    end, happy = map(loaded.processor.answer_ids, ("", "happy"))
    assert end == (loaded.processor.tokenizer.eos_token_id,)
    assert happy[-1:] == end
    assert len(happy) == 6


@pytest.mark.parametrize(
    "wrong",
    [{"max_tokens": -1}, {"batch_size": 0}, {"max_tokens": 0}, {"say": "label"}],
    ids=str,
)
def test_questions_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Asking(**wrong)


def test_labels_longer_than_answers_are_refused(loaded: Loaded) -> None:
    long = "x" * loaded.processor.system.max_length
    assert len(loaded.processor.answer_ids(long[1:])) == len(long)
    with pytest.raises(ConfigError, match="takes 1025 tokens as an answer"):
        ask(*loaded, EXAMPLES, Asking(max_tokens=0, labels=LabelSpace("long", (long, "y"))))


def test_a_prompt_needs_room_for_the_longest_label(loaded: Loaded) -> None:
    prompt = loaded.processor(EXAMPLES[:1])["input_ids"].shape[1]
    longest = max(len(loaded.processor.answer_ids(label)) for label in MER9.labels)
    tight = copy.copy(loaded.processor)
    tight.context = prompt + longest
    ask(loaded.model, tight, EXAMPLES[:1], SCORED)
    tight.context -= 1
    with pytest.raises(InputError, match=f"{EXAMPLES[0].name} takes {prompt} tokens and the long"):
        ask(loaded.model, tight, EXAMPLES[:1], SCORED)


def test_equal_samples_draw_alike_wherever_they_stand(loaded: Loaded) -> None:
    how = Asking(max_tokens=12, sampling=Sampling(seed=1))
    one, other = EXAMPLES[:2]
    first, _, last = ask(*loaded, [one, other, one], how)
    assert first.text == last.text == ask(*loaded, [one], how)[0].text


def test_one_example_instead_of_a_list_is_told(loaded: Loaded) -> None:
    with pytest.raises(InputError, match=f"got one alone, {EXAMPLES[0].name}"):
        ask(*loaded, EXAMPLES[0], SHORT)  # type: ignore[arg-type]
