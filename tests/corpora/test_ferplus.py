"""FER+ is read as faces in files with the votes of ten people."""

from collections import Counter
from pathlib import Path

import pytest
from tests.corpora import made_ferplus

from affectlens.corpora.sets import ferplus
from affectlens.emotions.spaces import DFEW7, FERPLUS8
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

parquet = pytest.importorskip("pyarrow.parquet", reason="FER+ is Parquet, which pyarrow reads")
REAL = Path(__file__).parents[3] / "shared" / "data" / "ferplus"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small FER+, and a cache of its own."""
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path / "home"))
    made_ferplus.make(tmp_path / "fer")
    return tmp_path / "fer"


def test_a_face_is_a_file_with_its_votes_and_its_split(root: Path) -> None:
    samples = ferplus.build(root, ferplus.Config()).samples
    assert [one.id for one in samples] == [f"fer{n:07}" for n in range(1, 6)]
    assert [one.split for one in samples] == ["train"] * 3 + ["dev"] * 2
    for number, one in enumerate(samples, 1):
        assert isinstance(one.media, Path)
        assert one.media.suffix == ".jpg"
        assert one.media.read_bytes() == made_ferplus.picture(20 * number)
    zeros = dict.fromkeys(made_ferplus.COLUMNS, "0")
    assert samples[0].columns == zeros | {"happiness": "9", "neutral": "1"}


def test_a_label_is_what_more_people_see_than_anything_else(root: Path) -> None:
    happy, tie, contempt, angry, fear = ferplus.build(root, ferplus.Config()).samples
    assert (happy.label, angry.label, fear.label) == ("happy", "angry", "fear")
    assert tie.label == Missing("neutral and sadness have 5 votes each")
    assert contempt.label == Missing("most votes (7) are for contempt, which dfew7 has not")
    clear = ferplus.build(root, ferplus.Config(least=6)).samples
    assert clear[3].label == "angry"
    assert clear[4].label == Missing("fear has the most votes, but 4 are fewer than 6")
    assert ferplus.build(root, ferplus.Config(space="ferplus8")).samples[2].label == "contempt"


def test_no_face_and_an_unknown_face_have_no_label_even_where_they_tie() -> None:
    nothing = dict.fromkeys(ferplus.VOTES, 0)
    for column in ("NF", "unknown"):
        for votes in ({column: 6, "fear": 4}, {column: 5, "fear": 5}):
            for space in (DFEW7, FERPLUS8):
                assert isinstance(ferplus.majority(nothing | votes, 0, space), Missing)
    assert isinstance(ferplus.majority(nothing, 0, DFEW7), Missing)


def test_faces_are_written_once_and_one_that_was_torn_again(root: Path) -> None:
    faces = [one.media for one in ferplus.build(root, ferplus.Config(split="valid")).samples]
    kept, torn, folder = faces[0], faces[1], root
    assert isinstance(kept, Path)
    assert isinstance(torn, Path)
    torn.write_bytes(b"")
    before = kept.stat().st_mtime_ns
    assert [one.media for one in ferplus.build(folder, ferplus.Config(split="valid")).samples] == [
        kept,
        torn,
    ]
    assert kept.stat().st_mtime_ns == before
    assert torn.read_bytes() == made_ferplus.picture(100)
    assert sorted(kept.parent.iterdir()) == [kept, torn]


def test_another_file_of_votes_does_not_take_the_faces_of_this_one(root: Path) -> None:
    first = ferplus.build(root, ferplus.Config(split="valid")).samples[0].media
    parquet.write_table(made_ferplus.table(made_ferplus.VALID, 8), root / "valid.parquet")
    second = ferplus.build(root, ferplus.Config(split="valid")).samples[0].media
    assert isinstance(first, Path)
    assert isinstance(second, Path)
    assert first != second
    assert second.read_bytes() == made_ferplus.picture(160)


def test_a_file_that_is_not_there_is_told(root: Path) -> None:
    (root / "train.parquet").unlink()
    absent = ferplus.build(root, ferplus.Config()).absent
    assert any("has no train.parquet" in sentence for sentence in absent)
    assert any("has 3,510 samples, here are 2" in sentence for sentence in absent)
    with pytest.raises(InputError, match=r"has no train.parquet"):
        ferplus.build(root, ferplus.Config(split="train"))


def test_columns_that_are_not_there_or_have_gaps_are_told(root: Path) -> None:
    whole = made_ferplus.table(made_ferplus.VALID, 4)
    parquet.write_table(whole.drop_columns(["NF"]), root / "valid.parquet")
    with pytest.raises(InputError, match=r"Wanted the columns name, jpeg, .*NF"):
        ferplus.build(root, ferplus.Config())
    gap = whole.set_column(0, "name", [["fer1.png", None]])
    parquet.write_table(gap, root / "valid.parquet")
    with pytest.raises(InputError, match="rows without name"):
        ferplus.build(root, ferplus.Config())


@pytest.mark.parametrize(
    "settings", [{"split": "dev"}, {"least": 11}, {"least": -1}, {"space": "mer6"}]
)
def test_settings_that_there_are_not_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        ferplus.Config(**settings)  # type: ignore[arg-type]


@pytest.mark.shared
@pytest.mark.skipif(not REAL.is_dir(), reason="needs ../shared/data/ferplus")
def test_the_field_s_figure_is_of_as_many_faces_as_the_sketch_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    corpus = ferplus.build(REAL, ferplus.Config(split="valid", least=6))
    assert corpus.absent == ()
    assert len(corpus.samples) == 3_510
    labels = Counter(one.label for one in corpus.samples if isinstance(one.label, str))
    assert labels.total() == 2_798  # `fer_probe.py` of ../shared/sketches prints it
    assert labels == {
        "neutral": 1051, "happy": 839, "surprise": 353, "sad": 274, "angry": 231, "fear": 38,
        "disgust": 12,
    }  # fmt: skip
