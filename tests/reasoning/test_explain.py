"""The rule's explanation: every claim cites clues, nothing else is said, doubts are told."""

import pytest
from tests.reasoning.scenes import face, percepts, smile, tone, utterance

from affectlens.clues.gather import gather
from affectlens.emotions.spaces import DFEW7
from affectlens.perception.percepts import Percepts
from affectlens.reasoning import rules
from affectlens.reasoning.analysis import Explanation
from affectlens.reasoning.reasoner import Reading
from affectlens.reasoning.settings import ReasoningSettings


def read(scene: Percepts, **changes: float) -> Reading:
    """The baseline's reading."""
    return rules.build(ReasoningSettings(**changes))(  # type: ignore[arg-type]
        scene, gather(scene), DFEW7
    )


def explained(scene: Percepts) -> Explanation:
    """The baseline's explanation."""
    return read(scene).explanation


TORN = percepts(
    faces=[face(bursts={"AU12": (0, 5, 3.5), "AU06": (0, 5, 3.0)}, expression="happy")],
    utterances=[utterance(0, 5)],
    tones=[tone(0, 5, "I have lost everything.", "sad")],
)


@pytest.mark.parametrize("scene", [smile(), TORN, percepts(faces=[face()])])
def test_every_claim_cites_clues_of_its_person(scene: Percepts) -> None:
    by_id = {c.id: c for c in gather(scene)}
    claims = explained(scene).claims
    assert 2 <= len(claims) <= 5
    for claim in claims:
        assert claim.status == "supported"
        assert claim.clues
        assert {by_id[c].person for c in claim.clues} == {claim.person}


def test_the_text_is_its_claims() -> None:
    explanation = explained(smile())
    assert explanation.text == " ".join(claim.text for claim in explanation.claims)


def test_the_wording_is_hedged() -> None:
    text = explained(smile()).text
    assert "P1 appears to express happy" in text
    assert " is happy" not in text


def test_what_was_observed_is_told_with_its_time() -> None:
    text = explained(smile()).text
    assert "From 1.0 to 3.0 s the face of P1 shows: lip corners pulled up (AU12)" in text
    assert "laughter" in text
    assert "“That is wonderful news”" in text


def test_a_conflict_between_face_and_words_is_found_and_told() -> None:
    reading = read(TORN)
    (conflict,) = reading.people[0].conflicts
    assert conflict.modalities == ("face", "words")
    assert conflict.labels == ("happy", "sad")
    assert conflict.span.start_s == 0.0
    assert conflict.span.end_s == pytest.approx(5.0)
    assert conflict.clues
    assert conflict.text in reading.explanation.text


def test_agreement_is_no_conflict() -> None:
    assert read(smile()).people[0].conflicts == ()


def test_abstaining_says_why() -> None:
    weak = read(percepts(faces=[face()]), threshold=0.9).explanation.text
    assert "No label is given for P1: the evidence is too weak (nearest: neutral" in weak
    close = read(percepts(faces=[face()]), margin=0.9).explanation.text
    assert "too close" in close
    nothing = explained(percepts(utterances=[utterance(0, 1, "V1", rate_hz=None)])).text
    assert nothing.startswith("No label is given for V1")


def test_nobody_is_said_when_there_is_nobody() -> None:
    (claim,) = explained(percepts()).claims
    assert claim.text == "Nobody was seen or heard."
    assert claim.status == "unchecked"
