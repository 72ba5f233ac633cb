"""Backends are built once, whoever asks."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from affectlens.foundation import plugins
from affectlens.perception.backends import silero
from affectlens.perception.ready import ready


def test_threads_that_ask_at_once_get_one_and_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    meet = threading.Barrier(4)

    def load(group: str, name: str) -> ModuleType:
        meet.wait(5)
        return silero

    def slow(config: silero.Config) -> object:
        time.sleep(0.05)
        return object()

    monkeypatch.setattr(plugins, "load", load)
    monkeypatch.setattr(silero, "__name__", "tests.perception.test_ready_slow")
    monkeypatch.setattr("importlib.import_module", lambda _: silero)
    monkeypatch.setattr(silero, "build", slow)
    monkeypatch.setattr(silero, "available", lambda _: None)
    with ThreadPoolExecutor(4) as threads:
        built = set(threads.map(lambda _: ready("silero"), range(4)))
    assert len(built) == 1
