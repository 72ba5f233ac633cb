"""States of Whisper's encoder for sound of any length, in pieces of at most 30 s."""

# S samples, B pieces of one length, M mel bands, F frames of 10 ms, T steps of 20 ms, L layers,
# D width

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import gelu
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from affectlens.encoders import loading, pretrained, weights, whisper_ct2
from affectlens.encoders.features import Features
from affectlens.encoders.sound_batches import Wave, together
from affectlens.encoders.view import Shown, Waves
from affectlens.foundation import weights as carried
from affectlens.foundation.device import Place
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.media.clip import SOUND_RATE_HZ

_STEP = 320  # samples
_TENTH = 5  # steps
_PIECE = 30 * SOUND_RATE_HZ
_AT_ONCE = 8 * _PIECE
# Files of the whole model hold the encoder under these names, and the decoder beside it.
_NAMES = {r"^(model\.)?encoder\.": ""}
_SPARE = r"(model\.)?decoder\.|proj_out\."


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a segment, filled up; `steps` of its states are given, sound covers `covered`."""

    start_s: float
    samples_S: Wave
    steps: int
    covered: int


class WhisperStates:
    """A frozen Whisper encoder."""

    def __init__(
        self,
        net: Any,
        *,
        layers: tuple[int, ...],
        full: bool,
        keep_padding: bool,
        fingerprint: str,
    ) -> None:
        self._net, self._full, self._keep_padding = net, full, keep_padding
        self._layers = [layer % (len(net.layers) + 1) for layer in layers]
        self._mel = WhisperFeatureExtractor(feature_size=net.config.num_mel_bins)
        self.fingerprint = fingerprint

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """States of every segment, and the same slowed down."""
        assert isinstance(shown, Waves)
        pieces = [
            piece
            for start_s, samples_S in zip(shown.times_N, shown.samples_NS, strict=True)
            for piece in self._pieces(float(start_s), samples_S)
        ]
        rows: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(pieces)
        tenths: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(pieces)
        for places in together([len(piece.samples_S) for piece in pieces], _AT_ONCE):
            states_LBTD = self._run(np.stack([pieces[place].samples_S for place in places]))
            for n, place in enumerate(places):
                piece, states_LTD = pieces[place], states_LBTD[:, n]
                rows[place] = _averaged(states_LTD[:, : piece.steps])
                tenths[place] = _in_tenths(states_LTD[:, : piece.covered])
        times = [
            piece.start_s + (np.arange(piece.steps) + 0.5) * _STEP / SOUND_RATE_HZ
            for piece in pieces
        ]
        slow = [
            piece.start_s + (np.arange(len(rows_TD)) + 0.5) * _TENTH * _STEP / SOUND_RATE_HZ
            for piece, rows_TD in zip(pieces, tenths, strict=True)
        ]
        return {
            "states": Features(np.concatenate(rows), np.concatenate(times)),
            "tenths": Features(np.concatenate(tenths), np.concatenate(slow)),
        }

    def _pieces(self, start_s: float, samples_S: Wave) -> Iterator[_Piece]:
        for first in range(0, max(len(samples_S), 1), _PIECE):
            part_S = samples_S[first : first + _PIECE]
            covered = max(math.ceil(len(part_S) / _STEP), 1)
            filled = _PIECE if self._full else covered * _STEP
            yield _Piece(
                start_s + first / SOUND_RATE_HZ,
                np.pad(part_S, (0, filled - len(part_S))),
                filled // _STEP if self._keep_padding else covered,
                covered,
            )

    @torch.inference_mode()
    def _run(self, samples_BS: Wave) -> Tensor:
        """States (LBTD) of the chosen layers."""
        mel = self._mel(
            list(samples_BS), sampling_rate=SOUND_RATE_HZ, padding="do_not_pad", return_tensors="pt"
        )
        return encode(self._net, mel["input_features"], self._layers)


def encode(net: Any, mel_BMF: Tensor, layers: Sequence[int]) -> Tensor:
    """States (LBTD) of some layers, for any number of frames up to that of 30 s.

    The same as `WhisperEncoder.forward`, which takes 30 s only: positions are cut to the sound's.
    Layers above the highest of them are not computed.
    """
    x_BMF = mel_BMF.to(net.conv1.weight.device, net.conv1.weight.dtype)
    x_BDT = gelu(net.conv2(gelu(net.conv1(x_BMF))))
    x_BTD: Tensor = x_BDT.transpose(1, 2)
    x_BTD = x_BTD + net.embed_positions.weight[: x_BTD.shape[1]]
    states = {0: x_BTD.float()} if 0 in layers else {}
    for number, layer in enumerate(net.layers[: max(layers)], start=1):
        x_BTD = layer(x_BTD, None)
        if number == len(net.layers):
            x_BTD = net.layer_norm(x_BTD)
        if number in layers:
            states[number] = x_BTD.float()
    return torch.stack([states[layer] for layer in layers])


def _averaged(states_LTD: Tensor) -> NDArray[np.float32]:
    return states_LTD.mean(0).cpu().numpy()


def _in_tenths(states_LTD: Tensor) -> NDArray[np.float32]:
    """Means over each 0.1 s, the layers side by side; the last may be of a shorter time."""
    parts = [part_LTD.mean(1) for part_LTD in torch.split(states_LTD, _TENTH, dim=1)]
    return torch.stack(parts).flatten(1).cpu().numpy()


def load(source: str, width: int, layers: tuple[int, ...], place: Place) -> tuple[Any, str]:
    """Whisper's encoder and its fingerprint, from a hub id, a folder, what we carry, or chance.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not those of a Whisper.
        ConfigError: the net is of another width or has no such layer.
    """
    if source == "tiny":
        net = WhisperEncoder(_sizes(width, max(2, *map(abs, layers)), heads=4))
        return net, loading.draw(net, place)
    if source.startswith(weights.CARRIED):
        return _carried(source.removeprefix(weights.CARRIED), width, layers, place)
    folder = weights.locate(source, what="The encoder whisper")
    config = pretrained.configuration(WhisperEncoder, folder, families=("whisper",), width=width)
    loading.check_layers(folder, config.encoder_layers, layers)
    net = pretrained.load(
        WhisperEncoder, folder, config=config, place=place, spare=_SPARE, rename=_NAMES
    )
    return net, weights.fingerprint(folder)


def _carried(name: str, width: int, layers: tuple[int, ...], place: Place) -> tuple[Any, str]:
    folder = carried.find(name)
    if isinstance(folder, Missing):
        raise UnavailableError(f"The encoder whisper: {folder}")
    given = whisper_ct2.encoder(folder / "model.bin")
    found, bands = given["conv1.weight"].shape[:2]
    depth = sum(key.endswith(".fc1.weight") for key in given)
    loading.check_width(name, found, width)
    loading.check_layers(name, depth, layers)
    with torch.device("meta"):
        # Every published Whisper has heads 64 wide.
        net = WhisperEncoder(_sizes(width, depth, heads=width // 64, bands=bands))
    loading.put(net, given, source=name, place=place)
    return net, carried.fingerprint(name)


def _sizes(width: int, depth: int, *, heads: int, bands: int = 80) -> WhisperConfig:
    return WhisperConfig(
        d_model=width,
        encoder_layers=depth,
        encoder_attention_heads=heads,
        encoder_ffn_dim=4 * width,
        num_mel_bins=bands,
    )
