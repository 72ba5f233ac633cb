"""CREMA-D is read from the names of its files; one stream of each recording is taken."""

from pathlib import Path

import pytest
from tests.corpora import made_crema_d
from tests.corpora.placing import clips

from affectlens.corpora.sets import crema_d
from affectlens.foundation.errors import ConfigError, InputError


def test_a_name_tells_everything(tmp_path: Path) -> None:
    made_crema_d.make(tmp_path)
    corpus = crema_d.build(tmp_path, crema_d.Config())
    one = corpus.samples[0]
    assert len(corpus.samples) == 4
    assert one.media == tmp_path / "VideoFlash" / "1001_DFA_ANG_XX.flv"
    assert (one.label, one.speaker, one.subtitle) == ("anger", "1001", "Don't forget a jacket.")
    assert one.columns == {
        "sentence": "DFA",
        "level": "unspecified",
        "age": "51",
        "sex": "male",
        "race": "caucasian",
        "ethnicity": "not hispanic",
    }
    assert corpus.absent == ()


def test_one_stream_is_taken(tmp_path: Path) -> None:
    made_crema_d.make(tmp_path)
    corpus = crema_d.build(tmp_path, crema_d.Config(stream="sound"))
    assert {one.media.suffix for one in corpus.samples if isinstance(one.media, Path)} == {".wav"}
    assert len(corpus.samples) == 4
    with pytest.raises(ConfigError, match="video, sound"):
        crema_d.Config(stream="text")


def test_without_what_is_known_of_the_actors_there_is_less_to_slice_by(tmp_path: Path) -> None:
    made_crema_d.make(tmp_path)
    (tmp_path / "VideoDemographics.csv").unlink()
    corpus = crema_d.build(tmp_path, crema_d.Config())
    assert set(corpus.samples[0].columns) == {"sentence", "level"}
    assert "VideoDemographics.csv" in corpus.absent[0]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["x.wav"], "no file of CREMA-D"),
        (["1001_DFA_JOY_XX.wav"], "'JOY' is none of ANG, DIS"),
        (["1001_XYZ_ANG_XX.wav"], "'XYZ' is none of IEO"),
        (["1001_DFA_ANG_MM.wav"], "'MM' is none of LO"),
        (["a/1001_DFA_ANG_XX.wav", "b/1001_DFA_ANG_XX.wav"], "is there twice"),
    ],
)
def test_files_that_are_none_of_crema_d_are_told(
    tmp_path: Path, names: list[str], said: str
) -> None:
    clips(tmp_path, *names)
    with pytest.raises(InputError, match=said):
        crema_d.build(tmp_path, crema_d.Config())


def test_asking_for_video_where_there_is_sound_alone_is_told(tmp_path: Path) -> None:
    clips(tmp_path, "1001_DFA_ANG_XX.wav")
    with pytest.raises(InputError, match="no video of CREMA-D"):
        crema_d.build(tmp_path, crema_d.Config(stream="video"))
