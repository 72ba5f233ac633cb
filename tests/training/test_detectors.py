"""Pictures of faces that are cut out already are looked at whole: nobody is missed in them."""

from dataclasses import replace
from pathlib import Path

from tests.training.toys import recipe, system

from affectlens.encoders.encoder import Source
from affectlens.encoders.view import View
from affectlens.foundation.part import Part, use
from affectlens.model.declaration import Stream
from affectlens.training.featured import featured
from affectlens.training.recipe import Data

FACES = Stream(
    name="seen",
    sources=(Source(use("tiny", width=8), View(of="faces"), "tokens"),),
    connector=Part("pooled_linear"),
)


def test_a_corpus_of_crops_has_its_own_detector_and_features(tmp_path: Path) -> None:
    data = {
        "clips": Data(path="x"),
        "crops": Data(path="x", format="ferplus"),
        "told": Data(path="x", format="annotated", options={"corpus": "ferplus"}),
    }
    kept = featured(replace(recipe(), data=data), system((FACES,)), tmp_path)
    assert kept.detectors == {"clips": None, "crops": "whole", "told": "whole"}
    assert kept.kinds["clips"] != kept.kinds["crops"]
    assert kept.kinds["told"] == kept.kinds["crops"]
