"""Any text is checked against the clues; what they do not bear out is struck."""

from dataclasses import replace

import pytest
from tests.reasoning.lies import FALSE, FREE_FALSE, FREE_TRUE, SCENES

from affectlens.clues.clue import Clue, Modality
from affectlens.clues.gather import gather
from affectlens.clues.phrasebook import phrasebook
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.timeline import Span
from affectlens.perception.percepts import Percepts
from affectlens.reasoning import rules
from affectlens.reasoning.grounding import ground, sentences, strike
from affectlens.reasoning.settings import ReasoningSettings


def clue(
    kind: str,
    modality: Modality = "face",
    *,
    person: str | None = "P1",
    span: tuple[float, float] = (1.0, 2.0),
    text: str = "",
    numbers: dict[str, float] | None = None,
) -> Clue:
    """A clue by hand."""
    return Clue("c1", modality, kind, person, Span(*span), text, 0.8, numbers or {})


def explained(scene: Percepts) -> tuple[str, tuple[Clue, ...], dict[str, set[str]]]:
    """The rule's explanation, the clues, and which labels were given."""
    clues = gather(scene)
    reading = rules.build(ReasoningSettings())(scene, clues, DFEW7)
    labels = {
        p.id: {x for x in (p.label, *(s.label for s in p.segments)) if x} for p in reading.people
    }
    return reading.explanation.text, clues, labels


def test_injected_false_claims_are_caught_and_true_ones_kept() -> None:
    false = caught = true = kept = 0
    missed = []
    for name, scene in SCENES.items():
        text, clues, labels = explained(scene)
        own = sentences(text)
        lies = FALSE[name]
        mixed = " ".join(x for pair in zip(lies, own * len(lies), strict=False) for x in pair)
        for claim in ground(mixed, clues, labels=labels):
            if claim.text in lies:
                false += 1
                caught += claim.status == "unsupported"
                missed += [claim.text] if claim.status != "unsupported" else []
            else:
                true += 1
                kept += claim.status != "unsupported"
                missed += [claim.text] if claim.status == "unsupported" else []
    assert false >= 60
    assert caught >= 0.9 * false, missed
    assert kept >= 0.95 * true, missed


def test_freely_worded_false_claims_are_caught_and_true_ones_kept() -> None:
    missed, lost = [], []
    for name, scene in SCENES.items():
        _, clues, labels = explained(scene)
        for text in FREE_FALSE.get(name, ()):
            found = {claim.status for claim in ground(text, clues, labels=labels)}
            missed += [text] if "unsupported" not in found else []
        for text in FREE_TRUE.get(name, ()):
            (claim,) = ground(text, clues, labels=labels)
            lost += [text] if claim.status != "supported" else []
    assert len(missed) <= 0.1 * sum(map(len, FREE_FALSE.values())), missed
    assert lost == []


@pytest.mark.parametrize(
    "text",
    [
        "P1 smiles broadly.",
        "P1 grins from 0:01 to 0:02.",
        "Between 1 and 2 seconds the lip corners of P1 are pulled up.",
        "P1 shows a toothy smile at 1.4 s.",
        "In the first two seconds P1 smiles.",
        "P1 does not frown.",
        "Without tears, P1 smiles.",
    ],
)
def test_many_wordings_of_one_fact_are_supported(text: str) -> None:
    (claim,) = ground(text, [clue("AU12")])
    assert claim.status == "supported"


def test_one_false_part_makes_the_sentence_unsupported() -> None:
    (claim,) = ground("P1 smiles and lowers the brows.", [clue("AU12")])
    assert claim.status == "unsupported"
    assert claim.clues == ()


def test_a_sentence_without_a_name_is_about_whom_the_one_before_was() -> None:
    claims = ground("P2 is here. There is a smile.", [clue("AU12", person="P1")])
    assert claims[1].person == "P2"
    assert claims[1].status == "unsupported"


def test_a_time_is_met_within_half_a_second_and_no_more() -> None:
    at = [ground(f"P1 smiles at {t} s.", [clue("AU12")])[0].status for t in (0.4, 0.6, 2.4, 2.6)]
    assert at == ["unsupported", "supported", "supported", "unsupported"]


def test_quoted_words_must_have_been_said_and_are_not_searched_for_assertions() -> None:
    said = clue("quote", "words", text="the words “I never smile, you know”")
    assert ground("P1 says “never smile”.", [said])[0].status == "supported"
    assert ground("P1 says “always smile”.", [said])[0].status == "unsupported"


def test_measured_values_must_be_those_of_the_clue() -> None:
    loud = clue("loudness.high", "voice", numbers={"change_db": 8.04})
    assert ground("P1 is louder (+8.0 dB).", [loud])[0].status == "supported"
    assert ground("P1 is louder (+12.0 dB).", [loud])[0].status == "unsupported"


def test_what_no_clue_could_tell_is_unchecked_and_stays() -> None:
    text = "This is a clip."
    assert ground(text, [])[0].status == "unchecked"
    assert strike(text, []) == text


def test_emotions_are_checked_when_labels_are_given() -> None:
    labels = {"P1": {"happy"}}
    assert ground("P1 appears joyful.", [], labels=labels)[0].status == "supported"
    assert ground("P1 appears furious.", [], labels=labels)[0].status == "unsupported"
    assert ground("P1 appears furious.", [])[0].status == "unchecked"


def test_striking_leaves_the_rest_of_the_text() -> None:
    assert strike("P1 smiles. P1 cries. It is a clip.", [clue("AU12")]) == (
        "P1 smiles. It is a clip."
    )


def test_a_true_quotation_does_not_bear_out_the_sentence_after_it() -> None:
    said = clue("quote", modality="words", text="P1 says “That is wonderful.”")
    text = "P1 says: “That is wonderful.” In short, P1 appears sad."
    claims = ground(text, [said], labels={"P1": {"happy"}})
    assert [claim.text for claim in claims] == sentences(text)
    assert [claim.status for claim in claims] == ["supported", "unsupported"]


def test_sentences_are_not_cut_inside_numbers_and_quotations() -> None:
    text = "P1 smiles at 1.5 s. P1 says “Stop. Go away!” loudly. Done?"
    assert sentences(text) == [
        "P1 smiles at 1.5 s.",
        "P1 says “Stop. Go away!” loudly.",
        "Done?",
    ]


def test_an_empty_text_has_no_claims() -> None:
    assert ground("", [clue("AU12")]) == ()


def told(kind: str) -> tuple[str, Clue]:
    """A clue as the phrasebook words it, and its kind."""
    values: dict[str, float | str] = {
        "label": "sad", "quote": "I am here", "name": "laughter", "mean_probability": 0.8,
        "level": 0.4, "cuts": 3.0, "rate_min": 12.0, "change_st": 3.0, "range_st": 4.0,
        "slope_st_s": 5.0, "change_db": 6.0, "rate_hz": 6.0, "brightness_db": 2.0, "pause_s": 1.5,
    }  # fmt: skip
    names = {"expression": "expression.sad", "tone": "tone.sad", "event": "event.laughter"}
    name = names.get(kind, kind)
    for end in (".absolute", ".speaking"):
        name = name.removesuffix(end)
    numbers = {key: x for key, x in values.items() if isinstance(x, float)}
    numbers["AU04_peak_intensity"] = 0.4
    face_kind = kind[:2] in ("AU", "fa", "ex", "he", "ga")
    modality: Modality = "face" if face_kind else "words" if kind in ("tone", "quote") else "voice"
    scene = kind.split(".")[0] in ("light", "color", "motion", "cuts")
    text = phrasebook().phrase(kind, values)
    return text, clue(name, "scene" if scene else modality, text=text, numbers=numbers)


@pytest.mark.parametrize("kind", phrasebook().clue)
def test_every_sentence_of_the_phrasebook_is_borne_out_by_its_own_clue(kind: str) -> None:
    text, one = told(kind)
    for frame in ("face", "face_2", "face_3", "face_still", "voice_3", "words", "against"):
        values: dict[str, float | str] = {
            "person": "P1", "start": 1.0, "end": 2.0, "what": text, "label": "happy",
        }  # fmt: skip
        (claim,) = ground(phrasebook().sentence(frame, values), [one], labels={"P1": {"happy"}})
        assert claim.status == "supported", claim.text


FACTS = [
    clue("AU12", numbers={"peak_intensity": 3.2}),
    replace(clue("AU04", person="P2", span=(5.0, 6.0)), id="c4"),
    replace(clue("face.rest", span=(2.5, 6.0)), id="c5"),
]


@pytest.mark.parametrize(
    "text",
    [
        "P1 smiles at 1.5 s and at 9 s.",
        "P1 smiles at 1.5 s and 9 s.",
        "P1 smiles throughout the clip.",
        "P1 smiles the whole time.",
        "P1 smiles for 10 seconds.",
        "P1 stops smiling at 4.5 s.",
        "P2 stops frowning.",
        "P1's AU12 reaches 4.9.",
        "The AU12 of P1 is at 4.9 of 5.",
        "P1 smiles (c4).",
        "P1 is happy (c4).",
        "P1 looks happy at 20 s.",
        "P1 is a 40-year-old woman.",
        "P1, a young man, smiles.",
        "P1, an Asian person, smiles.",
        "P1 says 'I hate you'.",
        "P1 says 「我恨你」.",
    ],
)
def test_a_claim_that_is_false_in_one_respect_is_struck(text: str) -> None:
    (claim,) = ground(text, FACTS, labels={"P1": {"happy"}})
    assert claim.status == "unsupported"


@pytest.mark.parametrize(
    "text",
    [
        "P1 smiles at 1.2 s and at 1.8 s.",
        "P1 smiles at 1.5 s and P2 frowns at 5.5 s.",
        "P1 smiles for one second.",
        "P1 stops smiling at 2 s.",
        "P1's AU12 reaches 3.2.",
        "P1's AU12 peaks at 1.0 s.",
        "P1 smiles (c1).",
        "P1 looks happy at 1.5 s.",
        "P1 doesn't frown, and P1's smile is broad.",
    ],
)
def test_a_claim_that_is_true_in_every_respect_stays(text: str) -> None:
    (claim,) = ground(text, FACTS, labels={"P1": {"happy"}})
    assert claim.status == "supported"


def test_words_in_any_quotation_marks_are_looked_for() -> None:
    said = clue("quote", "words", text="the words “我很好 don't worry”")
    for quote in ("'don't worry'", "‘don’t worry’", "「我很好」", "『很好』"):
        assert ground(f"P1 says {quote}.", [said])[0].status == "supported", quote


def test_a_name_that_is_only_quoted_is_not_whom_the_sentence_is_about() -> None:
    said = clue("quote", "words", text="the words “Never! P2 smiles”")
    (claim,) = ground("At 1.0 s P1 says the words “Never! P2 smiles”.", [said])
    assert (claim.person, claim.status) == ("P1", "supported")
