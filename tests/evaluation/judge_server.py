"""A judge on this machine that scores by shared words, for whatever asks a judge."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.foundation.chat_server import Answer, Server, completion, serving

# What stands in the slots of the prompts that it knows; the last mark is the one that is filled.
_CLUE = re.compile(r"《真实描述》：(.*)《预测描述》：(.*)输出：\Z", re.DOTALL)
_CLUE_EN = re.compile(r'"True description": (.*)"Predicted description": (.*)Output:\Z', re.DOTALL)
_LABEL = re.compile(r"《真实情感》：(.*)《预测情感》：(.*)输出：\Z", re.DOTALL)
_LABEL_EN = re.compile(r'"True emotions": (.*)"Predicted emotions": (.*)Output:\Z', re.DOTALL)
_SUMMARY = re.compile(r"视频描述：((?!.*视频描述：).*)输出结果：\Z", re.DOTALL)
_SUMMARY_EN = re.compile(r"Video description: ((?!.*Video description: ).*)Output:\Z", re.DOTALL)
_WORD = re.compile(r"[a-z]+|[\u4e00-\u9fff]")


def words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def score(true: str, predicted: str) -> float:
    """1 to 10: the share of words that both have."""
    one, other = words(true), words(predicted)
    return round(1 + 9 * len(one & other) / max(len(one | other), 1), 1)


def judge(prompt: str) -> str:
    """A reply as judges write them."""
    for pattern in (_CLUE, _CLUE_EN, _LABEL, _LABEL_EN):
        if found := pattern.search(prompt):
            return f"'预测分数'：{score(found[1], found[2]):g}；'原因'：两者都提到了 2 个词"
    for pattern in (_SUMMARY, _SUMMARY_EN):
        if found := pattern.search(prompt):
            return f"输出：{' '.join(sorted(words(found[1])))}"
    return "I do not know this question."


@contextmanager
def judging() -> Iterator[Server]:
    """The judge as a server while the block runs."""

    def answer(request: dict[str, Any]) -> Answer:
        return completion(judge(request["messages"][-1]["content"]))

    with serving(answer) as server:
        yield server
