"""What every encoder must keep, whichever it is; a new file is held to this without a change."""

# T rows or moments, D width, H height, W width of a picture, C colours, K columns

import dataclasses
import functools
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from affectlens.encoders.encoder import GROUP, Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.measuring import PARTS
from affectlens.encoders.view import Measures, Pictures, Shown, Waves
from affectlens.foundation import plugins
from affectlens.foundation.device import Place
from affectlens.foundation.part import Part, configured

NAMES = plugins.names(GROUP)
CPU = Place(device="cpu", precision="float32")


def small(name: str) -> tuple[Any, Any]:
    """An encoder's module and its tiny config."""
    module, config = configured(GROUP, Part(name))
    return module, module.tiny(config)


@functools.cache
def built(name: str) -> Encoder:
    module, config = small(name)
    encoder: Encoder = module.build(config, CPU)
    return encoder


def pictures(count: int = 4, *, height: int = 60, width: int = 48) -> Pictures:
    rng = np.random.default_rng(count)
    rgb_THWC = rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    return Pictures(rgb_THWC, np.array([1.5 + n * 0.04 for n in range(count)]))


def waves(*lengths_s: float) -> Waves:
    rng = np.random.default_rng(len(lengths_s))
    segments = tuple(
        rng.uniform(-0.3, 0.3, round(length_s * 16000)).astype(np.float32) for length_s in lengths_s
    )
    return Waves(segments, 1.5 + np.concatenate([[0], np.cumsum(lengths_s)[:-1]]))


def measures(count: int, *, unmeasured: int = 0) -> Measures:
    rng = np.random.default_rng(count)
    columns = sum(map(len, PARTS.values()))
    present_TK = np.ones((count, columns), np.bool_)
    present_TK[:, :unmeasured] = False
    values_TK = rng.uniform(0, 1, (count, columns)).astype(np.float32)
    return Measures(
        values_TK * present_TK, present_TK, 1.5 + np.arange(count, dtype=np.float64) * 0.08
    )


def arrays_of(shown: Shown) -> list[NDArray[Any]]:
    match shown:
        case Pictures():
            return [shown.rgb_THWC, shown.times_T]
        case Measures():
            return [shown.values_TK, shown.present_TK, shown.times_T]
        case Waves():
            return [*shown.samples_NS, shown.times_N]


SHOWN: Mapping[str, Mapping[str, Shown]] = {
    "pictures": {"four": pictures(), "one": pictures(1), "wide": pictures(2, height=20, width=90)},
    "sound": {"one": waves(1.1), "brief": waves(0.1), "segments": waves(1.0, 1.0, 0.4)},
    "measures": {"fifty": measures(50), "one": measures(1), "gaps": measures(5, unmeasured=9)},
}
CASES = [
    pytest.param(name, shown, id=f"{name}-{kind}-{case}")
    for name in NAMES
    for kind in plugins.load(GROUP, name).SHOWN
    for case, shown in SHOWN[kind].items()
]
SAY_WHEN = {"utterances"}
SEERS = [name for name in NAMES if "pictures" in plugins.load(GROUP, name).SHOWN]


def same(one: Mapping[str, Features], other: Mapping[str, Features]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(one[name].values_TD, other[name].values_TD)
        and np.array_equal(one[name].times_T, other[name].times_T)
        for name in one
    )


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_can_be_shown(name: str) -> None:
    shown = plugins.load(GROUP, name).SHOWN
    assert isinstance(shown, tuple)
    assert shown
    assert set(shown) <= {"pictures", "sound", "measures"}


@pytest.mark.parametrize("name", NAMES)
def test_its_settings_are_frozen_with_defaults_and_can_be_a_key(name: str) -> None:
    config = plugins.load(GROUP, name).Config()
    assert hash(config) == hash(plugins.load(GROUP, name).Config())
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, dataclasses.fields(config)[0].name, 3)
    with pytest.raises(TypeError):
        plugins.load(GROUP, name).Config("tiny")


@pytest.mark.parametrize("name", NAMES)
def test_its_outputs_are_known_before_its_weights(name: str) -> None:
    module, config = configured(GROUP, Part(name))
    for settings in (config, module.tiny(config)):
        widths = module.outputs(settings)
        assert widths
        assert all(isinstance(width, int) and width > 0 for width in widths.values())
    assert module.outputs(config).keys() == module.outputs(module.tiny(config)).keys()


def test_listing_outputs_loads_no_torch() -> None:
    """Naming encoders and their widths is what every start of the program does."""
    code = (
        "import sys; from affectlens.foundation import plugins\n"
        f"for name in {NAMES!r}:\n"
        f"    module = plugins.load({GROUP!r}, name)\n"
        "    module.outputs(module.Config())\n"
        "print(*sorted({'torch', 'transformers', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", NAMES)
def test_tiny_is_tiny(name: str) -> None:
    module, config = small(name)
    assert getattr(config, "weights", "tiny") == "tiny"
    assert module.tiny(config) == config
    assert max(module.outputs(config).values()) <= 64


@pytest.mark.parametrize(("name", "shown"), CASES)
def test_it_gives_what_it_promised(name: str, shown: Shown) -> None:
    module, config = small(name)
    found = built(name)(shown)
    assert {output: one.values_TD.shape[1] for output, one in found.items()} == dict(
        module.outputs(config)
    )
    for one in found.values():
        assert len(one.values_TD) == len(one.times_T) > 0
        assert one.values_TD.dtype == np.float32
        assert one.times_T.dtype == np.float64
        assert np.isfinite(one.values_TD).all()
        assert (np.diff(one.times_T) >= 0).all()


@pytest.mark.parametrize(("name", "shown"), CASES)
def test_its_times_are_those_of_what_it_was_shown(name: str, shown: Shown) -> None:
    """Not before its start, and not after its end but for padding that was asked for."""
    if not isinstance(shown, Waves):
        first_s, last_s = float(shown.times_T[0]), float(shown.times_T[-1])
    else:
        first_s = float(shown.times_N[0])
        last_s = float(shown.times_N[-1]) + len(shown.samples_NS[-1]) / 16000
    for output, one in built(name)(shown).items():
        assert one.times_T[0] >= first_s - 1e-9, output
        assert one.times_T[-1] <= last_s + 1e-9, output


@pytest.mark.parametrize(("name", "shown"), CASES)
def test_the_same_again_is_the_same(name: str, shown: Shown) -> None:
    assert same(built(name)(shown), built(name)(shown))


@pytest.mark.parametrize("name", NAMES)
def test_built_again_it_is_the_same(name: str) -> None:
    module, config = small(name)
    kind = module.SHOWN[0]
    torch.manual_seed(99)  # the state of chance must not matter
    again = module.build(config, CPU)
    assert re.fullmatch(r"[0-9a-f]{64}", again.fingerprint)
    assert again.fingerprint == built(name).fingerprint
    for shown in SHOWN[kind].values():
        assert same(again(shown), built(name)(shown))


@pytest.mark.parametrize("name", NAMES)
def test_it_leaves_what_it_is_shown_as_it_was(name: str) -> None:
    for kind in plugins.load(GROUP, name).SHOWN:
        shown = next(iter(SHOWN[kind].values()))
        arrays = arrays_of(shown)
        before = [array.copy() for array in arrays]
        built(name)(shown)
        assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))


@pytest.mark.parametrize("name", SEERS)
def test_a_picture_that_has_a_row_of_its_own_gives_it_among_others(name: str) -> None:
    """Encoders that look at motion have no such rows and are passed over."""
    four = pictures()
    among, alone = (
        built(name)(Pictures(four.rgb_THWC[part], four.times_T[part]))
        for part in (slice(None), slice(2, 3))
    )
    for output, one in among.items():
        if len(one.times_T) != 4 * len(alone[output].times_T):
            continue
        own_T = one.times_T == four.times_T[2]
        assert np.allclose(one.values_TD[own_T], alone[output].values_TD, atol=1e-5), output


@pytest.mark.parametrize(("name", "shown"), CASES)
def test_other_content_gives_other_numbers(name: str, shown: Shown) -> None:
    if name in SAY_WHEN:
        pytest.skip("it says when, and in none of these noises does anybody speak")
    if isinstance(shown, Pictures):
        other: Shown = Pictures(255 - shown.rgb_THWC, shown.times_T)
    elif isinstance(shown, Measures):
        other = Measures(shown.values_TK[::-1] * 0.5, shown.present_TK, shown.times_T)
    else:
        reversed_NS = tuple(samples_S[::-1].copy() * 0.5 for samples_S in shown.samples_NS)
        other = Waves(reversed_NS, shown.times_N)
    found = built(name)(other)
    for output, one in built(name)(shown).items():
        assert np.abs(one.values_TD - found[output].values_TD).max() > 1e-4, output
