"""This machine is told from all others."""

import pytest

from affectlens.foundation.loopback import is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "LOCALHOST"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.1", "localhost.example.org", "127.0.0.1.nip.io"])
def test_another_is_not(host: str) -> None:
    assert not is_loopback(host)
