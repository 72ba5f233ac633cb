"""The rule's explanation: every claim cites clues, nothing else is said, doubts are told."""

from dataclasses import replace

import pytest
from tests.reasoning.scenes import face, percepts, smile, tone, utterance

from affectlens.clues.gather import gather
from affectlens.emotions.spaces import DFEW7, EKMAN6
from affectlens.perception.percepts import Percepts
from affectlens.reasoning import rules
from affectlens.reasoning.analysis import Explanation
from affectlens.reasoning.explain import checked
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
        about_two = "speak for different emotions" in claim.text
        assert claim.status == ("unchecked" if about_two else "supported")
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


def test_a_conflict_cites_only_what_speaks_for_its_two_labels() -> None:
    kinds = {c.id: c.kind for c in gather(TORN)}
    (conflict,) = read(TORN).people[0].conflicts
    cited = {kinds[c] for c in conflict.clues}
    assert {"AU12", "tone.sad"} <= cited <= {"AU12", "AU06", "expression.happy", "tone.sad"}


def test_what_the_clues_do_not_bear_out_is_not_in_the_text() -> None:
    reading = read(smile())
    lie = replace(reading.explanation.claims[0], text="P1 frowns.")
    claims = (lie, *reading.explanation.claims[1:])
    found = checked(Explanation("", claims), gather(smile()), reading.people)
    assert found.claims[0].status == "unsupported"
    assert "frowns" not in found.text
    assert found.claims[1].text in found.text


def test_where_nothing_speaks_for_a_label_no_clue_is_cited_for_it() -> None:
    scene = percepts(faces=[face(bursts={"AU12": (0, 5, 1.2), "AU06": (0, 5, 1.2)})])
    assert {c.kind for c in gather(scene)} == {"face.slight"}
    claim = read(scene, threshold=0.99).explanation.claims[0]
    assert claim.clues == ()
    assert claim.status == "unchecked"


def test_a_calm_face_in_a_space_without_neutral_is_said_to_be_calm() -> None:
    scene = percepts(faces=[face()])
    reading = rules.build(ReasoningSettings())(scene, gather(scene), EKMAN6)
    assert "the face is at rest, and the label space has no word for that" in (
        reading.explanation.text
    )


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


def test_it_says_which_modalities_the_label_rests_on() -> None:
    assert "this rests mainly on the face and voice." in explained(smile()).text
    face_only = percepts(faces=[face(bursts={"AU12": (0, 5, 4.0), "AU06": (0, 5, 3.0)})])
    assert "this rests on the face." in explained(face_only).text


def test_a_label_without_a_clear_clue_is_said_to_rest_on_weak_signs() -> None:
    slight = percepts(faces=[face(bursts={"AU12": (0, 5, 1.2), "AU06": (0, 5, 1.2)})])
    text = read(slight, threshold=0.1, margin=0.0).explanation.text
    assert "weak signs" in text
    assert "only slight signs in the face" in text


def test_what_speaks_against_the_label_is_told_after_what_speaks_for_it() -> None:
    torn = percepts(
        faces=[face(bursts={"AU12": (0, 5, 4.0), "AU06": (0, 5, 2.5)}, expression="sad")]
    )
    last = explained(torn).claims[-1]
    assert last.text.startswith("Less in line with happy (P1")
    assert "looks sad to the expression net" in last.text


def test_a_long_speech_is_not_repeated() -> None:
    speech = " ".join(f"word{i}" for i in range(60))
    text = explained(percepts(faces=[face()], tones=[tone(0, 5, speech, "neutral")])).text
    assert "word11…”" in text
    assert "word12" not in text


def test_one_who_changes_is_said_to_change() -> None:
    bursts = {
        "AU12": (0.0, 4.9, 2.4),
        "AU06": (0.0, 4.9, 2.4),
        "AU04": (5.1, 10.0, 4.0),
        "AU23": (5.1, 10.0, 4.0),
        "AU25": (5.1, 10.0, 4.0),
    }
    reading = read(percepts(faces=[face(duration_s=10.0, bursts=bursts)]), margin=0.4)
    assert reading.people[0].label is None
    assert "changes over time (happy and angry)" in reading.explanation.text


def test_people_are_told_of_in_different_words() -> None:
    smiles = {"AU12": (0.0, 5.0, 4.0)}
    texts = [
        claim.text.replace("P2", "P1").replace("P3", "P1")
        for claim in explained(
            percepts(faces=[face(f"P{i}", bursts=smiles) for i in (1, 2, 3)])
        ).claims
        if "AU12" in claim.text
    ]
    assert len(set(texts)) == 3
