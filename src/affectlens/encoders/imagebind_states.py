"""What ImageBind gives for pictures and for sound, with the preprocessing of the released code."""

# N segments, S samples, B pictures or pieces, F frames of 10 ms, M mel bands, T tokens,
# C channels, H height, W width, E width of the joint space

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from affectlens.encoders import loading, pixels, weights
from affectlens.encoders.fbank import HOP, RATE_HZ, fbank
from affectlens.encoders.features import Features
from affectlens.encoders.imagebind_net import (
    HUGE,
    PICTURES,
    SOUND,
    TINY,
    ImageBind,
    Trunk,
    is_other,
)
from affectlens.encoders.running import run
from affectlens.encoders.view import Pictures, Shown, Waves
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError

_PIECE = 2 * RATE_HZ
_AT_ONCE = 8
_MEAN, _STD = -4.268, 9.138  # of AudioSet's log mel energies
_KINDS = {"pictures": PICTURES, "sound": SOUND}
_PICTURE = pixels.Preparation(side=224, mean_std="clip", fit="crop")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Two seconds of a segment, filled up with silence where there is less."""

    start_s: float
    length_s: float
    samples_S: NDArray[np.float32]


class ImageBindStates:
    """The frozen net, for whichever of its trunks were built."""

    def __init__(
        self, net: ImageBind, sizes: Mapping[str, Trunk], fingerprint: str, place: Place
    ) -> None:
        self._net, self._sizes = net, sizes
        self._device, self._dtype = place.torch_device(), place.torch_dtype()
        self.fingerprint = fingerprint

    def __call__(self, shown: Shown) -> Mapping[str, Features]:
        """A row per picture or piece of sound, and a row per patch of it.

        Raises:
            ConfigError: its trunk was not built.
        """
        kind = PICTURES if isinstance(shown, Pictures) else SOUND
        if kind not in self._sizes:
            asked = next(name for name, part in _KINDS.items() if part == kind)
            raise ConfigError(
                f"ImageBind was built without its trunk for {asked}: add it to trunks."
            )
        if isinstance(shown, Pictures):
            return self._pictures(shown)
        assert isinstance(shown, Waves)
        return self._sound(shown)

    def _pictures(self, shown: Pictures) -> Mapping[str, Features]:
        batches = pixels.batches(shown.rgb_THWC, _PICTURE, _AT_ONCE)
        tokens_BTE, pooled_BE = self._run(PICTURES, batches)
        times_BT = np.repeat(shown.times_T[:, None], tokens_BTE.shape[1] - 1, axis=1)
        return {
            "pooled": Features(pooled_BE, shown.times_T),
            "head": Features(tokens_BTE[:, 0], shown.times_T),
            "states": Features(np.concatenate(tokens_BTE[:, 1:]), times_BT.ravel()),
        }

    def _sound(self, shown: Waves) -> Mapping[str, Features]:
        pieces = [
            piece
            for start_s, samples_S in zip(shown.times_N, shown.samples_NS, strict=True)
            for piece in _pieces(float(start_s), samples_S)
        ]
        sizes = self._sizes[SOUND]
        batches = (
            np.stack(
                [
                    heard(piece.samples_S, sizes.height, sizes.width)[None]
                    for piece in pieces[first : first + _AT_ONCE]
                ]
            )
            for first in range(0, len(pieces), _AT_ONCE)
        )
        tokens_BTE, pooled_BE = self._run(SOUND, batches)
        middles = np.array([piece.start_s + piece.length_s / 2 for piece in pieces])
        patches = [
            self._heard(piece, tokens_TE[1:])
            for piece, tokens_TE in zip(pieces, tokens_BTE, strict=True)
        ]
        return {
            "pooled": Features(pooled_BE, middles),
            "head": Features(tokens_BTE[:, 0], middles),
            "states": Features(
                np.concatenate([rows for rows, _ in patches]),
                np.concatenate([times for _, times in patches]),
            ),
        }

    def _heard(
        self, piece: _Piece, patches_TE: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Patches in order of time, low bands first, that begin before the sound ends."""
        sizes = self._sizes[SOUND]
        columns = (sizes.width - sizes.kernel) // sizes.stride + 1
        grid = patches_TE.reshape(-1, columns, patches_TE.shape[1]).swapaxes(0, 1)
        hop_s = HOP / RATE_HZ
        starts_s = np.arange(columns) * sizes.stride * hop_s
        kept = starts_s < max(piece.length_s, hop_s)
        times = piece.start_s + starts_s[kept] + sizes.kernel / 2 * hop_s
        return np.concatenate(grid[kept]), np.repeat(times, grid.shape[1])

    def _run(
        self, kind: str, batches: Iterable[NDArray[np.float32]]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Tokens (BTE) and the released output (BE)."""
        tokens_BTE, pooled_BE = run(
            lambda given: self._net(kind, given.to(self._device, self._dtype)), batches
        )
        return tokens_BTE, pooled_BE


def heard(samples_S: NDArray[np.float32], bands: int, frames: int) -> NDArray[np.float32]:
    """Mel energies (MF) as ImageBind takes them (specs/affectgpt-emer.md §3.1).

    The reference first takes the mean off all samples; `fbank` takes it off every window anyway.
    """
    energies_FM = fbank(samples_S, bands)[:frames]
    filled_FM = np.pad(energies_FM, ((0, frames - len(energies_FM)), (0, 0)))
    scaled_MF: NDArray[np.float32] = (filled_FM.T - np.float32(_MEAN)) / np.float32(_STD)
    return scaled_MF


def build(source: str, width: int, trunks: tuple[str, ...], place: Place) -> ImageBindStates:
    """The encoder with the trunks for "pictures", "sound" or both.

    Raises:
        UnavailableError: the weights are not to be had.
        InputError: they are not ImageBind's.
        ConfigError: the joint space is of another width.
    """
    kinds = tuple(_KINDS[trunk] for trunk in trunks)
    if source == "tiny":
        sizes = {kind: TINY[kind] for kind in kinds}
        net = ImageBind(sizes, width)
        return ImageBindStates(net, sizes, loading.draw(net, place), place)
    folder = weights.locate(source, what="The encoder imagebind")
    given = loading.tensors(folder)
    for kind in kinds:
        head = given.get(f"modality_heads.{kind}.2.weight")
        if head is not None:
            loading.check_width(folder, len(head), width)
    sizes = {kind: HUGE[kind] for kind in kinds}
    with torch.device("meta"):
        net = ImageBind(sizes, width)
    wanted = {name: value for name, value in given.items() if not is_other(name, kinds)}
    loading.put(net, wanted, source=str(folder), place=place)
    return ImageBindStates(net, sizes, weights.fingerprint(folder), place)


def _pieces(start_s: float, samples_S: NDArray[np.float32]) -> Iterator[_Piece]:
    """Two seconds after two seconds; what is left over by less than a step is let go."""
    count = max(-(-(len(samples_S) - HOP) // _PIECE), 1)
    for first in range(0, count * _PIECE, _PIECE):
        part_S = samples_S[first : first + _PIECE]
        filled_S = np.pad(part_S, (0, _PIECE - len(part_S)))
        yield _Piece(start_s + first / RATE_HZ, len(part_S) / RATE_HZ, filled_S)
