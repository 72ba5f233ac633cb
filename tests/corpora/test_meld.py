"""MELD's utterances have ids of their own in every split, and texts that can be read."""

from pathlib import Path

import pytest
from tests.corpora import made_meld
from tests.corpora.placing import put

from affectlens.corpora.sets import meld
from affectlens.emotions.spaces import SENTIMENT3
from affectlens.foundation.errors import ConfigError, InputError


def test_utterances_are_called_by_split_dialogue_and_number(tmp_path: Path) -> None:
    made_meld.make(tmp_path)
    corpus = meld.build(tmp_path, meld.Config(split=None))
    assert [one.id for one in corpus.samples] == [
        "train_dia0_utt0",
        "train_dia0_utt1",
        "dev_dia0_utt0",
        "test_dia0_utt0",
        "test_dia1_utt4",
    ]
    assert corpus.samples[3].media == tmp_path / "output_repeated_splits_test" / "dia0_utt0.mp4"
    assert corpus.samples[1].columns["dialogue"] == "train_dia0"
    assert corpus.samples[1].speaker == "The Interviewer"


def test_windows_signs_are_set_right(tmp_path: Path) -> None:
    made_meld.make(tmp_path)
    one, two = meld.build(tmp_path, meld.Config(split="train")).samples
    assert (one.subtitle, two.subtitle) == ("That’s it?", "Well, “no”!")


def test_the_task_chooses_between_its_two_labels(tmp_path: Path) -> None:
    made_meld.make(tmp_path)
    feelings = meld.build(tmp_path, meld.Config())
    signs = meld.build(tmp_path, meld.Config(task="sentiment"))
    assert [one.label for one in feelings.samples] == ["surprise", "anger"]
    assert [one.label for one in signs.samples] == ["positive", "negative"]
    assert signs.space == SENTIMENT3


def test_lists_are_found_in_the_folders_of_the_archives(tmp_path: Path) -> None:
    made_meld.make(tmp_path)
    (tmp_path / "train").mkdir()
    for name in ("train_sent_emo.csv", "train_splits"):
        (tmp_path / name).rename(tmp_path / "train" / name)
    one, _ = meld.build(tmp_path, meld.Config(split="train")).samples
    assert one.media == tmp_path / "train" / "train_splits" / "dia0_utt0.mp4"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,Hi,Ross,bored,neutral,0,0,1,1,a,b", "row 2, column 'Emotion': 'bored'"),
        ("1,Hi,Ross,joy,neutral,x,0,1,1,a,b", "row 2, column 'Dialogue_ID'.*'x'"),
        ("1,Hi,Ross,joy,neutral,0,,1,1,a,b", "row 2, column 'Utterance_ID'"),
        ("1,Hi,A,joy,neutral,0,0,1,1,a,b\r\n1,Ho,A,joy,neutral,0,0,1,1,a,b", "row 3.*in row 2"),
    ],
)
def test_rows_that_are_none_of_meld_are_told(tmp_path: Path, row: str, said: str) -> None:
    put(tmp_path / "test_sent_emo.csv", made_meld.HEAD + row + "\r\n")
    with pytest.raises(InputError, match=said):
        meld.build(tmp_path, meld.Config())


def test_what_is_not_meld_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no test_sent_emo\.csv"):
        meld.build(tmp_path, meld.Config())
    with pytest.raises(ConfigError, match="emotion, sentiment"):
        meld.Config(task="mood")
    with pytest.raises(ConfigError, match="train, dev, test"):
        meld.Config(split="valid")
