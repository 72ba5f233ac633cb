"""Sets in MMSA's format: the label is the sign of the valence, which is in the published range."""

from pathlib import Path

import pytest
from tests.corpora import made_ch_sims, made_cmu_mosei, made_cmu_mosi
from tests.corpora.placing import put

from affectlens.corpora.check import check
from affectlens.corpora.sets import ch_sims, cmu_mosei, cmu_mosi
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

HEAD = "video_id,clip_id,text,label,mode\n"


def test_the_label_is_the_sign_of_the_valence(tmp_path: Path) -> None:
    made_cmu_mosi.make(tmp_path)
    corpus = cmu_mosi.build(tmp_path, cmu_mosi.Config(split=None))
    assert [(one.valence, one.label) for one in corpus.samples] == [
        (-2.4, "negative"),
        (0.0, "neutral"),
        (1.0, "positive"),
        (3.0, "positive"),
        (-0.2, "negative"),
    ]
    assert corpus.valence_range == (-3.0, 3.0)


def test_a_clip_is_found_by_video_and_number(tmp_path: Path) -> None:
    made_cmu_mosi.make(tmp_path)
    one, two = cmu_mosi.build(tmp_path, cmu_mosi.Config()).samples
    assert (one.id, one.media) == ("1iG0909rllw_1", tmp_path / "Raw" / "1iG0909rllw" / "1.mp4")
    assert isinstance(two.media, Missing)
    assert one.speaker == "1iG0909rllw"


def test_ch_sims_finds_clips_whose_zeros_a_spreadsheet_ate(tmp_path: Path) -> None:
    made_ch_sims.make(tmp_path)
    corpus = ch_sims.build(tmp_path, ch_sims.Config(split=None))
    assert [str(one.media)[-8:] for one in corpus.samples] == ["0001.mp4", "0002.mp4", "0003.mp4"]
    assert corpus.samples[2].subtitle == "好啊，走吧"
    assert corpus.samples[2].columns["label_T"] == "0.4"
    assert isinstance(corpus.samples[0].speaker, Missing)
    assert corpus.valence_range == (-1.0, 1.0)


def test_the_two_versions_of_ch_sims_have_their_own_sizes(tmp_path: Path) -> None:
    made_ch_sims.make(tmp_path)
    absent = [
        ch_sims.build(tmp_path, ch_sims.Config(version=version)).absent[-1] for version in "12"
    ]
    assert "457" in absent[0]
    assert "1,034" in absent[1]


def test_splits_of_mosei_share_no_video(tmp_path: Path) -> None:
    made_cmu_mosei.make(tmp_path)
    found = check(cmu_mosei.build(tmp_path, cmu_mosei.Config(split=None)))
    assert found.clean
    assert not found.warnings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}v,1,hi,3.5,test\n", "row 2, column 'label': 3.5 is outside -3 to 3"),
        (f"{HEAD}v,1,hi,good,test\n", "row 2, column 'label': wanted a number"),
        (f"{HEAD}v,1,hi,nan,test\n", "row 2, column 'label': wanted a number"),
        (f"{HEAD}v,1,hi,1,dev\n", "row 2, column 'mode'.*'dev'"),
        (f"{HEAD}v,1,hi,1,test\nv,1,ho,2,test\n", "row 3: 'v_1'.*row 2"),
        (f"{HEAD}../v,1,hi,1,test\n", "column 'video_id'"),
        (f"{HEAD}v,,hi,1,test\n", "column 'clip_id'"),
        (f"{HEAD}v,1,hi,1,train\n", "no rows of mode 'test'"),
        ("video_id,clip_id,label,mode\nv,1,1,test\n", "no column 'text'"),
    ],
)
def test_rows_that_are_none_of_mmsa_are_told(tmp_path: Path, text: str, said: str) -> None:
    put(tmp_path / "label.csv", text)
    with pytest.raises(InputError, match=said):
        cmu_mosi.build(tmp_path, cmu_mosi.Config())


def test_settings_that_there_are_not_are_refused() -> None:
    with pytest.raises(ConfigError, match="train, valid, test; got 'dev'"):
        cmu_mosei.Config(split="dev")
    with pytest.raises(ConfigError, match="1, 2; got '3'"):
        ch_sims.Config(version="3")
