"""States of HuBERT, wav2vec 2.0 and WavLM: nets of other layers that are loaded and run alike.

Nothing is padded, and so no mask is needed: nets with `feat_extract_norm` "group" take their first
norm over all of the time axis, padding included, whatever the mask says.
"""

# N segments, S samples, B pieces of one length, T steps of 20 ms, D width

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectlens.encoders import loading, pretrained, random_weights, weights
from affectlens.encoders.features import Features
from affectlens.encoders.sound_batches import together
from affectlens.encoders.speech_config import SpeechConfig
from affectlens.encoders.view import Pictures, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import InputError

Wave = NDArray[np.float32]

RATE_HZ = 16000
# Parts of pretraining and of other tasks that published files hold beside the encoder.
_SPARE = (
    r"masked_spec_embed|label_embs_concat"
    r"|(quantizer|project_hid|project_q|final_proj|lm_head|projector|classifier)\."
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a segment; `first` is the number of its first step in the segment."""

    segment: int
    first: int
    samples_S: Wave


class SpeechStates:
    """A frozen speech net; see `SpeechConfig` for what it gives."""

    def __init__(
        self, net: Any, config: SpeechConfig, *, normalise: bool, print_: str, place: Place
    ) -> None:
        self._net, self._config, self._normalise = net, config, normalise
        self._device, self._dtype = place.torch_device(), place.torch_dtype()
        self.fingerprint = print_
        self._window, self._hop = _window(net.config)

    def __call__(self, shown: Pictures | Waves) -> Mapping[str, Features]:
        """States of every segment."""
        assert isinstance(shown, Waves)
        pieces = [
            piece
            for segment, samples_S in enumerate(self._input(shown.samples_NS))
            for piece in self._pieces(segment, samples_S)
        ]
        states = self._states(pieces)
        by_segment: list[list[NDArray[np.float32]]] = [[] for _ in shown.samples_NS]
        for piece, states_TD in zip(pieces, states, strict=True):
            by_segment[piece.segment].append(states_TD)
        return {"states": self._features(shown, [np.concatenate(parts) for parts in by_segment])}

    def _input(self, samples_NS: Sequence[Wave]) -> list[Wave]:
        """The samples as the checkpoint's feature extractor brings them to one loudness."""
        if not self._normalise:
            return list(samples_NS)
        if self._config.normalise == "segment":
            return [_standard(samples_S, samples_S) for samples_S in samples_NS]
        everything_S = np.concatenate(samples_NS)
        return [_standard(samples_S, everything_S) for samples_S in samples_NS]

    def _pieces(self, segment: int, samples_S: Wave) -> Iterator[_Piece]:
        """A segment in even pieces that together give the steps of the whole, no more or fewer."""
        samples_S = np.pad(samples_S, (0, max(self._window - len(samples_S), 0)))
        steps = 1 + (len(samples_S) - self._window) // self._hop
        most = int(self._config.longest_s * RATE_HZ) // self._hop
        edges = np.linspace(0, steps, -(-steps // most) + 1).astype(int)
        for first, end in itertools.pairwise(edges):
            stop = (end - 1) * self._hop + self._window
            yield _Piece(segment, int(first), samples_S[first * self._hop : stop])

    def _states(self, pieces: Sequence[_Piece]) -> list[NDArray[np.float32]]:
        found: dict[int, NDArray[np.float32]] = {}
        most = int(self._config.longest_s * RATE_HZ)
        for places in together([len(piece.samples_S) for piece in pieces], most):
            samples_BS = np.stack([pieces[place].samples_S for place in places])
            found |= zip(places, self._run(samples_BS), strict=True)
        return [found[place] for place in range(len(pieces))]

    @torch.inference_mode()
    def _run(self, samples_BS: NDArray[np.float32]) -> NDArray[np.float32]:
        """States (BTD), averaged over the chosen layers."""
        layers = self._config.layers
        given_BS = torch.from_numpy(samples_BS).to(self._device, self._dtype)
        out = self._net(given_BS, output_hidden_states=layers != (-1,))
        if layers == (-1,):
            states_BTD: Tensor = out.last_hidden_state.float()
        else:
            # transformers 5 gives the last of a net with pre-norms before its final norm.
            every = (*out.hidden_states[:-1], out.last_hidden_state)
            states_BTD = sum(every[layer].float() for layer in layers) / len(layers)
        return states_BTD.cpu().numpy()

    def _features(self, shown: Waves, states: Sequence[NDArray[np.float32]]) -> Features:
        if self._config.pool == "mean":
            halves_N = np.array([len(samples_S) for samples_S in shown.samples_NS]) / RATE_HZ / 2
            means_ND = np.stack([states_TD.mean(axis=0) for states_TD in states])
            return Features(means_ND, shown.times_N + halves_N)
        step_s = self._hop / RATE_HZ
        times = [
            start_s + (np.arange(len(states_TD)) + 0.5) * step_s
            for start_s, states_TD in zip(shown.times_N, states, strict=True)
        ]
        return Features(np.concatenate(states), np.concatenate(times))


def build(model: Any, config: SpeechConfig, place: Place) -> SpeechStates:
    """A speech encoder of one of `transformers`' classes.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not those of such a net.
        ConfigError: the net is of another width or has no such layer.
    """
    kind: str = model.config_class.model_type
    if config.weights == "tiny":
        net = _random(model, config, place)
        print_ = weights.random_fingerprint(f"{kind} {config.width} {net.config.num_hidden_layers}")
        return SpeechStates(net, config, normalise=True, print_=print_, place=place)
    folder = weights.locate(config.weights, what=f"The encoder {kind}")
    found = pretrained.configuration(model.config_class, folder, families=(kind,))
    pretrained.check_width(folder, found.hidden_size, config.width)
    loading.check_layers(config.layers, found.num_hidden_layers, str(folder))
    normalise = _wants_normalised(folder)
    # Without masks in training there is no embedding of what is masked.
    found.mask_time_prob = found.mask_feature_prob = 0.0
    dtype = place.torch_dtype()
    net = pretrained.load(model, folder, config=found, dtype=dtype, spare=_SPARE)
    net.to(place.torch_device())
    print_ = weights.fingerprint(folder)
    return SpeechStates(net, config, normalise=normalise, print_=print_, place=place)


def _random(model: Any, config: SpeechConfig, place: Place) -> Any:
    depth = max(2, *(abs(layer) for layer in config.layers))
    net = model(
        model.config_class(
            hidden_size=config.width,
            num_hidden_layers=depth,
            num_attention_heads=4,
            intermediate_size=2 * config.width,
            conv_dim=(config.width,) * 7,
            num_conv_pos_embeddings=8,
            num_conv_pos_embedding_groups=4,
            feat_extract_norm="layer",  # as the large nets
            do_stable_layer_norm=True,
            conv_bias=True,
            mask_time_prob=0.0,
        )
    )
    random_weights.fill(net)
    loading.freeze(net)
    return net.to(place.torch_device(), place.torch_dtype())


def _wants_normalised(folder: Path) -> bool:
    """What the checkpoint's feature extractor does; the nets differ in it, so it is not guessed."""
    path = folder / "preprocessor_config.json"
    try:
        return bool(json.loads(path.read_text(encoding="utf-8"))["do_normalize"])
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} does not say do_normalize ({type(error).__name__}): whether the net was "
            "trained on normalised sound. Take this file from the published repository too."
        ) from None


def _window(config: Any) -> tuple[int, int]:
    """Samples that one step sees, and samples from step to step: 400 and 320 as published."""
    window = hop = 1
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        window += (kernel - 1) * hop
        hop *= stride
    return window, hop


def _standard(samples_S: Wave, by_S: Wave) -> Wave:
    """Mean 0 and variance 1, measured on `by_S`, as `Wav2Vec2FeatureExtractor` computes it."""
    standard_S: Wave = (samples_S - by_S.mean()) / np.sqrt(by_S.var() + 1e-7)
    return standard_S.astype(np.float32)
