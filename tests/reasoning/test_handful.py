"""A handful of clues tells most for a label, of face, voice and words."""

from tests.analyzer.models import tiny_two_turns
from tests.reasoning.scenes import face, percepts, smile, tone, utterance

from affectlens.clues.clue import Clue, Modality
from affectlens.clues.gather import gather
from affectlens.clues.listed import listed
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.timeline import Span
from affectlens.model.published import published
from affectlens.reasoning.handful import MOST, handful, told_clues


def clue(number: int, kind: str, strength: float = 0.8, person: str | None = "P1") -> Clue:
    modality: Modality = "face" if kind.startswith(("AU", "expression", "face")) else "voice"
    return Clue(f"c{number}", modality, kind, person, Span(0, 1), kind, strength, {})


def picked(clues: list[Clue], label: str | None, most: int = MOST) -> list[str]:
    return [one.kind for one in handful(clues, "P1", None, label=label, space=DFEW7, most=most)]


def test_what_speaks_for_the_label_comes_before_what_speaks_for_another() -> None:
    clues = [clue(1, "AU12"), clue(2, "expression.happy"), clue(3, "AU04", 1.0)]
    assert picked(clues, "angry") == ["AU04"]
    assert "AU04" not in picked(clues, "happy")


def test_each_modality_has_its_say_before_one_has_its_second() -> None:
    clues = [clue(i, kind) for i, kind in enumerate(("AU06", "AU12", "expression.happy"))]
    clues.append(clue(9, "event.laughter"))
    assert "event.laughter" in picked(clues, "happy", most=2)


def test_there_are_no_more_than_are_wanted_and_one_of_a_kind() -> None:
    clues = [clue(i, kind) for i, kind in enumerate(["AU06", "AU12", "AU06", "AU12"] * 4)]
    assert sorted(picked(clues, "happy")) == ["AU06", "AU12"]
    assert len(picked(clues, "happy", most=1)) == 1


def test_where_nothing_speaks_for_the_label_what_was_seen_is_told_all_the_same() -> None:
    assert picked([clue(1, "face.rest"), clue(2, "AU12")], "angry") == ["face.rest"]
    assert picked([clue(2, "AU12")], "angry") == ["AU12"]


def test_another_person_s_clues_and_quotations_are_not_told() -> None:
    assert picked([clue(1, "AU12", person="P2"), clue(2, "quote")], "happy") == []


def test_a_system_with_two_turns_gets_a_handful_and_others_get_all() -> None:
    scene = percepts(
        faces=[face(bursts={f"AU{n:02d}": (0, 4, 3.0) for n in (1, 2, 4, 5, 6, 7, 12, 14, 15)})],
        utterances=[utterance(0.2, 1.4)],
        tones=[tone(0.2, 1.4, "How nice!", "happy")],
    )
    clues = gather(scene)
    few = told_clues(tiny_two_turns(), clues, "P1", None, label="happy", space=DFEW7)
    every = told_clues(published("words"), clues, "P1", None, label="happy", space=DFEW7)
    assert every == listed(clues, "P1", None)
    assert few is not None
    assert every is not None
    assert few.count(" s: ") <= MOST < every.count(" s: ")


def test_the_clues_of_a_smile_tell_of_happiness() -> None:
    clues = gather(smile())
    found = handful(clues, "P1", None, label="happy", space=DFEW7)
    assert {one.kind for one in found} >= {"AU12"}
