"""What every corpus must keep, whichever it is: each is made small in its real file format."""

import contextlib
import dataclasses
import importlib
import math
import shutil
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from affectlens.corpora.corpus import UNTOLD, Corpus, Sample
from affectlens.corpora.folder import MEDIA
from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing

GROUP = "corpora.sets"
NAMES = plugins.names(GROUP)


@dataclasses.dataclass(frozen=True)
class Case:
    """A small tree of a corpus, and the settings that it can be read with."""

    name: str
    root: Path
    settings: Mapping[str, Mapping[str, Any]]

    @property
    def module(self) -> ModuleType:
        """The plug-in."""
        return plugins.load(GROUP, self.name)

    def built(self, root: Path | None = None, **settings: Any) -> Corpus:
        """The corpus of the tree, or of a changed copy."""
        made = self.module.build(root or self.root, self.module.Config(**settings))
        assert isinstance(made, Corpus)
        return made

    def all(self, root: Path | None = None) -> Iterator[Corpus]:
        """The corpus in each of its settings."""
        for settings in self.settings.values():
            yield self.built(root, **settings)

    def copied(self, to: Path) -> Path:
        """A copy of the tree whose files came in the opposite order; gives its root."""
        for path in reversed(files(self.root.parent)):
            copy = to / path.relative_to(self.root.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        return to / self.root.name


def files(folder: Path) -> list[Path]:
    """All of a folder's files."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """Each corpus, made by `tests/corpora/made_<name>.py`, with a cache of its own."""
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path / "home"))
    maker = importlib.import_module(f"tests.corpora.made_{request.param}")
    root = tmp_path / "tree" / "root"
    return Case(request.param, root, maker.make(root))


@pytest.mark.parametrize("name", NAMES)
def test_a_corpus_says_its_title_its_source_and_its_terms(name: str) -> None:
    module = plugins.load(GROUP, name)
    assert all(text.strip() for text in (module.TITLE, module.SOURCE, module.TERMS))
    config = module.Config()
    for field in dataclasses.fields(config):
        assert field.kw_only
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(config, field.name, None)


def test_every_setting_gives_samples_with_labels_of_the_space(case: Case) -> None:
    for corpus in case.all():
        assert corpus.name == case.name
        assert corpus.samples
        for sample in corpus.samples:
            check_said(sample, corpus)


def check_said(sample: Sample, corpus: Corpus) -> None:
    """What people said of a sample is of the corpus' terms, and nothing is empty text."""
    said = (sample.label, sample.labels, sample.valence, sample.description)
    agreed = any(not isinstance(one, Missing) for one in said)
    assert agreed or sample.label != UNTOLD  # or why people's words are no label
    if corpus.space is not None and not isinstance(sample.label, Missing):
        assert sample.label in corpus.space.labels
    if not isinstance(sample.labels, Missing):
        assert all(word and word == word.strip() for word in sample.labels)
    if not isinstance(sample.valence, Missing):
        low, high = corpus.valence_range or (-math.inf, math.inf)
        assert math.isfinite(sample.valence)
        assert low <= sample.valence <= high
    for text in (sample.subtitle, sample.description, sample.speaker, sample.split):
        assert isinstance(text, Missing) or text.strip()
    assert all(isinstance(text, str) and text for text in sample.columns.values())
    assert sample.place


def test_ids_are_unique_and_no_text_is_not_a_number(case: Case) -> None:
    for corpus in case.all():
        ids = [sample.id for sample in corpus.samples]
        assert all(ids)
        assert len(set(ids)) == len(ids)
        assert not [s.id for s in corpus.samples if "nan" in (s.subtitle, s.description)]


def test_the_same_tree_gives_the_same_corpus_in_the_same_order(case: Case, tmp_path: Path) -> None:
    copy = case.copied(tmp_path / "copy")

    def told(corpus: Corpus, root: Path) -> list[str]:
        return [repr(part).replace(str(root), "ROOT") for part in (corpus.absent, *corpus.samples)]

    for first, second, other in zip(case.all(), case.all(), case.all(copy), strict=True):
        assert first == second
        assert told(first, case.root.parent) == told(other, copy.parent)


def test_reading_writes_nothing(case: Case) -> None:
    before = {path: path.read_bytes() for path in files(case.root.parent)}
    assert list(case.all())
    assert {path: path.read_bytes() for path in files(case.root.parent)} == before


def test_media_exist_or_are_missing_and_are_named_once(case: Case, tmp_path: Path) -> None:
    copy = case.copied(tmp_path / "copy")
    for path in files(copy.parent):
        if path.suffix in MEDIA:
            path.unlink()
    for settings in case.settings.values():
        samples = case.built(**settings).samples
        there = [s.media for s in samples if isinstance(s.media, Path)]
        assert there or all(isinstance(s.subtitle, str) for s in samples)  # words alone
        assert all(media.is_file() for media in there)
        if any(media.is_relative_to(case.root.parent) for media in there):
            check_gone(case, copy, settings)


def check_gone(case: Case, root: Path, settings: Mapping[str, Any]) -> None:
    """Without any media, all are missing; a corpus that is its media's names is none."""
    whole = case.built(**settings)
    try:
        corpus = case.built(root, **settings)
    except InputError:
        assert not any(isinstance(sample.media, Missing) for sample in whole.samples)
        return
    gone = [sample.media for sample in corpus.samples]
    assert [sample.id for sample in corpus.samples] == [sample.id for sample in whole.samples]
    assert all(isinstance(media, Missing) and media.reason for media in gone)
    assert len([note for note in corpus.absent if str(gone[0]) in note]) == 1


def test_an_empty_folder_and_none_are_refused_with_what_was_wanted(
    case: Case, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for settings in case.settings.values():
        for folder in ("empty", "nowhere"):
            with pytest.raises(InputError, match=f"{folder}.*[.]") as caught:
                case.built(tmp_path / folder, **settings)
            assert len(str(caught.value)) > len(str(tmp_path / folder)) + 10


def test_a_setting_of_no_such_value_is_refused(case: Case) -> None:
    config = case.module.Config()
    kinds = typing.get_type_hints(case.module.Config)
    asked: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        if kinds[field.name] in (str, str | None):
            asked[field.name] = "no such"
        elif kinds[field.name] in (int, int | None) or field.name == "edition":
            asked[field.name] = -1
    assert {field for field in ("split", "fold", "version") if hasattr(config, field)} <= set(asked)
    for name, value in asked.items():
        with pytest.raises(ConfigError):
            case.module.build(case.root, case.module.Config(**{name: value}))


@pytest.mark.parametrize("damage", ["emptied", "cut", "no text"])
def test_a_damaged_file_is_refused_or_does_not_matter(
    case: Case, tmp_path: Path, damage: str
) -> None:
    copy = case.copied(tmp_path / "copy")
    for path in files(copy.parent):
        whole = path.read_bytes()
        if path.suffix in MEDIA:
            continue
        path.write_bytes(
            {"emptied": b"", "cut": whole[: len(whole) // 2], "no text": b"\xff\xfe\0"}[damage]
        )
        for settings in case.settings.values():
            with contextlib.suppress(InputError):
                assert case.built(copy, **settings).samples
        path.write_bytes(whole)
