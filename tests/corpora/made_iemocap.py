"""IEMOCAP in small: two of its five sessions complete, with what each rater said between."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.corpora.placing import clips, put

HEAD = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
TURNS = {
    "Ses{n}F_impro01_F000": ("neu", "Excuse me."),
    "Ses{n}F_impro01_M000": ("exc", "Do you have your forms?"),
    "Ses{n}F_impro01_F001": ("xxx", "Yeah."),
    "Ses{n}M_script01_1_M002": ("fru", "Is there a problem?"),
    "Ses{n}M_script01_1_F003": ("ang", "There is."),
    "Ses{n}M_script01_1_F004": ("hap", "Never mind."),
}


def make(root: Path) -> Mapping[str, Mapping[str, Any]]:
    """Six utterances in each session, of which four or five have a class."""
    for number in range(1, 6):
        _session(root / f"Session{number}", f"{number:02}")
    return {"default": {}, "four": {"split": None}, "six": {"classes": 6, "split": None}}


def _session(folder: Path, n: str) -> None:
    for dialogue in (f"Ses{n}F_impro01", f"Ses{n}M_script01_1"):
        turns = {
            name.format(n=n): told
            for name, told in TURNS.items()
            if name.format(n=n).startswith(dialogue)
        }
        rated = "".join(
            f"[6.2901 - 8.2357]\t{name}\t{label}\t[2.5000, 3.0000, 2.0000]\n"
            "C-E2:\tNeutral;\t()\nA-E3:\tval 3; act 2; dom  2;\t()\n\n"
            for name, (label, _) in turns.items()
        )
        said = "".join(f"{name} [006.2901-008.2357]: {text}\n" for name, (_, text) in turns.items())
        put(folder / "dialog" / "EmoEvaluation" / f"{dialogue}.txt", HEAD + rated)
        put(folder / "dialog" / "transcriptions" / f"{dialogue}.txt", said + "M: [BREATHING]\n")
        clips(folder / "sentences" / "wav" / dialogue, *(f"{name}.wav" for name in turns))
