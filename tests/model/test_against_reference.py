"""Emotion-LLaMA from pixels to label scores meets an oracle that was written from the spec alone.

A tiny model with deterministic weights; `reference_path` runs its tensors one sample at a time.
"""

# T tokens, E width of the language model, V vocabulary

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from sentencepiece import SentencePieceProcessor
from tests.model import reference_path as reference
from tests.model.made_tokenizers import LLAMA2
from torch import Tensor

from affectlens.emotions.spaces import MER9
from affectlens.encoders.backends import eva
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.view import Pictures
from affectlens.foundation.device import Place
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import configured
from affectlens.model import trace
from affectlens.model.asking import Asking, ask
from affectlens.model.batch import Batch
from affectlens.model.config import AffectLMConfig
from affectlens.model.example import Example, Turn
from affectlens.model.language import language_config
from affectlens.model.network import AffectLM
from affectlens.model.processor import AffectProcessor
from affectlens.model.published import published
from affectlens.model.tiny import shrink
from affectlens.model.tokenizers import load_tokenizer

WIDTH = 32  # of every encoder's output at the tiny size
ROWS = (("local", 5), ("temporal", 1), ("audio", 1))  # of the first sample; means count
MOST = 8  # tokens of an answer
CPU = Place(device="cpu")
NAMES = {
    "language.": "llama_model.base_model.model.",
    "lm_head.": "lm_head.0.",
    ".base_layer.": ".",
    ".default.": ".",
    "connectors.patches.linear": "llama_proj",
    "connectors.local.linear": "feats_llama_proj1",
    "connectors.temporal.linear": "feats_llama_proj2",
    "connectors.audio.linear": "feats_llama_proj3",
    "connectors.context.linear": "cls_tk_llama_proj",
}
ASKED = "Which one: happy, sad?"
TEXTS = (
    ("Oh my!", "happy"),
    ("I did not", "contempt"),
    ("A b, c and d.", "worried"),
    ("No.", "sad"),
)
GIVEN = ("plta", "lta", "pa", "")  # first letters of what each sample has; p: patches and CLS


@dataclass(frozen=True)
class World:
    """A model, its weights by the released names, and samples as the reference and we take them."""

    model: AffectLM
    processors: dict[bool, AffectProcessor]  # by whether it is the released layout
    weights: dict[str, Tensor]
    sizes: reference.Sizes
    tokenize: reference.Tokenize
    theirs: list[reference.Sample]
    ours: list[Example]

    def before(self, *, released: bool) -> list[Tensor]:
        """The reference's prompts, embedded."""
        given = (self.weights, self.sizes, self.tokenize)
        return [reference.spliced(one, *given, released=released) for one in self.theirs]

    def batch(self, *, released: bool, training: bool = False) -> Batch:
        """Ours, all samples at once."""
        return self.processors[released](self.ours, training=training)

    def answers(self) -> list[list[int]]:
        """Ids of the answers, by themselves."""
        return [self.tokenize(answer) for _, answer in TEXTS]


def both(number: int, encoder: Encoder) -> tuple[reference.Sample, Example]:
    rng = np.random.default_rng(number)
    sentence, answer = TEXTS[number]
    picture = rng.integers(0, 256, (56, 56, 3), dtype=np.uint8)
    seen = encoder(Pictures(picture[None], np.zeros(1)))
    rows = {name: rng.normal(size=(count + number, WIDTH)).astype("f") for name, count in ROWS}
    found = {name: Features(one, np.arange(len(one)) / 2) for name, one in rows.items()}
    found |= {"patches": seen["patches"], "context": seen["cls"]}
    there = {*GIVEN[number], *("c" if "p" in GIVEN[number] else "")}
    mae, videomae, hubert = (
        torch.from_numpy(rows[name]).mean(0) if name[0] in there else None for name, _ in ROWS
    )
    theirs = reference.Sample(
        picture if "p" in there else None, (mae, videomae, hubert), sentence, "emotion", ASKED
    )
    features = {
        name: (one,) if name[0] in there else Missing("the test says so")
        for name, one in found.items()
    }
    turn = Turn(question=ASKED, task="emotion", answer=answer)
    return theirs, Example(turns=(turn,), features=features, subtitle=sentence)


def renamed(model: AffectLM, encoder: Any) -> dict[str, Tensor]:
    """Our tensors under the names of spec §1.2 and §2.1."""
    weights = {f"visual_encoder.{name}": one for name, one in encoder.net.state_dict().items()}
    weights |= {f"ln_vision.{name}": one for name, one in encoder.ln_vision.state_dict().items()}
    for name, tensor in model.state_dict().items():
        for ours, theirs in NAMES.items():
            name = name.replace(ours, theirs)
        weights[name] = tensor
    return weights


def words(kind: str) -> tuple[Any, reference.Tokenize, int]:
    """A tokenizer of ours, another of the same vocabulary, and its size."""
    if kind == "bytes":
        return load_tokenizer("tiny:llama"), lambda text: [3 + b for b in text.encode()], 264
    if not LLAMA2.is_file():
        pytest.skip("needs ../shared with Llama 2's tokenizer")
    plain = SentencePieceProcessor(model_file=str(LLAMA2))
    return load_tokenizer(str(LLAMA2), {"legacy": True}), plain.encode, 32000


@pytest.fixture(
    name="world",
    scope="module",
    params=["bytes", pytest.param("llama2", marks=pytest.mark.shared)],
)
def _world(request: pytest.FixtureRequest) -> World:
    tokenizer, tokenize, vocabulary = words(request.param)
    declared = {
        released: shrink(published("emotion_llama", layout="released" if released else "paper"))
        for released in (False, True)
    }
    config = language_config("tiny:llama")
    config.vocab_size = vocabulary
    model = AffectLM(AffectLMConfig(system=declared[False], text_config=config))
    trace.fill(model)
    model.eval()
    part = declared[False].stream("patches").sources[0].encoder
    encoder: Any = eva.build(configured("encoders.backends", part)[1], CPU)
    trace.fill(encoder.net)
    trace.fill(encoder.ln_vision)
    pairs = [both(number, encoder) for number in range(len(TEXTS))]
    sizes = reference.Sizes(
        picture_heads=2,
        heads=config.num_attention_heads,
        scale=16 / 64,
        norm_eps=config.rms_norm_eps,
    )
    return World(
        model,
        {key: AffectProcessor(tokenizer, system=system) for key, system in declared.items()},
        renamed(model, encoder),
        sizes,
        tokenize,
        [theirs for theirs, _ in pairs],
        [ours for _, ours in pairs],
    )


LAYOUTS = pytest.mark.parametrize("released", [False, True], ids=["paper", "released"])


def rows_of(batch: Batch, tensor_BTX: Tensor) -> list[Tensor]:
    """Each sample's, without padding."""
    return [row[mask.bool()] for row, mask in zip(tensor_BTX, batch["attention_mask"], strict=True)]


def meet(ours: Sequence[Tensor], theirs: Sequence[Tensor], within: float) -> None:
    assert [one.shape for one in ours] == [one.shape for one in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=within, atol=within)


def test_the_picture_encoder_and_the_streams_give_the_same_tokens(world: World) -> None:
    encoded = [reference.encode(one, world.weights, world.sizes) for one in world.theirs]
    batch = world.batch(released=False)
    tokens = trace.trace(world.model, batch).tokens
    for row, (patches_NE, single_NE) in enumerate(encoded):
        mine = {
            name: tokens[name][given["rows_N"].tolist().index(row)]
            for name, given in batch["streams"].items()
            if row in given["rows_N"]
        }
        patches = mine.pop("patches", patches_NE[:0])
        single = [mine[name] for name in ("local", "temporal", "audio", "context") if name in mine]
        meet([patches, torch.cat([patches[:0], *single])], [patches_NE, single_NE], 1e-5)
    assert len(encoded[0][0]) == 4
    assert len(encoded[0][1]) == 4


@LAYOUTS
def test_prompts_are_embedded_alike(world: World, released: bool) -> None:
    batch = world.batch(released=released)
    meet(rows_of(batch, world.model.embed(batch)), world.before(released=released), 1e-5)


@LAYOUTS
def test_prompts_that_differ_in_length_and_streams_have_the_same_logits(
    world: World, released: bool
) -> None:
    batch = world.batch(released=released)
    assert len(set(batch["attention_mask"].sum(1).tolist())) == len(TEXTS)
    theirs = [
        reference.llama(x, world.weights, world.sizes) for x in world.before(released=released)
    ]
    meet(rows_of(batch, trace.trace(world.model, batch).logits_BTV), theirs, 1e-4)


@LAYOUTS
def test_the_loss_is_that_of_answers_and_their_ends_in_the_layout_of_training(
    world: World, released: bool
) -> None:
    batch = world.batch(released=released, training=True)
    assert batch["attention_mask"][:, -1].min() == 0, "padded on the right"
    with torch.no_grad():
        ours = float(world.model(**batch).loss)
    before = world.before(released=False)
    theirs = reference.loss(before, world.answers(), world.weights, world.sizes)
    assert ours == pytest.approx(theirs, abs=1e-5)


@LAYOUTS
def test_greedy_answers_are_the_same_ids(world: World, released: bool) -> None:
    found = world.model.generate(**world.batch(released=released), max_new_tokens=MOST).tolist()
    theirs = [
        reference.greedy(x, world.weights, world.sizes, MOST)
        for x in world.before(released=released)
    ]
    assert [row[: len(ids)] for row, ids in zip(found, theirs, strict=True)] == theirs
    processor = world.processors[released]
    said = ask(world.model, processor, world.ours, Asking(max_tokens=MOST))
    assert [one.text for one in said] == [processor.decode(ids) for ids in theirs]
    assert [one.tokens for one in said] == [len(ids) for ids in theirs]


@LAYOUTS
def test_labels_score_as_full_passes_say(world: World, released: bool) -> None:
    how = Asking(labels=MER9, max_tokens=0)
    asked = ask(world.model, world.processors[released], world.ours, how)
    for answer, before_TE in zip(asked, world.before(released=released), strict=True):
        assert not isinstance(answer.labels, Missing)
        theirs = {
            label: reference.label_score(
                before_TE, world.tokenize(label), world.weights, world.sizes
            )
            for label in MER9.labels
        }
        assert answer.labels.log_likelihoods == pytest.approx(theirs, abs=1e-4)
