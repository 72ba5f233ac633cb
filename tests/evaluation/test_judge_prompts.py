"""The prompts of judges: the published ones to the byte, ours marked as ours."""

import re
from pathlib import Path

import pytest

from affectlens.evaluation.judging.prompt import LANGUAGES, Prompt, prompt, prompts
from affectlens.foundation.errors import ConfigError

SPECS = Path(__file__).parents[3] / "shared" / "specs"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
EVERY = [(name, language) for name, by in prompts().items() for language in by]

# Prompts of the published scripts as the specification gives them: a change here is a change of
# what published numbers mean.
CLUE = """下面给出人物的《真实描述》以及《预测描述》。请按照以下步骤计算《预测描述》的得分，得分范围为1-10。最终仅输出预测分数的数值大小，并给出原因。
1.请总结《真实描述》中有关人物的情感状态描述
2.请总结《预测描述》中有关人物的情感状态描述
3.计算《预测描述》与《真实描述》之间的重叠度，重叠度越高，返回的分数越高。
4.输出格式为: '预测分数'：预测分数；'原因'：原因
输入：
《真实描述》：{gt_reason}
《预测描述》：{pred_reason}
输出："""  # noqa: E501


def test_the_clue_prompt_is_the_published_one() -> None:
    assert prompt("clue", "zh").text == CLUE


def test_its_released_spacing_differs_in_blanks_and_empty_lines_only() -> None:
    lines = prompt("clue_released", "zh").text.split("\n")
    assert all(line.startswith(" " * 16) and line[16] != " " for line in lines[::2])
    assert set(lines[1::2]) == {""}
    assert [line.strip() for line in lines[::2]] == CLUE.split("\n")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "language", "slots"),
    [
        ("openset", "en", {}),
        ("openset", "zh", {"reason": "x"}),
        ("merge", "en", {}),
        ("summary", "zh", {}),
        ("label", "zh", {}),
        ("grouping", "en", {}),
        ("text_to_chinese", "zh", {}),
        ("label_to_english", "en", {"text": "x"}),
    ],
)
def test_a_prompt_that_the_specification_gives_stands_in_it_to_the_byte(
    name: str, language: str, slots: dict[str, str]
) -> None:
    """The specification calls some slots by other names."""
    if not SPECS.is_dir():
        pytest.skip("the specifications are not here")
    text = prompts()[name][language].text  # type: ignore[index]
    for ours, theirs in slots.items():
        text = text.replace(f"{{{ours}}}", f"{{{theirs}}}")
    assert text in (SPECS / "affectgpt-emer.md").read_text("utf-8")


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_every_prompt_says_where_it_comes_from(name: str, language: str) -> None:
    found = prompts()[name][language]  # type: ignore[index]
    assert found.source.strip()
    assert found.slots
    if name.startswith("completeness") or (
        name in ("clue", "label", "summary") and language == "en"
    ):
        assert found.source.startswith("ours")


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_every_prompt_is_in_its_language_and_has_the_slots_of_the_others(
    name: str, language: str
) -> None:
    by_language = prompts()[name]
    text = by_language[language].text  # type: ignore[index]
    assert bool(CHINESE.search(text)) == (language == "zh" or name == "label_to_english")
    assert len({found.slots for found in by_language.values()}) == 1


@pytest.mark.parametrize(
    "name",
    ["openset", "sentiment", "merge", "one_of_six", "ranked_six", "valence", "clue", "label"],
)
def test_what_people_are_asked_in_both_languages_is_there_in_both(name: str) -> None:
    assert tuple(prompts()[name]) == LANGUAGES


def test_braces_in_what_is_filled_in_stay_braces() -> None:
    made = Prompt("{a} and {b}", "ours").fill(a="{b}", b=r"\1 {a}")
    assert made == r"{b} and \1 {a}"


def test_a_prompt_that_is_not_there_in_a_language_is_told() -> None:
    with pytest.raises(ConfigError, match="in zh"):
        prompt("clue_released", "en")
