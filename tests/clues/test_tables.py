"""The published tables are whole, and every phrase that code asks for is in the phrasebook."""

import pytest

from affectlens.clues.phrasebook import languages, phrasebook
from affectlens.clues.tables import phrases, tables
from affectlens.emotions.spaces import DFEW7, MER9
from affectlens.foundation.errors import ConfigError
from affectlens.perception.percepts import ACTION_UNITS
from affectlens.reasoning.weights import weights


def test_the_papers_sets_cover_its_nine_labels() -> None:
    assert set(tables().sets["merr"]) == set(MER9.labels)
    assert tables().sets["merr"]["happy"] == {"AU06", "AU12", "AU14"}
    assert tables().sets["merr"]["neutral"] == frozenset()


def test_mer_factory_differs_as_published() -> None:
    sets = tables().sets["mer_factory"]
    assert sets["contempt"] == {"AU12", "AU10", "AU14", "AU17"}
    assert sets["disgust"] == {"AU09", "AU15"}
    assert "doubt" not in sets
    assert set(DFEW7.labels) <= set(sets)


def test_every_unit_of_the_sets_has_published_phrases() -> None:
    for source in ("merr", "mer_factory"):
        units = frozenset().union(*tables().sets[source].values())
        assert units <= set(phrases("merr"))


def test_unknown_tables_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"'ekman'.*merr"):
        phrases("ekman")


@pytest.mark.parametrize("language", languages())
def test_every_action_unit_and_voice_kind_has_a_phrase(language: str) -> None:
    book = phrasebook(language)
    for unit in ACTION_UNITS:
        assert unit in book.phrase(unit)
    told = {k for n in weights().voice.numbers.values() for k in (n.high, n.low)}
    assert {k for k in told if k not in book.clue} == {"pitch.rising", "pitch.falling"}
    assert {f"{k}.absolute" for k in ("pitch.rising", "pitch.falling")} <= set(book.clue)


def test_a_list_is_joined_as_the_language_does() -> None:
    book = phrasebook("en")
    assert [book.join(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
