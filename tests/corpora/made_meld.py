"""MELD in small: dialogues numbered anew in every split, one with Windows-1252 signs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

HEAD = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime\r\n"
)
TIMES = '8,21,"00:16:16,059","00:16:21,731"\r\n'
ROWS = {
    "train": (
        f"1,That\x92s it?,Chandler,surprise,neutral,0,0,{TIMES}"
        f'2,"Well, \x93no\x94!",The Interviewer,joy,positive,0,1,{TIMES}'
    ),
    "dev": f"1,Oh.,Phoebe,sadness,negative,0,0,{TIMES}",
    "test": (
        f"1,Why do all you\x92re coffee mugs have numbers?,Mark,surprise,positive,0,0,{TIMES}"
        f"2,No.,Rachel,anger,negative,1,4,{TIMES}"
    ),
}


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Five utterances; that of the development set has no media."""
    for split, rows in ROWS.items():
        put(root / f"{split}_sent_emo.csv", HEAD + rows)
    clips(root / "train_splits", "dia0_utt0.mp4", "dia0_utt1.mp4")
    clips(root / "output_repeated_splits_test", "dia0_utt0.mp4", "dia1_utt4.mp4", "._dia1_utt4.mp4")
    return {
        "default": {},
        "all": {"split": None},
        "sentiment": {"split": None, "task": "sentiment"},
    }
