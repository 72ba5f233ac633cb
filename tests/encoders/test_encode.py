"""The features of all streams: each encoder once per view, missing where something is missing."""

import gc
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.encoders.made_clips import NOTHING, clip, film, percepts, sound

from affectlens.encoders import encode as encoding
from affectlens.encoders import showing
from affectlens.encoders.backends import tiny
from affectlens.encoders.encode import encode
from affectlens.encoders.encoder import Source
from affectlens.encoders.features import Features
from affectlens.encoders.store import FeatureStore
from affectlens.encoders.view import Pictures, Plan, View, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import AffectlensError, ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import use
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip

CPU = Place(device="cpu", precision="float32")
CLIP = clip(film(40), sound(4.0))
NOBODY = percepts()


def source(*, width: int = 8, output: str = "tokens", **view: Any) -> Source:
    return Source(use("tiny", width=width), View(**view), output)


SOUND, FIRST = source(of="sound"), source(of="first_frame")
FRAMES, FACES = source(of="frames", count=4), source(of="faces", count=4)


def encoded(streams: Mapping[str, tuple[Source, ...]], **how: Any) -> dict[str, Any]:
    of: Clip = how.pop("of", CLIP)
    return encode(streams, of, NOBODY, place=how.pop("place", CPU), **how)


def values(found: tuple[Features, ...] | Missing) -> list[bytes]:
    assert not isinstance(found, Missing), found
    return [one.values_TD.tobytes() for one in found]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was shown and what was run, in order."""
    noted: list[str] = []
    show, run = showing.show, tiny.Tiny.__call__

    def noting_show(of: Clip, plan: Plan) -> Pictures | Waves | Missing:
        noted.append(f"show {plan.of}")
        return show(of, plan)

    def noting_run(self: tiny.Tiny, shown: Pictures | Waves) -> Mapping[str, Features]:
        noted.append("run")
        return run(self, shown)

    monkeypatch.setattr(showing, "show", noting_show)
    monkeypatch.setattr(tiny.Tiny, "__call__", noting_run)
    return noted


def test_every_stream_has_its_sources_in_order() -> None:
    found = encoded({"voice": (SOUND,), "both": (FRAMES, SOUND)})
    assert list(found) == ["voice", "both"]
    assert [one.values_TD.shape for one in found["both"]] == [(4, 8), (40, 8)]
    assert values(found["voice"])[0] == values(found["both"])[1]


def test_an_encoder_runs_once_for_all_who_take_the_same_view(calls: list[str]) -> None:
    encoded({"a": (SOUND,), "b": (SOUND, FRAMES), "c": (FRAMES,)})
    assert calls == ["show sound", "run", "show frames", "run"]


def test_two_encoders_are_shown_what_was_decoded_once(calls: list[str]) -> None:
    encoded({"a": (FRAMES,), "b": (SOUND,), "c": (source(width=5, of="frames", count=4),)})
    assert calls == ["show frames", "run", "run", "show sound", "run"]


def test_one_missing_source_makes_its_stream_missing_and_no_other() -> None:
    found = encoded({"voice": (SOUND,), "face": (SOUND, FACES)})
    assert found["face"] == Missing("no face was seen")
    assert len(values(found["voice"])) == 1


@pytest.mark.parametrize(
    ("of", "missing"), [(clip(film(9)), "voice"), (clip(NOTHING, sound(1.0)), "scene")]
)
def test_a_clip_without_pictures_or_sound_gives_the_other(of: Clip, missing: str) -> None:
    found = encoded({"voice": (SOUND,), "scene": (FIRST,)}, of=of)
    assert [name for name, one in found.items() if isinstance(one, Missing)] == [missing]
    assert found[missing] == NOTHING


def test_a_span_is_what_is_shown() -> None:
    (found,) = encoded({"voice": (SOUND,)}, span=Span(1.0, 2.0))["voice"]
    assert found.times_T[0] == 1.0
    assert found.times_T[-1] < 2.0


def test_what_is_stored_is_not_made_again(calls: list[str], tmp_path: Path) -> None:
    streams, store = {"a": (SOUND, FRAMES)}, FeatureStore(tmp_path)
    first = values(encoded(streams, store=store)["a"])
    made = list(calls)
    assert values(encoded(streams, store=store)["a"]) == first
    assert calls == made
    assert values(encoded(streams)["a"]) == first
    encoded({"a": (source(width=8, of="frames", count=3),)}, store=store)
    assert len(calls) == 2 * len(made) + 2


def test_another_precision_is_another_entry_of_the_store(calls: list[str], tmp_path: Path) -> None:
    for precision in ("float32", "bfloat16", "float32"):
        place = Place(device="cpu", precision=precision)
        encoded({"a": (SOUND,)}, store=FeatureStore(tmp_path), place=place)
    assert calls.count("run") == 2


def test_folders_stand_in_for_encoders(calls: list[str], tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(1, 8)).astype(np.float32)
    np.save(tmp_path / "made.npy", rows)
    streams = {"voice": (SOUND,), "both": (FRAMES, SOUND)}
    found = encoded(streams, folders={"voice": tmp_path, "both.1": tmp_path})
    assert values(found["voice"]) == [rows.tobytes()]
    assert values(found["both"])[1] == rows.tobytes()
    assert calls == ["show frames", "run"]


def test_a_clip_without_its_file_is_missing_not_encoded(calls: list[str], tmp_path: Path) -> None:
    found = encoded({"voice": (SOUND,)}, folders={"voice": tmp_path})["voice"]
    assert isinstance(found, Missing)
    assert calls == []


def test_a_folder_of_another_width_stops(tmp_path: Path) -> None:
    np.save(tmp_path / "made.npy", np.zeros(9, np.float32))
    with pytest.raises(InputError, match="another encoder"):
        encoded({"voice": (SOUND,)}, folders={"voice": tmp_path})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Source(use("tinny"), View(of="sound"), "tokens"), "Did you mean 'tiny'"),
        (Source(use("tiny", widths=3), View(of="sound"), "tokens"), "Did you mean 'width'"),
        (source(of="sound", output="cls"), "no output 'cls'; it has tokens"),
        (Source(use("mae"), View(of="sound"), "pooled"), "takes pictures; its view is of sound"),
    ],
)
def test_a_wrong_source_stops_before_anything_is_shown(
    calls: list[str], wrong: Source, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        encoded({"right": (SOUND,), "wrong": (wrong,)})
    assert calls == []


@pytest.mark.parametrize("name", ["voise", "both", "both.2"])
def test_a_folder_for_no_source_is_refused_with_those_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"there are: voice, both\.0, both\.1"):
        encoded({"voice": (SOUND,), "both": (SOUND, FIRST)}, folders={name: tmp_path})


def test_numbers_that_are_not_finite_stop_and_are_not_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def overflow(self: tiny.Tiny, shown: object) -> Mapping[str, Features]:
        return {"tokens": Features(np.full((1, 8), np.inf, np.float32), np.zeros(1))}

    monkeypatch.setattr(tiny.Tiny, "__call__", overflow)
    with pytest.raises(AffectlensError, match=r"not finite for made\.mp4.*float32"):
        encoded({"voice": (SOUND,)}, store=FeatureStore(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_net_is_built_once_also_for_threads_that_ask_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[object] = []
    build: Callable[..., Any] = tiny.build

    def counting(config: tiny.Config, place: Place) -> Any:
        built.append(config)
        time.sleep(0.05)  # so that the others ask meanwhile
        return build(config, place)

    monkeypatch.setattr(tiny, "build", counting)
    encoding._built.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: encoded({"a": (SOUND, FRAMES)}), range(8)))
    assert len(built) == 1
    assert len({tuple(values(answer["a"])) for answer in answers}) == 1


def test_released_nets_are_gone_and_built_again_when_asked_for() -> None:
    encoded({"a": (SOUND,)})
    net = weakref.ref(encoding._net(encoding._run_of(SOUND)[0], CPU).of_sound_FD)  # type: ignore[attr-defined]
    assert net() is not None
    encoding.release()
    gc.collect()
    assert net() is None
    assert len(values(encoded({"a": (SOUND,)})["a"])) == 1


def test_only_outputs_that_were_asked_for_are_stored(tmp_path: Path) -> None:
    part = use("mae", weights="tiny", width=32)
    pooled, states = (Source(part, View(of="first_frame"), name) for name in ("pooled", "states"))
    encoded({"a": (pooled,)}, store=FeatureStore(tmp_path))
    assert [path.name.split(".")[1] for path in tmp_path.rglob("*.safetensors")] == ["pooled"]
    encoded({"a": (states, pooled)}, store=FeatureStore(tmp_path))
    assert len(list(tmp_path.rglob("*.safetensors"))) == 2


def test_features_are_stored_as_those_of_the_net_that_made_them(
    monkeypatch: pytest.MonkeyPatch, calls: list[str], tmp_path: Path
) -> None:
    """A net stays loaded when its files are replaced; its features are not the new files'."""
    monkeypatch.setattr(encoding, "_fingerprint", lambda *_: "of the new files")
    for _ in range(2):
        encoded({"a": (SOUND,)}, store=FeatureStore(tmp_path))
    assert calls.count("run") == 2


def test_weights_on_the_disk_say_their_fingerprint_without_a_net(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"any")
    monkeypatch.setattr(encoding, "_built", lambda *_: pytest.fail("a net was built"))
    part = use("mae", weights=str(tmp_path))
    run, _ = encoding._run_of(Source(part, View(of="frames"), "pooled"))
    first = encoding._fingerprint(run, CPU)
    (tmp_path / "model.safetensors").write_bytes(b"other")
    assert encoding._fingerprint(run, CPU) != first


def test_progress_rises_to_one() -> None:
    told: list[tuple[str, float]] = []
    encoded({"a": (SOUND, FRAMES), "b": (FACES,)}, progress=lambda *tell: told.append(tell))
    assert {stage for stage, _ in told} == {"encoders"}
    assert [share for _, share in told] == pytest.approx([1 / 3, 2 / 3, 1])


def test_features_are_the_same_in_every_process() -> None:
    code = (
        "from affectlens.encoders.backends import tiny; import numpy as np, zlib;"
        "from affectlens.encoders.view import Pictures; from affectlens.foundation.device import *;"
        "p = np.random.default_rng(0).integers(0, 256, (2, 9, 9, 3), dtype=np.uint8);"
        "net = tiny.build(tiny.Config(), Place());"
        "f = net(Pictures(p, np.zeros(2)))['tokens'];"
        "print(net.fingerprint, np.round(f.values_TD, 4).sum())"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_tiny_sees_pictures_smaller_than_its_grid() -> None:
    net = tiny.build(tiny.Config(), CPU)
    for side in (1, 3, 7, 8, 9):
        white = np.full((1, side, side + 1, 3), 255, np.uint8)
        seen = net(Pictures(white, np.zeros(1)))["tokens"].values_TD
        assert np.allclose(seen, np.ones((1, 192)) @ net.of_picture_FD, atol=1e-5)  # type: ignore[attr-defined]
