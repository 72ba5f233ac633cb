"""What every describer must keep; a new file is held to this without a change."""

import dataclasses
import subprocess
import sys
from typing import Any

import pytest

from affectlens.annotation.describer import GROUP, Describer
from affectlens.foundation import plugins

NAMES = plugins.names(GROUP)
# The least that one wants; a new one that wants more is to be added here.
WANTS: dict[str, dict[str, Any]] = {
    "endpoint": {"model": "stand-in", "cache": False},
    "transformers": {"model": "tiny:qwen2", "device": "cpu"},
}


def built(name: str, **settings: Any) -> Describer:
    """A describer with the least that it wants."""
    module = plugins.load(GROUP, name)
    made: Describer = module.build(module.Config(**WANTS.get(name, {}), **settings))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_its_settings_are_frozen_and_all_have_defaults(name: str) -> None:
    config = plugins.load(GROUP, name).Config()
    assert hash(config) == hash(plugins.load(GROUP, name).Config())
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, dataclasses.fields(config)[0].name, "other")
    with pytest.raises(TypeError):
        plugins.load(GROUP, name).Config("positional")


@pytest.mark.parametrize("name", NAMES)
def test_it_says_who_it_is_in_one_line_and_equal_ones_the_same(name: str) -> None:
    one = built(name)
    assert one.identity == built(name).identity
    assert one.identity.strip() == one.identity != ""
    assert "\n" not in one.identity
    assert one.takes <= {"picture", "sound"}
    assert isinstance(one.reads, bool)


@pytest.mark.parametrize("name", NAMES)
def test_making_one_loads_no_model(name: str) -> None:
    code = (
        "import sys; from tests.laws.test_describers import built; "
        f"built({name!r}); sys.exit(int('torch' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_they_say_different_names() -> None:
    assert len({built(name).identity for name in NAMES}) == len(NAMES)
