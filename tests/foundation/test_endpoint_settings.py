"""Where a model is served: addresses and keys are checked before anything is sent."""

from typing import Any

import pytest

from affectlens.foundation.endpoint import Client, Endpoint
from affectlens.foundation.errors import ConfigError

SAFE_KEY = "sk-not-a-key"


@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "schlüssel"])
def test_a_variable_without_a_usable_key_is_told_before_anything_is_sent(value: str) -> None:
    with pytest.raises(ConfigError, match="MY_KEY"):
        Client(Endpoint(model="m", key_variable="MY_KEY"), {"MY_KEY": value})


def test_a_key_in_place_of_its_variable_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match="never the key itself") as refused:
        Endpoint(model="m", key_variable=SAFE_KEY)
    assert SAFE_KEY not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.org/v1", "insecure=true"),
        ("http://10.0.0.7:8000/v1", "insecure=true"),
        ("http://127.0.0.1.example.org/v1", "insecure=true"),
        ("http://169.254.169.254/latest", "insecure=true"),
        ("ftp://127.0.0.1/v1", "http"),
        ("file:///etc/passwd", "http"),
        ("127.0.0.1:8000", "http"),
        ("https://user:word@example.org/v1", "key_variable"),
        ("https://example.org/v1?key=1", "nothing behind"),
        ("http://127.0.0.1:99999/v1", "no address"),
        ("http://[::1/v1", "no address"),
    ],
)
def test_addresses_that_would_leak_or_mislead_are_refused(url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        Endpoint(url=url, model="m")
    assert "word" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:1/v1", "http://127.8.8.8/v1", "http://[::1]:8000/v1", "https://example.org"],
)
def test_this_machine_and_https_are_fine(url: str) -> None:
    assert Endpoint(url=url, model="m").completions == f"{url}/chat/completions"


def test_another_machine_over_http_when_it_is_said() -> None:
    endpoint = Endpoint(url="http://gpu.example:8000/v1/chat/completions", model="m", insecure=True)
    assert endpoint.completions == "http://gpu.example:8000/v1/chat/completions"


@pytest.mark.parametrize(
    "setting",
    [
        {"model": " "}, {"max_tokens": 0}, {"retries": -1}, {"concurrency": 0}, {"timeout_s": 0},
        {"temperature": -0.1}, {"requests_per_minute": -1},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Endpoint(**{"model": "m", **setting})
