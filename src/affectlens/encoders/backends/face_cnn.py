"""A small ConvNet for aligned faces, taught what people see in them (`training/schools`)."""

# T faces, D width of the features, E emotions, H height, W width

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from affectlens.emotions.spaces import DFEW7
from affectlens.encoders import weights
from affectlens.encoders.encoder import Encoder
from affectlens.encoders.features import Features
from affectlens.encoders.running import run
from affectlens.encoders.view import Pictures, Shown
from affectlens.foundation.device import Place

if TYPE_CHECKING:
    from torch import Tensor

SHOWN = ("pictures",)
_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """`weights` is a folder with config.json and model.safetensors; "./…" lies beside a model."""

    weights: str = "./encoders/face"
    width: int = 192


def outputs(config: Config) -> Mapping[str, int]:
    """One row a face: `features`; `labels`, log probabilities in dfew7's order; `tokens`, both."""
    labels = len(DFEW7.labels)
    return {"features": config.width, "labels": labels, "tokens": config.width + labels}


def tiny(config: Config) -> Config:
    """One block a level."""
    return replace(config, weights="tiny", width=32)


@dataclass(frozen=True, slots=True)
class FaceCnn:
    """The net, and the device it is on."""

    net: Any
    place: Place
    fingerprint: str

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """Features of all faces."""
        from affectlens.encoders.face_net import grey

        assert isinstance(shown, Pictures)
        faces_THW = grey(shown.rgb_THWC).astype(np.float32)
        starts = range(0, len(faces_THW), _AT_ONCE)
        batches = (faces_THW[start : start + _AT_ONCE, None] for start in starts)
        features_TD, labels_TE = run(self._rows, batches)
        rows = {
            "features": features_TD,
            "labels": labels_TE,
            "tokens": np.concatenate([features_TD, labels_TE], axis=1),
        }
        return {name: Features(values_TD, shown.times_T) for name, values_TD in rows.items()}

    def _rows(self, faces_T1HW: "Tensor") -> "tuple[Tensor, Tensor]":
        from affectlens.encoders.face_net import standardised

        given_T1HW = standardised(faces_T1HW.to(self.place.torch_device()))
        features_TD, logits_TE = self.net(given_T1HW.to(self.place.torch_dtype()))
        return features_TD, logits_TE.float().log_softmax(-1)


def build(config: Config, place: Place) -> Encoder:
    """The net where `place` says.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not those of this net; what is missing, left over or misshapen is told.
        ConfigError: they have another width.
    """
    import torch

    from affectlens.encoders import loading
    from affectlens.encoders.face_net import FaceNet, sizes_of, small

    if config.weights == "tiny":
        net: Any = FaceNet(small(config.width))
        mark = loading.draw(net, place)
    else:
        folder = weights.locate(config.weights, what="The encoder face_cnn")
        sizes = sizes_of(folder)
        loading.check_width(folder, sizes.width, config.width)
        with torch.device("meta"):
            net = FaceNet(sizes)
        loading.put(net, loading.tensors(folder), source=str(folder), place=place)
        mark = weights.fingerprint(folder)
    return FaceCnn(net.to(memory_format=torch.channels_last), place, mark)
