"""A language model in the line: who is read, from what, and what is said of what is missing."""

import shutil
from pathlib import Path

import pytest
from tests.analyzer.models import tiny_model
from tests.reasoning.scenes import face, percepts, tone, utterance

from affectlens.analyzer import language
from affectlens.analyzer.language import load
from affectlens.analyzer.scene import Scene, said
from affectlens.analyzer.settings import ModelSettings, Settings
from affectlens.clues.gather import gather
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip
from affectlens.media.opening import open_clip
from affectlens.model import checkpoint
from affectlens.perception.percepts import Percepts
from affectlens.reasoning.reasoner import Reading

CLIPS = Path(__file__).parents[2] / "examples" / "clips"
ALONE = percepts(faces=[face(duration_s=1.8)], utterances=[utterance(0.2, 1.4)])


@pytest.fixture(scope="module")
def clip() -> Clip:
    return open_clip(CLIPS / "1001_DFA_HAP_XX.mp4")


def settings(**changes: object) -> Settings:
    own = ModelSettings(device="cpu", max_tokens=8, **changes)  # type: ignore[arg-type]
    return Settings(model=str(tiny_model()), language_model=own)


def read(scene: Percepts, clip: Clip, heard: list[str] | None = None) -> Reading:
    """What the tiny model makes of a scene."""
    tell = (heard if heard is not None else []).append
    reader = language.reader(settings(), clip, scene, tell=tell)
    return reader(scene, gather(scene), DFEW7)


def test_each_person_gets_the_likelihoods_of_the_labels_as_probabilities(clip: Clip) -> None:
    reading = read(ALONE, clip)
    (person,) = reading.people
    assert person.measured
    assert set(person.probabilities) == set(DFEW7.labels)
    assert sum(person.probabilities.values()) == pytest.approx(1)
    assert reading.model == str(tiny_model())


def test_the_explanation_is_heard_while_it_is_written(clip: Clip) -> None:
    heard: list[str] = []
    read(ALONE, clip, heard)
    assert heard[0] == "P1: "
    assert heard[-1] == "\n"


def test_a_long_clip_is_read_window_by_window_and_as_a_whole(clip: Clip) -> None:
    scene = percepts(faces=[face(duration_s=10)], utterances=[utterance(0.2, 1.4)])
    (person,) = read(scene, clip).people
    assert person.segments[0].span.start_s == 0
    assert len({segment.span for segment in person.segments}) > 1
    assert person.segments[0].probabilities != person.probabilities


def test_the_same_clip_is_read_the_same_twice(clip: Clip) -> None:
    assert read(ALONE, clip) == read(ALONE, clip)


def test_nobody_is_read_as_nobody(clip: Clip) -> None:
    assert read(percepts(), clip).people == ()


def shown(scene: Percepts, clip: Clip, person: str, **changes: object) -> dict[str, bool]:
    """Which streams the model gets of a person."""
    _, processor = load(settings())
    own = settings(**changes).language_model
    example = Scene(clip, scene, processor.system, own).example(person, None, ())
    return {name: not isinstance(found, Missing) for name, found in example.features.items()}


def test_who_is_silent_among_others_does_not_get_their_voice(clip: Clip) -> None:
    two = percepts(faces=[face("P1"), face("P2")], utterances=[utterance(0.2, 1.4)])
    assert shown(two, clip, "P1")["audio"]
    assert not shown(two, clip, "P2")["audio"]
    assert shown(two, clip, "P2")["patches"]


def test_a_stream_that_is_left_out_is_missing_with_that_reason(clip: Clip) -> None:
    found = shown(ALONE, clip, "P1", without=("local", "temporal"))
    assert found == {
        "patches": True, "local": False, "temporal": False, "audio": True, "context": True,
    }  # fmt: skip


def test_streams_and_folders_that_are_not_there_are_refused_before_any_clip(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"voice.*patches, local, temporal, audio, context"):
        load(settings(without=("voice",)))
    with pytest.raises(ConfigError, match="no folder"):
        load(settings(folders=(f"audio={tmp_path / 'nowhere'}",)))


def test_a_stream_that_is_missing_is_told_with_its_reason(clip: Clip) -> None:
    lone = percepts(utterances=[utterance(0.2, 1.4)])
    told_of = {absence.what: absence.why for absence in read(lone, clip).missing}
    assert "P1.local" in told_of
    assert "P1.audio" not in told_of


def test_who_is_not_seen_among_others_does_not_get_their_face(clip: Clip) -> None:
    scene = percepts(faces=[face("P1")], utterances=[utterance(0.2, 1.4, "V1")])
    assert shown(scene, clip, "V1") == {
        "patches": False, "local": False, "temporal": False, "audio": True, "context": False,
    }  # fmt: skip


def test_nobody_is_read_where_they_are_neither_seen_nor_heard(clip: Clip) -> None:
    scene = percepts(faces=[face("P1", duration_s=2.4), face("P2", duration_s=10)])
    first, second = read(scene, clip).people
    assert max(segment.span.end_s for segment in first.segments) <= 2.5
    assert max(segment.span.end_s for segment in second.segments) > 9


def test_a_model_that_was_trained_on_is_loaded_anew(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(tiny_model(), folder)
    own = ModelSettings(device="cpu", max_tokens=4)
    before, processor = load(Settings(model=str(folder), language_model=own))
    again, _ = load(Settings(model=str(folder), language_model=own))
    assert again is before
    other = checkpoint.create(processor.system, place=own.place, seed=1)
    checkpoint.save_trained(other.model, other.processor, folder)
    after, _ = load(Settings(model=str(folder), language_model=own))
    assert after is not before


def test_words_are_those_of_the_person_and_the_time() -> None:
    scene = percepts(tones=[tone(0, 1, "Hello.", "happy"), tone(3, 4, "Bye.", "sad")])
    assert said(scene, "P1", None) == "Hello. Bye."
    assert said(scene, "P1", Span(2, 5)) == "Bye."
    assert said(scene, "P2", None) is None


@pytest.mark.parametrize("model", ["rules", "auto"])
def test_rules_are_no_language_model(model: str) -> None:
    with pytest.raises(ConfigError, match="--model"):
        load(Settings(model=model))


def test_a_folder_that_is_no_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no weights"):
        load(Settings(model=str(tmp_path)))
