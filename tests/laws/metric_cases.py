"""What each metric reads, drawn small; a new metric wants a row."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from affectlens.evaluation.judging.panel import SCHEMA
from affectlens.evaluation.judging.prompt import prompt
from affectlens.foundation.records import Ledger

MOST = 6  # samples of a drawn list
IDS = [f"clip{i}" for i in range(MOST)]
Fields = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a metric reads, drawn; and what holds of it beyond the laws of all."""

    truth: st.SearchStrategy[Fields]
    said: st.SearchStrategy[Fields]  # other predictions than truths and refusals
    clear: st.SearchStrategy[Fields] | None = None  # truths that both modes score alike; None: all
    settings: Callable[[Path], Fields] = field(default=lambda _: {})
    perfect: float | None = 1.0  # the headline of truths; None: no truth is known
    refusal_scores_zero: bool = True  # strictly; not so where numbers are scored
    apart: str = ""  # a field that must differ between truths, or correlations are not defined


def one_of(*words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words)


def fields(**each: st.SearchStrategy[Any]) -> st.SearchStrategy[Fields]:
    return st.fixed_dictionaries({}, optional=each)


def whole(**each: st.SearchStrategy[Any]) -> st.SearchStrategy[Fields]:
    return st.fixed_dictionaries(each)


FEW = st.integers(0, 4)
NUMBERS = st.integers(-30, 30).map(lambda tenths: tenths / 10)
SIX = one_of("neutral", "angry", "happy", "sad", "worried", "surprise")
WORDS = one_of("Happy", "bored", "the person is sad", "", "angry.", "a1", "mixed", "positive")
SETS = st.lists(
    one_of("happy", "joyful", "sad", "angry", "anxious", "neutral", "qwx"), max_size=4
).map(tuple)
FULL_SETS = SETS.filter(bool)
CLEAR_SETS = st.lists(one_of("happy", "joyful", "sad", "angry"), min_size=1, max_size=4).map(tuple)
SHARES = st.lists(st.integers(0, 9), min_size=6, max_size=6).map(
    lambda parts: dict(
        zip(
            ("neutral", "angry", "happy", "sad", "worried", "surprise"),
            (part / max(sum(parts), 1) for part in parts),
            strict=True,
        )
    )
)


TEXTS = (
    "She smiles and her voice is warm, so she is happy.",
    "He frowns, says nothing and looks away.",
    "他皱着眉头，很生气。",
)


def judged(folder: Path) -> Fields:
    """A judge's replies: 10 for the same text, else 3."""
    clue, path = prompt("clue", "zh"), folder / "replies.jsonl"
    replies = Ledger(path, SCHEMA)
    cannot_tell = "无法判断人物的情绪状态。"
    for true, said in itertools.product(TEXTS, (*TEXTS, cannot_tell)):
        asked = clue.fill(gt_reason=true, pred_reason=said)
        reply = "10" if true == said else "3"
        replies.append({"identity": "a judge", "prompt": asked, "reply": reply})
    return {"replies": str(path), "parts": ("clue",)}


def nothing_to_group(folder: Path) -> Fields:
    path = folder / "groupings.csv"
    path.write_text("name,reply\n" + "".join(f"{name},[]\n" for name in IDS), encoding="utf-8")
    return {"groupings": str(path)}


CASES = {
    "calibration": Case(
        truth=whole(label=SIX),
        said=fields(probabilities=SHARES),
        perfect=0.0,
        refusal_scores_zero=False,
    ),
    "classification": Case(truth=whole(label=SIX), said=fields(label=WORDS, answer=WORDS)),
    "grounding": Case(
        truth=whole(),
        said=fields(claims=fields(supported=FEW, unsupported=FEW, unchecked=FEW)),
        perfect=None,
    ),
    "grouping": Case(
        truth=whole(labels=FULL_SETS), said=fields(labels=SETS), settings=nothing_to_group
    ),
    "hit_rate": Case(
        truth=whole(label=SIX),
        said=fields(labels=SETS),
        clear=whole(label=one_of("happy", "sad", "angry")),
    ),
    "mer2023": Case(
        truth=whole(label=SIX, valence=NUMBERS),
        said=fields(label=WORDS, answer=WORDS, valence=NUMBERS),
        refusal_scores_zero=False,
    ),
    "overlap": Case(
        truth=whole(description=one_of(*TEXTS)),
        said=fields(explanation=one_of(*TEXTS)),
        settings=judged,
        perfect=10.0,
        refusal_scores_zero=False,
    ),
    "preference": Case(
        truth=whole(label=one_of("a1", "a2")), said=fields(label=WORDS, answer=WORDS)
    ),
    "regression": Case(
        truth=whole(valence=NUMBERS),
        said=fields(valence=NUMBERS),
        refusal_scores_zero=False,
        apart="valence",
    ),
    "sentiment": Case(
        truth=whole(valence=NUMBERS),
        said=fields(label=WORDS, answer=WORDS, valence=NUMBERS),
        clear=whole(valence=NUMBERS.filter(bool)),
    ),
    "text": Case(
        truth=whole(description=one_of(*TEXTS)),
        said=fields(explanation=one_of(*TEXTS, "", "Happy"), answer=one_of(*TEXTS)),
    ),
    "wheel": Case(
        truth=whole(labels=FULL_SETS), said=fields(labels=SETS), clear=whole(labels=CLEAR_SETS)
    ),
}
