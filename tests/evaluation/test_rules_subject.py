"""The rules as a subject: what `analyze` says of the main person, in the question's labels."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.reasoning.scenes import face, percepts, smile, utterance
from tests.reasoning.test_document import analysis

from affectlens.analyzer.line import analyze
from affectlens.analyzer.settings import Settings
from affectlens.corpora.corpus import Sample
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import DFEW7, IEMOCAP4, MAFW11, MELD7, RAVDESS8, SENTIMENT3
from affectlens.evaluation.asking import main_person
from affectlens.evaluation.asking.answerable import Answerable
from affectlens.evaluation.outcome import NOT_GIVEN, Prediction
from affectlens.evaluation.subject import Question, Words
from affectlens.evaluation.subjects import rules
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.perception.percepts import Percepts
from affectlens.reasoning import document
from affectlens.reasoning.settings import ReasoningSettings

CLIPS = Path(__file__).parents[2] / "examples" / "clips"
HAPPY = CLIPS / "1001_DFA_HAP_XX.mp4"
ALL = Question(asks=frozenset({"label", "labels", "explanation"}), space=DFEW7)


def predicted(samples: Sequence[Sample], question: Question) -> dict[str, Prediction]:
    subject = rules.build(rules.Config(workers=1))
    return {p.id: p for batch in subject.predict(samples, question) for p in batch}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "broken.mp4"
    path.write_bytes(b"no film" * 99)
    return path


@pytest.fixture(scope="module")
def found(broken: Path) -> dict[str, Prediction]:
    """One run over samples of every kind; two of them are one file with the same words."""
    samples = [
        Sample(id="gone", media=Missing("clip.mp4 is not there")),
        Sample(id="text", media=Missing("there is no film"), subtitle="I am so happy today!"),
        Sample(id="clip", media=HAPPY, subtitle="Don't forget a jacket."),
        Sample(id="twin", media=HAPPY, subtitle="Don't forget a jacket."),
        Sample(id="broken", media=broken),
    ]
    return predicted(samples, ALL)


def test_a_prediction_is_what_analyze_says_of_the_main_person(found: dict[str, Prediction]) -> None:
    whole = analyze(HAPPY, Settings(model="rules"), words="Don't forget a jacket.", offline=True)
    person, clip = main_person.of_analysis(whole), found["clip"]
    assert person is not None
    assert not isinstance(clip.probabilities, Missing)
    assert dict(clip.probabilities) == pytest.approx(dict(person.probabilities), abs=2e-4)
    assert clip.label == person.label
    assert clip.labels == person.open_vocabulary
    assert clip.valence == pytest.approx(person.valence, abs=1e-4)
    assert clip.explanation == whole.explanation.text
    assert isinstance(clip.claims, dict)
    assert sum(clip.claims.values()) == len(whole.explanation.claims)
    assert clip.answer == NOT_GIVEN


def test_given_words_are_what_is_said(found: dict[str, Prediction]) -> None:
    assert "Don't forget a jacket" in str(found["clip"].explanation)


def test_every_sample_has_one_prediction_whatever_is_wrong_with_it(
    found: dict[str, Prediction],
) -> None:
    assert set(found) == {"gone", "text", "clip", "twin", "broken"}
    assert found["gone"].failure == Missing("clip.mp4 is not there")
    assert found["broken"].failure is not None
    assert "broken.mp4" in str(found["broken"].failure)
    assert replace(found["twin"], id="clip") == found["clip"]


def test_words_alone_are_read_as_a_text(found: dict[str, Prediction]) -> None:
    assert found["text"].label == "happy"


def read(scene: Percepts, question: Question, **changes: float) -> Prediction:
    """What the subject makes of the analysis of a scene."""
    answerable = rules._answerable(question)
    space = answerable.read_in if answerable else DFEW7
    row = document.to_json(analysis(scene, space.name))
    settings = ReasoningSettings(**changes)  # type: ignore[arg-type]
    return rules._predicted(row, question, answerable, settings)


@pytest.mark.parametrize("words", ["heard", "none"])
def test_a_sample_of_words_alone_fails_where_words_are_not_given(words: Words) -> None:
    only = Sample(id="text", media=Missing("there is no film"), subtitle="I am happy!")
    told = predicted([only], replace(ALL, words=words))["text"]
    assert told.failure == Missing("there is no film")


def test_who_abstains_gives_no_label_but_probabilities() -> None:
    asked = Question(asks=frozenset({"label"}), space=IEMOCAP4)
    told = read(smile(), asked, threshold=1.0)
    assert told.label == Missing("abstained: no label is likely enough")
    assert not isinstance(told.probabilities, Missing)


def test_a_clip_with_nobody_in_it_is_no_failure_but_has_its_reason_everywhere() -> None:
    told = read(percepts(), ALL)
    assert told.failure is None
    assert str(told.label).startswith("nobody was seen or heard; ")
    assert told.label == told.probabilities == told.explanation == told.claims == told.valence


def test_what_is_not_asked_for_is_not_made() -> None:
    told = read(smile(), Question(asks=frozenset({"label"}), space=SENTIMENT3))
    assert (told.label, told.labels, told.explanation) == (NOT_GIVEN,) * 3
    assert isinstance(told.valence, float)
    assert told.valence > 0


def test_labels_of_another_space_are_answered_in_its_own_words() -> None:
    told = read(smile(), Question(asks=frozenset({"label"}), space=MELD7))
    assert told.label == "joy"
    assert not isinstance(told.probabilities, Missing)
    assert set(told.probabilities) == set(MELD7.labels)
    assert sum(told.probabilities.values()) == pytest.approx(1)


def test_the_smallest_space_that_has_all_that_can_be_answered_is_read() -> None:
    assert Answerable.of(DFEW7).exactly
    assert Answerable.of(DFEW7).read_in == DFEW7
    assert Answerable.of(IEMOCAP4).read_in.name == "mer6"
    assert {"contempt", "disgust"} <= set(Answerable.of(MAFW11).read_in.labels)


def test_labels_that_are_never_given_are_told() -> None:
    subject = rules.build(rules.Config())
    assert Answerable.of(MAFW11).never == ("helplessness", "disappointment")
    (note,) = subject.notes(Question(asks=frozenset({"label"}), space=RAVDESS8))
    assert "calm" in note
    assert "neutral" not in note
    assert subject.notes(Question(asks=frozenset({"label"}), space=DFEW7)) == []


def test_a_question_that_cannot_be_answered_is_refused() -> None:
    with pytest.raises(ConfigError, match="bored, proud"):
        Answerable.of(LabelSpace("own", ("bored", "proud")))


def test_probabilities_of_what_can_be_answered_sum_to_1() -> None:
    own = Answerable.of(LabelSpace("own", ("joy", "calm", "neutral", "bored")))
    assert own.own == {"joy": "happy", "neutral": "neutral"}
    assert own.restricted({"happy": 0.3, "neutral": 0.1, "sad": 0.6}) == pytest.approx(
        {"joy": 0.75, "neutral": 0.25, "calm": 0, "bored": 0}
    )
    assert isinstance(own.restricted({"happy": 0, "neutral": 0, "sad": 1}), Missing)


def crowd() -> Percepts:
    """P1 is seen for 5 s and silent; P2 is seen for 3 s and speaks for 2.5 s of them."""
    return percepts(
        faces=[face("P1", duration_s=5), face("P2", duration_s=3)],
        utterances=[utterance(0.2, 2.7, "P2")],
    )


@pytest.mark.parametrize(
    ("scene", "who"),
    [
        (crowd(), "P2"),
        (percepts(faces=[face("P1", duration_s=5), face("P2", duration_s=3)]), "P1"),
        (percepts(faces=[face("P1")], utterances=[utterance(0, 1, "V1")]), "P1"),
        (percepts(faces=[face("P1", duration_s=1)], utterances=[utterance(0, 4, "V1")]), "V1"),
        (percepts(faces=[face("P1", duration_s=1)], utterances=[utterance(0, 1.02, "V1")]), "P1"),
        (percepts(faces=[face("P1"), face("P2")]), "P1"),
        (smile(), "P1"),
    ],
)
def test_the_main_person_is_seen_and_speaks_longest(scene: Percepts, who: str) -> None:
    measured, read = main_person.of_percepts(scene), main_person.of_analysis(analysis(scene))
    assert measured is not None
    assert read is not None
    assert measured.person == read.id == who


def test_of_a_photograph_the_largest_face_is_meant() -> None:
    near = face("P2", duration_s=0)
    near.boxes_T4[:] = [0.1, 0.1, 0.8, 0.9]
    scene = percepts(faces=[face("P1", duration_s=0), near])
    measured = main_person.of_percepts(scene)
    assert measured is not None
    assert measured.person == "P2"


def test_where_nobody_is_there_is_no_main_person() -> None:
    assert main_person.of_percepts(percepts()) is None
    assert main_person.of_analysis(analysis(percepts())) is None
