"""What every subject must keep, whichever it is; a new file is held to the first laws as it is."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.analyzer.models import tiny_model
from tests.foundation.chat_server import Server, completion, serving

from affectlens.analyzer.settings import ModelSettings, Settings
from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import MELD7
from affectlens.evaluation.outcome import Prediction, from_json, to_json
from affectlens.evaluation.subject import Question, Subject
from affectlens.foundation import plugins
from affectlens.foundation.missing import Missing

GROUP = "evaluation.subjects"
NAMES = plugins.names(GROUP)
ASKED = Question(asks=frozenset({"label"}), space=MELD7)
SAMPLES = [
    Sample(id="text", media=Missing("there is no film"), subtitle="I am so happy today!"),
    Sample(id="gone", media=Missing("clip.mp4 is not there")),
    Sample(id="clip", media=Path(__file__).parents[2] / "examples/clips/1001_DFA_HAP_XX.mp4"),
]


def _tiny() -> dict[str, Any]:
    own = ModelSettings(device="cpu", max_tokens=4)
    return {"settings": Settings(model=str(tiny_model()), language_model=own)}


def _served(folder: Path, server: Server) -> dict[str, Any]:
    return {"endpoint": server.endpoint(), "responses": folder / "replies.sqlite"}


# How the smallest of each is had; a subject that is not here is held to the first laws only.
SMALL: dict[str, Callable[[Path, Server], dict[str, Any]]] = {
    "rules": lambda folder, server: {"workers": 1},
    "language": lambda folder, server: _tiny(),
    "endpoint": _served,
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving([completion("joy")]) as one:
        yield one


@pytest.fixture(scope="module")
def found(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Subject, list[Prediction]]]:
    """Every subject with its predictions."""
    made = {}
    for name in SMALL:
        module = plugins.load(GROUP, name)
        settings = SMALL[name](tmp_path_factory.mktemp(name), server)
        subject: Subject = module.build(module.Config(**settings))
        batches = list(subject.predict(SAMPLES, ASKED))
        made[name] = (subject, [one for batch in batches for one in batch])
    return made


@pytest.mark.parametrize("name", NAMES)
def test_its_settings_are_a_frozen_value_with_defaults_and_it_is_built_of_them(name: str) -> None:
    module = plugins.load(GROUP, name)
    assert module.__doc__
    assert module.Config.__dataclass_params__.frozen
    assert all(field.kw_only for field in dataclasses.fields(module.Config))
    module.Config()
    assert callable(module.build)


@pytest.mark.parametrize("name", NAMES)
def test_importing_it_loads_no_torch(name: str) -> None:
    code = f"import sys, affectlens.{GROUP}.{name}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", SMALL)
def test_every_sample_has_one_prediction(
    name: str, found: dict[str, tuple[Subject, list[Prediction]]]
) -> None:
    assert sorted(one.id for one in found[name][1]) == sorted(one.id for one in SAMPLES)


@pytest.mark.parametrize("name", SMALL)
def test_what_is_not_there_fails_with_its_reason(
    name: str, found: dict[str, tuple[Subject, list[Prediction]]]
) -> None:
    (gone,) = (one for one in found[name][1] if one.id == "gone")
    assert gone.failure == Missing("clip.mp4 is not there")
    assert gone.label == Prediction(id="gone").label


@pytest.mark.parametrize("name", SMALL)
def test_labels_and_probabilities_are_of_the_question_s_space(
    name: str, found: dict[str, tuple[Subject, list[Prediction]]]
) -> None:
    for one in found[name][1]:
        assert isinstance(one.label, Missing) or one.label in MELD7.labels
        if not isinstance(one.probabilities, Missing):
            assert set(one.probabilities) == set(MELD7.labels)
            assert sum(one.probabilities.values()) == pytest.approx(1)
        for number in (one.valence, one.arousal):
            assert isinstance(number, Missing) or -1 <= number <= 1


@pytest.mark.parametrize("name", SMALL)
def test_predictions_and_identity_go_into_json_and_back(
    name: str, found: dict[str, tuple[Subject, list[Prediction]]]
) -> None:
    subject, predictions = found[name]
    for one in predictions:
        assert from_json(json.loads(json.dumps(to_json(one), allow_nan=False))) == one
    text = json.dumps(subject.identity)
    assert json.loads(text) == json.loads(json.dumps(subject.identity))
    assert str(Path.home()) not in text
    assert str(tiny_model().parent) not in text
    assert all(isinstance(note, str) for note in subject.notes(ASKED))
