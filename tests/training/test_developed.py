"""Which clips a run is developed on, where its data differ in size."""

from collections import Counter
from pathlib import Path

from tests.training.made_data import folder, labelled, looked_at, recipe

from affectlens.training.recipe import Data, Develop


def test_small_data_have_as_many_clips_to_develop_on_as_large_ones(tmp_path: Path) -> None:
    """A hundred voices beside thousands of texts would else hardly count."""
    data = {
        name: Data(path=str(folder(tmp_path / name, clips)), split="")
        for name, clips in (
            ("few", [*labelled(2), *labelled(4, prefix="d", split="dev")]),
            ("many", [*labelled(2), *labelled(90, prefix="e", split="dev")]),
        )
    }
    found = looked_at(recipe(data, {"emotion": 1}, develop=Develop(most=6)))
    assert Counter(name for name, _ in found.develop) == {"few": 3, "many": 3}
    rest = looked_at(recipe(data, {"emotion": 1}, develop=Develop(most=20)))
    assert Counter(name for name, _ in rest.develop) == {"few": 4, "many": 16}
