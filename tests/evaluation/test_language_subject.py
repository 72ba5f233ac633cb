"""A language model as a subject: the same scene and question as in an analysis, in batches."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.analyzer.models import tiny_model

from affectlens.analyzer.line import analyze
from affectlens.analyzer.settings import ModelSettings, Settings
from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import DFEW7, MELD7
from affectlens.evaluation.asking import main_person
from affectlens.evaluation.outcome import NOT_GIVEN, Prediction
from affectlens.evaluation.subject import Question
from affectlens.evaluation.subjects import language
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

CLIPS = Path(__file__).parents[2] / "examples" / "clips"
HAPPY = CLIPS / "1001_DFA_HAP_XX.mp4"
WORDS = "Don't forget a jacket."
ALL = Question(asks=frozenset({"label", "explanation"}), space=DFEW7)


def settings(**changes: object) -> Settings:
    own = ModelSettings(device="cpu", max_tokens=2)
    return Settings(model=str(tiny_model()), language_model=own, **changes)  # type: ignore[arg-type]


def predicted(
    samples: Sequence[Sample], question: Question, *, batch_size: int
) -> list[list[Prediction]]:
    config = language.Config(settings=settings(), batch_size=batch_size)
    return list(language.build(config).predict(samples, question))


SAMPLES = [
    Sample(id="clip", media=HAPPY, subtitle=WORDS),
    Sample(id="gone", media=Missing("clip.mp4 is not there")),
    Sample(id="angry", media=CLIPS / "1001_DFA_ANG_XX.mp4", subtitle="What a day!"),
    Sample(id="text", media=Missing("there is no film"), subtitle="I am so happy today!"),
]


@pytest.fixture(scope="module")
def together() -> dict[str, Prediction]:
    (batch,) = predicted(SAMPLES, ALL, batch_size=8)
    return {one.id: one for one in batch}


def test_probabilities_are_those_of_the_analysis_of_the_main_person(
    together: dict[str, Prediction],
) -> None:
    whole = analyze(HAPPY, settings(), words=WORDS, offline=True)
    person, clip = main_person.of_analysis(whole), together["clip"]
    assert person is not None
    assert not isinstance(clip.probabilities, Missing)
    assert dict(clip.probabilities) == pytest.approx(dict(person.probabilities), abs=1e-5)
    assert clip.label == person.label
    assert (clip.valence, clip.arousal) == pytest.approx((person.valence, person.arousal), abs=1e-5)
    assert clip.explanation == whole.explanation.text


def test_one_at_a_time_says_the_same_as_eight_at_once(together: dict[str, Prediction]) -> None:
    alone = predicted(SAMPLES, ALL, batch_size=1)
    assert [[one.id for one in batch] for batch in alone] == [[one.id] for one in SAMPLES]
    for (one,) in alone:
        other = together[one.id]
        assert one.label == other.label
        assert one.answer == other.answer
        assert one.claims == other.claims
        if not isinstance(other.probabilities, Missing):
            assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


def test_a_sample_that_fails_does_not_cost_the_others(together: dict[str, Prediction]) -> None:
    assert together["gone"].failure == Missing("clip.mp4 is not there")
    assert [one.failure for one in together.values()].count(None) == 3


def test_the_answer_is_the_model_s_own_words(together: dict[str, Prediction]) -> None:
    assert isinstance(together["clip"].answer, str)
    assert together["clip"].answer


def test_only_the_model_s_own_claims_are_counted(together: dict[str, Prediction]) -> None:
    """What a random model writes holds nothing; that the rules step in is not its merit."""
    claims, explanation = together["clip"].claims, together["clip"].explanation
    assert not isinstance(claims, Missing)
    assert claims["supported"] == 0
    assert isinstance(explanation, str)
    assert explanation


def test_what_cannot_be_asked_about_fails_alone() -> None:
    endless = Sample(id="endless", media=Missing("no film"), subtitle="and so on " * 1000)
    question = replace(ALL, asks=frozenset({"label"}))
    (batch,) = predicted([endless, SAMPLES[3]], question, batch_size=8)
    assert "tokens" in str(batch[0].failure)
    assert batch[1].failure is None


def test_what_is_not_asked_for_is_not_made() -> None:
    question = Question(asks=frozenset({"label"}), space=MELD7)
    ((one,),) = predicted([SAMPLES[3]], question, batch_size=8)
    assert not isinstance(one.probabilities, Missing)
    assert set(one.probabilities) == set(MELD7.labels)
    assert (one.labels, one.explanation, one.claims) == (NOT_GIVEN,) * 3


def test_the_rules_are_no_language_model() -> None:
    with pytest.raises(ConfigError, match="--model"):
        language.build(language.Config())
