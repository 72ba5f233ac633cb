"""Changed copies: made once beside the clip, drawn by chance that repeats, never held back."""

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.training.toys import SOUND, item, recipe, system

from affectlens.corpora import toy
from affectlens.encoders import showing
from affectlens.encoders.encoder import Source
from affectlens.encoders.view import View
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part, use
from affectlens.media.opening import open_clip
from affectlens.model.declaration import Stream
from affectlens.perception.observe import observe
from affectlens.training import encoding, kept_features, whole
from affectlens.training.augment import Augment
from affectlens.training.featured import Featured, Found, featured, make
from affectlens.training.item import Item
from affectlens.training.plan import Plan
from affectlens.training.pool import Pool
from affectlens.training.recipe import Data

COPIES = 3


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    folder = tmp_path_factory.mktemp("toy") / "data"
    toy.make(folder, 2, 7, ("happy", "sad"))
    return [item(path.stem, path) for path in sorted((folder / "clips").glob("*.mp4"))]


def featuring(folder: Path, copies: int = COPIES, how: str = "kept") -> Featured:
    data = {"a": Data(path="a", augment=Augment(copies=copies))}
    return featured(replace(recipe(how=how), data=data), system(), folder)


def bytes_of(found: Found) -> tuple[bytes, ...]:
    assert not any(isinstance(one, Missing) for one in found.values()), found
    return tuple(one[0].values_TD.tobytes() for one in found.values() if isinstance(one, list))


def all_of(kept: Featured, own: Item) -> set[tuple[bytes, ...]]:
    """What many draws show."""
    return {bytes_of(kept.features_of("a", own, seed)) for seed in range(60)}


def test_draws_show_the_clip_and_each_of_its_copies_which_all_differ(
    items: list[Item], tmp_path: Path
) -> None:
    kept = featuring(tmp_path)
    make({"a": items}, {"a": [0]}, kept)
    found = all_of(kept, items[0])
    plain = bytes_of(kept.features_of("a", items[0]))
    assert len(found) == COPIES + 1
    assert plain in found
    assert {pictures for pictures, _ in found} != {plain[0]}
    assert len({sound for _, sound in found}) == COPIES + 1
    assert plain == bytes_of(featuring(tmp_path, 0, "live").features_of("a", items[0]))


def test_a_seed_shows_the_same_copy_in_any_process_kept_or_live(
    items: list[Item], tmp_path: Path
) -> None:
    kept, live = featuring(tmp_path), featuring(tmp_path, how="live")
    make({"a": items}, {"a": [0, 1]}, kept, workers=2)
    travelled: Featured = pickle.loads(pickle.dumps(kept))  # noqa: S301 - as workers do
    for seed in range(6):
        first = bytes_of(kept.features_of("a", items[0], seed))
        assert first == bytes_of(travelled.features_of("a", items[0], seed))
        assert first == bytes_of(live.features_of("a", items[0], seed))


def test_what_is_held_back_has_no_copies(items: list[Item], tmp_path: Path) -> None:
    kept = featuring(tmp_path)
    make({"a": items}, {"a": [0, 1]}, kept, held={("a", 1)})
    assert len(all_of(kept, items[0])) == COPIES + 1
    assert bytes_of(kept.features_of("a", items[1]))
    with pytest.raises(InputError, match="damaged"):
        all_of(kept, items[1])


def test_copies_are_made_once_and_more_of_them_when_more_are_wanted(
    items: list[Item], tmp_path: Path
) -> None:
    make({"a": items}, {"a": [0]}, featuring(tmp_path, 1))
    assert make({"a": items}, {"a": [0]}, featuring(tmp_path, 0)).done == 0
    two = featuring(tmp_path, 2)
    assert make({"a": items}, {"a": [0]}, two).done == 1
    assert make({"a": items}, {"a": [0]}, two).done == 0
    assert len(all_of(two, items[0])) == 3
    assert len(all_of(featuring(tmp_path, 1), items[0])) == 2
    assert len([*tmp_path.rglob("*.safetensors")]) == 2, "copies lie in the file of their clip"


def test_a_clip_is_opened_decoded_and_observed_once_for_all_its_copies(
    items: list[Item], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = {"open": 0, "observe": 0, "show": 0}

    def counted(name: str, do: Any) -> Any:
        def called(*given: Any, **named: Any) -> Any:
            count[name] += 1
            return do(*given, **named)

        return called

    monkeypatch.setattr(encoding, "open_clip", counted("open", open_clip))
    monkeypatch.setattr(whole, "observe", counted("observe", observe))
    monkeypatch.setattr(showing, "show", counted("show", showing.show))
    make({"a": items}, {"a": [0]}, featuring(tmp_path))
    assert count == {"open": 1, "observe": 1, "show": 2}  # pictures and sound


def test_copies_of_clips_differ_from_each_other(items: list[Item]) -> None:
    seeds = {whole.seed_of(own.id, copy) for own in items for copy in range(1, 9)}
    assert len(seeds) == 8 * len(items)
    assert whole.seed_of("x", 0) is None


def test_a_stream_that_a_clip_lacks_is_missing_in_its_copies_too(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    kept_features.write(path, Missing("no face was seen"))
    assert kept_features.read(path, 2) == Missing("no face was seen")


def test_given_features_cannot_be_changed() -> None:
    with pytest.raises(ConfigError, match=r"leave out features or augment\.copies"):
        Data(path="a", features="somewhere", augment=Augment(copies=2))


def test_every_draw_of_a_plan_may_show_a_copy_and_the_same_one_again() -> None:
    pool = Pool(source="a", task="emotion", indices=np.arange(4, dtype=np.uint32), weight=1.0)
    one, other = Plan([pool], 20, seed=1), Plan([pool], 40, seed=1)
    assert [one[n] for n in range(20)] == [other[n] for n in range(20)]
    assert all(one[n].copied for n in range(20))
    assert len({one[n].seed for n in range(20)}) == 20


def test_what_was_measured_is_the_same_in_every_copy(items: list[Item], tmp_path: Path) -> None:
    measured = Source(use("trajectory"), View(of="measures"), "measures")
    streams = [Stream(name=n, sources=(s,), connector=Part("pooled_linear"))
               for n, s in (("moves", measured), ("heard", SOUND))]  # fmt: skip
    data = {"a": Data(path="a", augment=Augment(copies=COPIES))}
    kept = featured(replace(recipe(), data=data), system(streams), tmp_path)
    make({"a": items}, {"a": [0]}, kept)
    found = all_of(kept, items[0])
    assert len({moves for moves, _ in found}) == 1
    assert len({sound for _, sound in found}) == COPIES + 1
    assert make({"a": items}, {"a": [0]}, kept).done == 0
