"""States of HuBERT, wav2vec 2.0 and WavLM: nets of other layers that are loaded and run alike.

Nothing is padded, and so no mask is needed: nets with `feat_extract_norm` "group" take their first
norm over all of the time axis, padding included, whatever the mask says.
"""

# N segments, S samples, B pieces of one length, T steps of 20 ms, D width

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectlens.encoders import loading, pretrained, weights
from affectlens.encoders.features import Features
from affectlens.encoders.sound_batches import Wave, encoded
from affectlens.encoders.speech_config import SpeechConfig
from affectlens.encoders.view import Shown, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import InputError
from affectlens.media.clip import SOUND_RATE_HZ

# Parts of pretraining and of other tasks that published files hold beside the encoder.
_SPARE = (
    r"masked_spec_embed|label_embs_concat"
    r"|(quantizer|project_hid|project_q|final_proj|lm_head|projector|classifier)\."
)


class SpeechStates:
    """A frozen speech net; see `SpeechConfig` for what it gives."""

    def __init__(
        self, net: Any, config: SpeechConfig, *, normalise: bool, fingerprint: str
    ) -> None:
        self._net, self._config, self._normalise = net, config, normalise
        self._longest = int(config.longest_s * SOUND_RATE_HZ)
        self._window, self._hop = _window(net.config)
        self.fingerprint = fingerprint

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """States of every segment."""
        assert isinstance(shown, Waves)
        segments = [list(self._pieces(samples_S)) for samples_S in self._input(shown.samples_NS)]
        steps = [[self._steps(piece) for piece in pieces] for pieces in segments]
        rows_TD = encoded(
            self._run,
            [piece for pieces in segments for piece in pieces],
            [count for counts in steps for count in counts],
            width=self._config.width,
            at_once=self._longest,
        )
        return {"states": self._features(shown, rows_TD, [sum(counts) for counts in steps])}

    def _input(self, samples_NS: Sequence[Wave]) -> list[Wave]:
        """The samples as the checkpoint's feature extractor brings them to one loudness."""
        if not self._normalise:
            return list(samples_NS)
        if self._config.normalise == "segment":
            return [_standard(samples_S, samples_S) for samples_S in samples_NS]
        everything_S = np.concatenate(samples_NS)
        return [_standard(samples_S, everything_S) for samples_S in samples_NS]

    def _pieces(self, samples_S: Wave) -> Iterator[Wave]:
        """A segment in even pieces that together give the steps of the whole, no more or fewer."""
        if len(samples_S) < self._window:
            samples_S = np.pad(samples_S, (0, self._window - len(samples_S)))
        steps = self._steps(samples_S)
        most = self._longest // self._hop
        edges = np.linspace(0, steps, -(-steps // most) + 1).astype(int)
        for first, end in itertools.pairwise(edges):
            yield samples_S[first * self._hop : (end - 1) * self._hop + self._window]

    def _steps(self, samples_S: Wave) -> int:
        return 1 + (len(samples_S) - self._window) // self._hop

    @torch.inference_mode()
    def _run(self, samples_BS: NDArray[np.float32]) -> NDArray[np.float32]:
        """States (BTD), averaged over the chosen layers."""
        layers = self._config.layers
        given_BS = torch.from_numpy(samples_BS).to(self._net.device, self._net.dtype)
        out = self._net(given_BS, output_hidden_states=layers != (-1,))
        if layers == (-1,):
            states_BTD: Tensor = out.last_hidden_state.float()
        else:
            # transformers 5 gives the last of a net with pre-norms before its final norm.
            every = (*out.hidden_states[:-1], out.last_hidden_state)
            states_BTD = sum(every[layer].float() for layer in layers) / len(layers)
        return states_BTD.cpu().numpy()

    def _features(
        self, shown: Waves, rows_TD: NDArray[np.float32], steps_N: Sequence[int]
    ) -> Features:
        """Rows at the middle of their steps, or one for each segment at its middle."""
        if self._config.pool == "mean":
            lengths_N = np.array([len(samples_S) for samples_S in shown.samples_NS])
            parts = np.split(rows_TD, np.cumsum(steps_N)[:-1])
            means_ND = np.stack([part_TD.mean(axis=0, dtype=np.float64) for part_TD in parts])
            middles_N = shown.times_N + lengths_N / SOUND_RATE_HZ / 2
            return Features(means_ND.astype(np.float32), middles_N)
        step_s = self._hop / SOUND_RATE_HZ
        times = [
            start_s + (np.arange(steps) + 0.5) * step_s
            for start_s, steps in zip(shown.times_N, steps_N, strict=True)
        ]
        return Features(rows_TD, np.concatenate(times))


def build(kind: Any, config: SpeechConfig, place: Place) -> SpeechStates:
    """A speech encoder of one of `transformers`' classes.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not those of such a net.
        ConfigError: the net is of another width or has no such layer.
    """
    family: str = kind.config_class.model_type
    if config.weights == "tiny":
        net = kind(_small(kind, config))
        mark = loading.draw(net, place)
        return SpeechStates(net, config, normalise=True, fingerprint=mark)
    folder = weights.locate(config.weights, what=f"The encoder {family}")
    found = pretrained.configuration(kind, folder, families=(family,), width=config.width)
    loading.check_layers(folder, found.num_hidden_layers, config.layers)
    normalise = _wants_normalised(folder)
    # Without masks in training there is no embedding of what is masked.
    found.mask_time_prob = found.mask_feature_prob = 0.0
    net = pretrained.load(kind, folder, config=found, place=place, spare=_SPARE)
    mark = weights.fingerprint(folder)
    return SpeechStates(net, config, normalise=normalise, fingerprint=mark)


def _small(kind: Any, config: SpeechConfig) -> Any:
    return kind.config_class(
        hidden_size=config.width,
        num_hidden_layers=max(2, *(abs(layer) for layer in config.layers)),
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
