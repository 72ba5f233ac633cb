"""A served model as a subject: it is shown frames and words, and its replies are read."""

import base64
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.foundation.chat_server import Answer, Server, completion, serving

from affectlens.corpora.corpus import Sample
from affectlens.emotions.spaces import MER6
from affectlens.evaluation.asking.named import subject
from affectlens.evaluation.outcome import NOT_GIVEN, Prediction
from affectlens.evaluation.subject import Question
from affectlens.evaluation.subjects import endpoint
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

CLIP = Path(__file__).parents[2] / "examples" / "clips" / "1001_DFA_HAP_XX.mp4"
SAMPLES = [
    Sample(id="clip", media=CLIP, subtitle="Don't forget a jacket."),
    Sample(id="gone", media=Missing("clip.mp4 is not there")),
    Sample(id="text", media=Missing("there is no film"), subtitle="What a day!"),
]
ALL = Question(asks=frozenset({"label", "labels", "explanation"}), space=MER6)


def texts(request: dict[str, Any]) -> str:
    """What is asked in words."""
    content = request["messages"][0]["content"]
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")


def pictures(request: dict[str, Any]) -> list[str]:
    """The addresses of what is shown."""
    content = request["messages"][0]["content"]
    return [part["image_url"]["url"] for part in content if part["type"] == "image_url"]


def reply(request: dict[str, Any]) -> Answer:
    """Different answers to the three questions."""
    asked = texts(request)
    if "which emotion label" in asked:
        return completion("Happy." if "jacket" in asked else "I cannot say.")
    if "recognize all possible" in asked:
        return completion("The character's emotional state is happy and surprised.")
    return completion("He smiles, so he is happy.")


def predicted(
    server: Server, folder: Path, question: Question = ALL, samples: Sequence[Sample] = SAMPLES
) -> dict[str, Prediction]:
    config = endpoint.Config(
        endpoint=server.endpoint(),
        view=endpoint.View(frames=3, max_side=64),
        responses=folder / "replies.sqlite",
    )
    batches = endpoint.build(config).predict(samples, question)
    return {one.id: one for batch in batches for one in batch}


def test_replies_are_read_as_what_was_asked(tmp_path: Path) -> None:
    with serving(reply) as server:
        found = predicted(server, tmp_path)
    clip = found["clip"]
    assert (clip.answer, clip.label) == ("Happy.", "happy")
    assert clip.labels == ("happy", "surprised")
    assert clip.explanation == "He smiles, so he is happy."
    assert isinstance(found["text"].label, Missing)
    assert found["text"].answer == "I cannot say."
    assert found["gone"].failure == Missing("clip.mp4 is not there")


def test_frames_are_shown_in_order_and_words_are_told(tmp_path: Path) -> None:
    with serving(reply) as server:
        predicted(server, tmp_path, replace(ALL, asks=frozenset({"label"})))
    (request,) = (one for one in server.requests if "jacket" in texts(one))
    shown = pictures(request)
    assert len(shown) == 3
    for url in shown:
        assert url.startswith("data:image/jpeg;base64,")
        picture = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
        assert max(picture.size) == 64
    assert texts(request).endswith("happy, sad, worried, surprise.")
    assert len(server.requests) == 2
    assert request["temperature"] == 0


def test_the_same_question_is_not_asked_twice(tmp_path: Path) -> None:
    with serving(reply) as server:
        first = predicted(server, tmp_path)
        asked = len(server.requests)
        assert predicted(server, tmp_path) == first
        assert len(server.requests) == asked == 6


def test_without_words_only_frames_are_shown(tmp_path: Path) -> None:
    question = replace(ALL, asks=frozenset({"labels"}), space=None, words="none")
    with serving(reply) as server:
        found = predicted(server, tmp_path, question)
    (request,) = server.requests
    assert "jacket" not in texts(request)
    assert found["clip"].label == NOT_GIVEN
    assert found["text"].failure == Missing("there is no film")


def test_an_address_and_a_name_make_a_served_subject() -> None:
    url = "http://127.0.0.1:8000/v1"
    made = subject(f"{url}#qwen", options=["frames=4", "revision=b"])
    assert isinstance(made, endpoint.Served)
    assert made.config.view.frames == 4
    assert "endpoint qwen@b" in made.identity["endpoint"]
    with pytest.raises(ConfigError, match="#NAME"):
        subject(url)
    with pytest.raises(ConfigError, match="frames"):
        subject("rules", options=["frames=4"])
    with pytest.raises(ConfigError, match="Did you mean 'revision'"):
        subject(f"{url}#qwen", options=["revisio=b"])
