"""EMER's overlap as a judge scores it: what is asked, how replies are read, what is averaged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evaluation.judge_server import judging, score
from tests.evaluation.outcomes import outcomes
from tests.foundation.chat_server import Answer, Server, completion, serving

from affectlens.evaluation.counting.overlap import read_score
from affectlens.evaluation.metric import Metric, Tally
from affectlens.evaluation.metrics.overlap import Config, build
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.scoring import score as scored
from affectlens.foundation import config as configs
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

TRUE = ("他很高兴，也很惊讶。", "她生气了。", "他皱着眉头，很担心。")
SAID = ("他很高兴。", "她平静。", "他皱着眉头，很担心。")
GIVEN = outcomes([{"description": text} for text in TRUE], [{"explanation": s} for s in SAID])


def metric(server: Server, **told: Any) -> Metric:
    about = (f"url={server.url}", "model=stand-in", "cache=none", "backoff_s=0.01", "retries=1")
    return build(Config(**{"judge": "endpoint", "judge_settings": about, **told}))


def replying(reply: str | Answer, given: list[Outcome] = GIVEN, **told: Any) -> Tally:
    """The tally when the judge always says the same."""
    answer = completion(reply) if isinstance(reply, str) else reply
    with serving([answer]) as server:
        return metric(server, **told).tally(given)


def test_scores_are_means_of_what_the_judge_says_of_each_sample() -> None:
    with judging() as server:
        tally = metric(server).tally(GIVEN)
    each = [score(true, said) for true, said in zip(TRUE, SAID, strict=True)]
    assert len(set(each)) == 3
    assert tally.per_sample["clue"].tolist() == each
    assert tally.scores()["clue"] == pytest.approx(np.mean(each))
    assert tally.scores()["label"] == pytest.approx(np.mean(each))  # its words are the same
    assert tally.parsed_N.all()
    assert tally.counted_N.all()


def test_label_overlap_sums_both_up_and_asks_for_equal_texts_once() -> None:
    with judging() as server:
        metric(server, parts=("label",)).tally(GIVEN)
    asked = [request["messages"][0]["content"] for request in server.requests]
    # Six texts, one of them twice, and three comparisons.
    assert len(asked) == len(set(asked)) == 5 + 3
    assert sum(prompt.startswith("请根据以下视频描述") for prompt in asked) == 5
    assert sum("《真实情感》：" in prompt for prompt in asked) == 3


def test_a_perfect_prediction_scores_ten() -> None:
    with judging() as server:
        judged = metric(server)
        found = judged.tally([Outcome(o.truth, judged.perfect(o.truth)) for o in GIVEN]).scores()
    assert found == {"clue": 10.0, "label": 10.0}


def test_in_english_it_asks_in_english() -> None:
    given_en = outcomes([{"description": "he is happy"}], [{"answer": "he is sad"}])
    with judging() as server:
        found = metric(server, language="en").tally(given_en).scores()
    assert found == pytest.approx({"clue": score("a b c", "a b d"), "label": 5.5})
    assert all("scores range" in r["messages"][0]["content"].lower() or "Video description" in
               r["messages"][0]["content"] for r in server.requests)  # fmt: skip


def test_the_released_spacing_is_asked_for_where_it_is_wanted() -> None:
    with judging() as server:
        metric(server, parts=("clue",), released_spacing=True).tally(GIVEN[:1])
    asked = server.requests[0]["messages"][0]["content"]
    assert asked.startswith(" " * 16 + "下面给出")
    with pytest.raises(ConfigError, match="zh only"):
        Config(released_spacing=True, language="en")


def test_completeness_is_the_mean_over_video_audio_and_text() -> None:
    def answer(request: dict[str, Any]) -> Answer:
        asked = request["messages"][0]["content"]
        text = "4" if "视频（" in asked else "9" if "音频（" in asked else "无。没有字幕。"
        return completion(text)

    with serving(answer) as server:
        tally = metric(server, parts=("completeness",)).tally(GIVEN)
    assert tally.scores() == {"completeness": 6.5}
    assert len(server.requests) == 9


@pytest.mark.parametrize(
    ("reply", "compat", "strict"),
    [
        ("8", 8, 8),
        ("10", 10, 10),
        ("8.5", 8.5, 8.5),
        ("9/10", 9, 9),
        ("'预测分数'：8；'原因'：两者一致", 8, 8),
        ("'预测分数'：8.5分", 8.5, 8.5),
        ("预测分数为7，得分范围为1-10", 7, 7),
        ("**预测分数**：10", 10, 10),
        ("得分范围为1-10，预测分数：6", 1, 6),
        ("1.《真实描述》：高兴\n2.《预测描述》：难过\n预测分数：3", 1, 3),
        ("1. happy\n2. sad\nno more", 1, None),
        ("'predicted score': 4; 'reason': 2 of 5 words", 4, 4),
        ("Score: 7 out of 10", 7, 7),
        ("I would say 7 of them", 7, 7),
        ("８", 8, 8),
        ("预测分数：１０", 10, 10),
        ("预测分数：８．５", 8, 8.5),
        ("0", 0, None),
        ("11", 11, None),
        ("-3", 3, None),
        ("预测分数：-3", 3, None),
        ("85", 85, None),
        ("On a scale of 1 to 10: 8", 1, 8),
        ("（1～10）7", 1, 7),
        ("预测分数：3？不对。预测分数：6", 3, 6),
        ("1..5", None, 1),
        ("八分", None, None),
        ("Sorry, I cannot do that.", None, None),
        ("预测分数：预测分数", None, None),
        ("", None, None),
    ],
)
def test_scores_are_read_as_published_or_as_meant(
    reply: str, compat: float | None, strict: float | None
) -> None:
    for mode, wanted in (("compat", compat), ("strict", strict)):
        found = read_score(reply, mode)  # type: ignore[arg-type]
        assert isinstance(found, Missing) if wanted is None else found == wanted, (mode, found)


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=200)
def test_no_reply_breaks_the_reading_and_strict_scores_are_in_range(reply: str) -> None:
    read_score(reply, "compat")
    found = read_score(reply, "strict")
    assert isinstance(found, Missing) or 1 <= found <= 10


@pytest.mark.parametrize("mode", ["strict", "compat"])
def test_a_judge_without_a_score_is_told_and_never_counts_as_zero(mode: Any) -> None:
    replies = iter(["预测分数：8", "Sorry.", "预测分数：6"])
    with serving(lambda _: completion(next(replies))) as server:
        about = (f"url={server.url}", "model=m", "cache=none", "concurrency=1")
        judged = build(Config(judge="endpoint", judge_settings=about, parts=("clue",), mode=mode))
        tally = judged.tally(GIVEN)
    assert tally.scores() == {"clue": 7.0}
    assert tally.parsed_N.tolist() == tally.counted_N.tolist() == [True, False, True]
    assert np.isnan(tally.per_sample["clue"][1])
    assert any("no score for 1 of 3" in note for note in tally.notes)


def test_a_judge_that_refuses_everything_gives_no_score_and_no_error() -> None:
    tally = replying(completion(None, refusal="no"))
    assert all(np.isnan(value) for value in tally.scores().values())
    assert not tally.parsed_N.any()
    assert tally.details["judge"]["refused"] == 3 + 5  # no summaries: nothing to compare
    assert tally.details["judge"]["reasons"] == ["the model refused: no"]


def test_a_prediction_without_a_text_scores_least_or_is_left_out_as_published() -> None:
    silent = outcomes(
        [{"description": text} for text in TRUE],
        [{"explanation": SAID[0]}, {"failure": Missing("no video")}, {"label": "happy"}],
    )
    strict = replying("9", silent, parts=("clue",))
    assert strict.scores() == {"clue": pytest.approx((9 + 1 + 1) / 3)}
    assert strict.counted_N.all()
    compat = replying("9", silent, parts=("clue",), mode="compat")
    assert compat.scores() == {"clue": 9.0}
    assert compat.counted_N.tolist() == [True, False, False]
    assert strict.parsed_N.tolist() == compat.parsed_N.tolist() == [True, False, False]


def test_a_truth_without_a_description_is_told_with_its_row() -> None:
    lacking = outcomes([{"description": "x"}, {}], [{"answer": "x"}, {"answer": "x"}])
    with pytest.raises(InputError, match=r"labels\.csv, row 3: .*description"):
        replying("9", lacking)


def test_texts_in_another_language_are_noted_or_translated_first() -> None:
    english = outcomes([{"description": TRUE[0]}], [{"answer": "he is happy"}])
    noted = replying("9", english, parts=("clue",))
    assert any("1 of 1 predicted texts" in note for note in noted.notes)

    def answer(request: dict[str, Any]) -> Answer:
        asked = request["messages"][0]["content"]
        return completion("翻译：他很高兴" if asked.startswith("请将以下输入") else "9")

    with serving(answer) as server:
        tally = metric(server, parts=("clue",), translate=True).tally(english)
    assert "《预测描述》：他很高兴\n" in server.requests[1]["messages"][0]["content"]
    assert not any("translate" in note for note in tally.notes)
    # Without a translation there is nothing to score.
    lost = replying(completion(""), english, parts=("clue",), translate=True)
    assert not lost.parsed_N.any()


def test_without_a_judge_and_replies_it_says_what_to_choose() -> None:
    with pytest.raises(ConfigError, match="--judge endpoint or local or replay"):
        build(Config())
    with pytest.raises(ConfigError, match="clue, label, completeness"):
        Config(parts=("clues",))


def test_settings_can_be_said_on_the_command_line() -> None:
    sets = ("judge=endpoint", "judge_settings=url=http://127.0.0.1:1/v1,model=m", "parts=label")
    found = configs.read(Config, file=None, env={}, sets=sets)
    assert found.judge_settings == ("url=http://127.0.0.1:1/v1", "model=m")
    assert build(found).headline == "label"


def test_the_same_scores_come_from_the_stored_replies_without_the_judge(tmp_path: Path) -> None:
    replies = str(tmp_path / "replies.jsonl")
    with judging() as server:
        first = scored(metric(server, replies=replies), GIVEN, settings={}, resamples=50)
        asked = len(server.requests)
        again = scored(metric(server, replies=replies), GIVEN, settings={}, resamples=50)
        assert len(server.requests) == asked
    alone = scored(build(Config(replies=replies)), GIVEN, settings={}, resamples=50)
    assert again == first
    assert alone.scores == first.scores
    assert alone.floors == first.floors
    assert alone.notes == first.notes
    assert {floor.name for floor in first.floors} >= {"prior-random"}


def test_replies_to_other_texts_are_no_replies(tmp_path: Path) -> None:
    replies = str(tmp_path / "replies.jsonl")
    with judging() as server:
        metric(server, replies=replies).tally(GIVEN)
    changed = [Outcome(GIVEN[0].truth, Prediction(id="clip0", answer="他很累。")), *GIVEN[1:]]
    tally = build(Config(replies=replies)).tally(changed)
    assert tally.parsed_N.tolist() == [False, True, True]
    assert "not in the stored replies" in tally.details["judge"]["reasons"]
