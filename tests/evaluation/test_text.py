"""BLEU-4, ROUGE-L and BERTScore are those of the tools that everybody uses."""

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluation.outcomes import outcomes

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.counting import ngrams
from affectlens.evaluation.metrics.text import Config, build
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError
from affectlens.foundation.missing import Missing

TRUE = [
    "In the video, the man smiles; his tone isn't calm at all (he's 3.5 years old).",
    "The woman frowns deeply, and her voice trembles with anger and fear.",
]
SAID = [
    "In the video, a man smiles; his tone isn't sad at all (he's 3.5 years old).",
    "The woman frowns, and her loud voice trembles with fear.",
]
CHINESE = ("男子面带微笑，语气轻松，显得很高兴。", "男子微笑着，语气很轻松，显得高兴。")


def _scores(
    true: list[str], said: list[str | None], config: Config | None = None
) -> dict[str, float]:
    told = [{} if text is None else {"explanation": text} for text in said]
    made = outcomes([{"description": text} for text in true], told)
    return build(config or Config()).tally(made).scores()


def test_bleu_is_that_of_sacrebleu_and_rouge_that_of_rouge_score() -> None:
    # sacrebleu 2.6.0 corpus_bleu(SAID, [TRUE]); rouge-score 0.1.2 rougeL, means of both pairs.
    found = _scores(TRUE, list(SAID))
    assert found["bleu4"] == pytest.approx(0.573471767018889, abs=1e-12)
    assert found["rouge_l"] == pytest.approx(0.8564593301435407, abs=1e-12)


def test_chinese_bleu_is_that_of_sacrebleu_by_signs() -> None:
    found = _scores([CHINESE[0]], [CHINESE[1]])  # tokenize="zh"
    assert found["bleu4"] == pytest.approx(0.3857324819977021, abs=1e-12)
    assert 0 < found["rouge_l"] < 1


def test_an_order_without_a_match_is_smoothed_only_if_asked() -> None:
    true, said = ["the man is happy today"], ["the man was sad here"]
    assert _scores(true, list(said))["bleu4"] == 0
    # sacrebleu 2.6.0, smooth_method="exp", its default
    smoothed = _scores(true, list(said), Config(smoothing="exp"))["bleu4"]
    assert smoothed == pytest.approx(0.21364350319811698, abs=1e-12)
    assert _scores(true, ["unlike words only"], Config(smoothing="exp"))["bleu4"] == 0


def test_bleu_is_of_the_whole_corpus_and_not_a_mean() -> None:
    alone = [_scores([true], [said])["bleu4"] for true, said in zip(TRUE, SAID, strict=True)]
    assert _scores(TRUE, list(SAID))["bleu4"] != pytest.approx(sum(alone) / 2)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't: (a/b) 3.5, 2,000 e-mail.", "Don't : ( a / b ) 3.5 , 2,000 e-mail ."),
        ("5-6 years...", "5 - 6 years . . ."),
        ("他说：“OK，好”。", "他 说 ： “ OK ， 好 ” 。"),
        ("", ""),
    ],
)
def test_tokens_are_those_of_mteval(text: str, tokens: str) -> None:
    assert ngrams.tokens(text) == tokens.split()


words = st.lists(st.sampled_from("abc"), max_size=9)


@given(words, words)
@settings(deadline=None, max_examples=80)
def test_the_longest_common_subsequence_is_found(one: list[str], other: list[str]) -> None:
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            longer = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else longer
    assert ngrams.longest_common(one, other) == table[-1][-1]


@given(st.lists(st.text("ab c.,好", min_size=1), min_size=1, max_size=4))
@settings(deadline=None, max_examples=40)
def test_scores_are_shares_and_the_truth_scores_1(texts: list[str]) -> None:
    true = [f"he is quite {text} glad" for text in texts]
    perfect = _scores(true, list(true))
    assert perfect == pytest.approx(dict.fromkeys(perfect, 1.0))
    for score in _scores(true, list(texts)).values():
        assert 0 <= score <= 1 + 1e-12


def test_saying_nothing_scores_0_and_is_told() -> None:
    made = outcomes(
        [{"description": "he is very glad now"}] * 3,
        [{}, {"explanation": "  "}, {"failure": Missing("broken"), "answer": "he is glad"}],
    )
    tally = build(Config()).tally(made)
    assert not tally.parsed_N.any()
    assert set(tally.scores().values()) == {0.0}


def test_a_missing_answer_lowers_what_others_earn() -> None:
    whole = _scores(TRUE, list(TRUE))
    half = _scores(TRUE, [TRUE[0], None])
    assert half["rouge_l"] == pytest.approx(0.5)
    assert half["bleu4"] < whole["bleu4"]


def test_the_answer_is_read_where_there_is_no_explanation() -> None:
    made = outcomes(
        [{"description": TRUE[0]}, {"description": TRUE[0]}],
        [{"answer": TRUE[0]}, {"answer": "no", "explanation": TRUE[0]}],
    )
    assert build(Config()).tally(made).scores()["rouge_l"] == 1


@pytest.mark.parametrize("description", [Missing("not described"), "", " … "])
def test_a_truth_without_description_is_told_with_its_place(description: Any) -> None:
    made = outcomes([{"description": description}], [{"explanation": "x"}])
    with pytest.raises(InputError, match=r"labels\.csv, row 2: wanted a description"):
        build(Config()).tally(made)


def test_of_nothing_there_is_no_score_and_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tally = build(Config()).tally([])
        assert all(math.isnan(value) for value in tally.scores().values())


def test_the_constant_is_the_description_that_is_most_like_all() -> None:
    texts = ["he smiles and is glad", "he smiles and is sad", "bright green parrots fly"]
    truths = [Sample(id=text, description=text) for text in texts]
    constant = next(iter(build(Config()).constants(truths).values()))
    assert constant.explanation in texts[:2]
    assert build(Config()).constants([]) == {}


def test_resamples_are_scored_at_once_as_one_by_one() -> None:
    made = outcomes(
        [{"description": text} for text in TRUE], [{"explanation": text} for text in SAID]
    )
    tally = build(Config()).tally(made)
    weights_BN = np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0]])
    found = tally.finish(weights_BN @ tally.counts_NK)
    assert found["bleu4"][0] == pytest.approx(tally.scores()["bleu4"])
    once = build(Config()).tally([made[0], made[0]]).scores()
    assert found["bleu4"][1] == pytest.approx(once["bleu4"])
    assert np.isnan(found["bleu4"][2])


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """A tiny random BERT with a tokenizer of a few words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.set_num_threads(1)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "he", "is", "glad", "sad", "very", "smiles"]
    tokenizer = Tokenizer(
        models.WordLevel({word: at for at, word in enumerate(vocabulary)}, unk_token="[UNK]")  # noqa: S106
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]",  # noqa: S106
        cls_token="[CLS]", sep_token="[SEP]",  # noqa: S106
    )  # fmt: skip
    fast.save_pretrained(tmp_path)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=12,
    )  # fmt: skip
    BertModel(config).save_pretrained(tmp_path)
    return tmp_path


def test_bert_score_is_greedy_matching_of_states(encoder: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    true, said = "he is glad", "he is very sad"
    found = _scores([true], [said], Config(bert=str(encoder), bert_layer=1))
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModel.from_pretrained(encoder).eval()

    def states(text: str) -> Any:
        with torch.no_grad():
            inputs = tokenizer(text, return_tensors="pt")
            hidden = model(**inputs, output_hidden_states=True).hidden_states[1][0, 1:-1]
        return (hidden / hidden.norm(dim=-1, keepdim=True)).numpy()

    cosine = states(said) @ states(true).T
    precision, recall = cosine.max(1).mean(), cosine.max(0).mean()
    assert found["bert_precision"] == pytest.approx(precision, abs=1e-6)
    assert found["bert_recall"] == pytest.approx(recall, abs=1e-6)
    harmonic = 2 * precision * recall / (precision + recall)
    assert found["bert_f"] == pytest.approx(harmonic, abs=1e-6)


def test_bert_score_of_the_truth_is_1_of_nothing_0_and_long_texts_are_cut(encoder: Path) -> None:
    config = Config(bert=str(encoder))
    assert _scores(["he is glad"], ["he is glad"], config)["bert_f"] == pytest.approx(1)
    assert _scores(["he is glad"], [None], config)["bert_f"] == 0
    assert 0 < _scores(["he is glad " * 20], ["he is sad " * 20], config)["bert_f"] <= 1


def test_an_encoder_or_layer_that_is_not_there_is_told(encoder: Path) -> None:
    with pytest.raises(ConfigError, match="2 layers; there is no layer 3"):
        build(Config(bert=str(encoder), bert_layer=3))
    with pytest.raises(UnavailableError, match="BERTScore"):
        build(Config(bert=str(encoder / "nothing")))
    (encoder / "config.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        build(Config(bert=str(encoder)))


def test_without_an_encoder_no_torch_is_loaded() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from affectlens.evaluation.metrics.text import Config, build; "
        "build(Config()); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
