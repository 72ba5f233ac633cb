"""What a language model wrote is checked; what the clues do not bear out does not reach people."""

from tests.reasoning.scenes import face, percepts, smile

from affectlens.clues.gather import gather
from affectlens.emotions.spaces import DFEW7
from affectlens.perception.percepts import Percepts
from affectlens.reasoning import rules
from affectlens.reasoning.analysis import Explanation
from affectlens.reasoning.settings import ReasoningSettings
from affectlens.reasoning.told import told

SETTINGS = ReasoningSettings()


def explained(scene: Percepts, texts: dict[str, str]) -> Explanation:
    """A model's texts about the people of a scene, as the line tells them."""
    clues = gather(scene)
    read = rules.build(SETTINGS)(scene, clues, DFEW7)
    return told(read.people, texts, clues, DFEW7, SETTINGS)


def test_a_sentence_that_the_clues_bear_out_stays_and_cites_them() -> None:
    found = explained(smile(), {"P1": "P1 appears happy and raises the cheeks."})
    (claim,) = found.claims
    assert claim.status == "supported"
    assert claim.clues
    assert found.text == "P1 appears happy and raises the cheeks."


def test_a_text_that_leaves_its_label_out_follows_the_sentence_that_gives_it() -> None:
    found = explained(smile(), {"P1": "P1 raises the cheeks."})
    first, second = found.claims
    assert "happy" in first.text
    assert first.status == second.status == "supported"
    assert found.text.endswith("P1 raises the cheeks.")


def test_a_label_in_a_struck_sentence_does_not_count_as_named() -> None:
    text = "P1 raises the cheeks. P1 appears happy, laughing out loud."
    found = explained(smile(), {"P1": text})
    assert "happy" in found.claims[0].text
    assert "laughing" not in found.text


def test_what_is_said_twice_is_told_once() -> None:
    text = "P1 appears happy. P1 raises the cheeks. P1 appears happy. P1 raises the cheeks."
    assert explained(smile(), {"P1": text}).text == "P1 appears happy. P1 raises the cheeks."


def test_a_sentence_that_nothing_bears_out_is_struck_but_kept_in_the_claims() -> None:
    found = explained(
        smile(), {"P1": "P1 looks happy, the cheeks raised. P1 is laughing out loud."}
    )
    assert [claim.status for claim in found.claims] == ["supported", "unsupported"]
    assert "laughing" not in found.text


def test_a_label_that_was_not_given_is_struck() -> None:
    found = explained(smile(), {"P1": "P1 raises the cheeks. P1 appears to express fear."})
    assert "fear" not in found.text


def test_where_nothing_is_borne_out_the_measured_clues_are_told_by_rule() -> None:
    for text in ("", "P1 is laughing out loud.", "ooooo ������"):
        found = explained(smile(), {"P1": text})
        assert any(claim.status == "supported" and claim.clues for claim in found.claims), text
        assert "laughing" not in found.text


def test_one_person_s_sentence_is_not_borne_out_by_another_s_face() -> None:
    smiling = face("P1", bursts={"AU06": (0, 5, 3.0), "AU12": (0, 5, 3.5)}, expression="happy")
    scene = percepts(faces=[smiling, face("P2")])
    found = explained(scene, {"P2": "The person raises the cheeks."})
    said = next(claim for claim in found.claims if claim.text == "The person raises the cheeks.")
    assert said.person == "P2"
    assert said.status == "unsupported"


def test_nobody_is_told_of_as_nobody() -> None:
    found = explained(percepts(), {})
    assert found.text
    assert all(claim.person is None for claim in found.claims)


def test_what_is_no_text_does_not_reach_people() -> None:
    found = explained(smile(), {"P1": "P1 raises\x14 the cheeks.\N{REPLACEMENT CHARACTER}"})
    assert found.claims[-1].text == "P1 raises the cheeks."
    assert found.text.isprintable()


def test_nobody_is_called_a_woman_or_a_man() -> None:
    found = explained(smile(), {"P1": "The young woman raises her cheeks."})
    assert found.claims[-1].text == "The person raises the cheeks."
    assert found.claims[-1].status == "supported"
