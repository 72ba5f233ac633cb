"""How near fingerprints are, for many at once, and which of very many are near at all."""

# N clips, M moments, P pairs, J pieces of sound, W words of a piece

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectlens.annotation.annotation import Annotation, Fingerprint
from affectlens.annotation.fingerprint import MOMENTS, PIECES, WORDS
from affectlens.annotation.recipe import Twins
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

Rows = NDArray[np.int64]
Shares = NDArray[np.float64]
MOVEMENT = 0.3  # share of bits by which movements of one take differ at most, once re-encoded

_LAGS = 8  # words of 32 ms by which sounds may be shifted against each other
_LEAST_BITS = 256  # of sound, below which nothing is known
_APART = 6  # words between the two of a key; neighbours in time are too much alike
_CROWD = 17  # sounds with the same 32 bits, beyond which not all pairs of them are compared
_PARTS = 4  # in which keys are looked through, for memory's sake
_ROW_BITS, _ROW = np.uint64(32), np.uint64(2**32 - 1)
_BLOCK = 2**19  # comparisons of pictures at a time


@dataclass(frozen=True, slots=True, eq=False)
class Bits:
    """The fingerprints of many clips as arrays; what is Missing is zeros, which nothing is near."""

    moments_N: Rows  # how many each has; 0: none
    looks_NM: NDArray[np.uint64]
    movements_NM: NDArray[np.uint64]
    words_NJW: NDArray[np.uint16]
    heard_N: NDArray[np.bool_]


def bits_of(annotations: Sequence[Annotation]) -> Bits:
    """Fingerprints in the order given.

    Raises:
        InputError: one is no fingerprint of this version.
    """
    many = len(annotations)
    bits = Bits(
        moments_N=np.zeros(many, np.int64),
        looks_NM=np.zeros((many, MOMENTS), np.uint64),
        movements_NM=np.zeros((many, MOMENTS), np.uint64),
        words_NJW=np.zeros((many, PIECES, WORDS), np.uint16),
        heard_N=np.zeros(many, np.bool_),
    )
    for row, one in enumerate(annotations):
        if isinstance(one.fingerprint, Missing):
            continue
        try:
            _fill(bits, row, one.fingerprint)
        except ValueError as error:
            raise InputError(
                f"The fingerprint of {one.id} is damaged or of another version: annotate it again."
            ) from error
    return bits


def _fill(bits: Bits, row: int, found: Fingerprint) -> None:
    if not isinstance(found.pictures, Missing):
        moments = len(found.pictures)
        bits.looks_NM[row, :moments] = [int(text[:16], 16) for text in found.pictures]
        bits.movements_NM[row, :moments] = [int(text[16:] or "0", 16) for text in found.pictures]
        bits.moments_N[row] = moments
    if not isinstance(found.sound, Missing):
        words_JW = np.frombuffer(bytes.fromhex(found.sound), ">u2").reshape(PIECES, -1)
        bits.words_NJW[row, :, : words_JW.shape[1]] = words_JW
        bits.heard_N[row] = True


def near(bits: Bits, pairs_P2: Rows, settings: Twins) -> tuple[NDArray[np.bool_], Shares, Shares]:
    """Which pairs are near-duplicates; differing bits of pictures (mean), share of sounds' bits.

    What both have must be near. Where not both have sound, also the movement must be: takes of one
    person in one room look alike otherwise. NaN where there is nothing to compare.
    """
    one_P, other_P = pairs_P2.T
    looks_P, seen_P, moved_P = _pictures(bits, one_P, other_P, settings.pictures)
    sounds_P = _sounds(bits.words_NJW[one_P], bits.words_NJW[other_P])
    both_seen_P = (bits.moments_N[one_P] > 0) & (bits.moments_N[other_P] > 0)
    both_heard_P = ~np.isnan(sounds_P)
    with np.errstate(invalid="ignore"):
        same_sound_P = sounds_P <= settings.sound
    by_sound_P = same_sound_P & (seen_P | ~both_seen_P)
    by_sight_P = seen_P & moved_P
    return np.where(both_heard_P, by_sound_P, by_sight_P), looks_P, sounds_P


def _pictures(
    bits: Bits, one_P: Rows, other_P: Rows, radius: int
) -> tuple[Shares, NDArray[np.bool_], NDArray[np.bool_]]:
    """Mean of differing bits, whether most moments are near, and whether the movement is."""
    one_PM, other_PM = bits.looks_NM[one_P], bits.looks_NM[other_P]
    moments_P = bits.moments_N[one_P]
    told_PM = (one_PM != 0) & (other_PM != 0)
    apart_PM = np.bitwise_count(one_PM ^ other_PM).astype(np.int64)
    close_P = ((apart_PM <= radius) & told_PM).sum(axis=1)
    near_P = (moments_P == bits.moments_N[other_P]) & (2 * close_P > moments_P)
    told_P = told_PM.sum(axis=1)
    mean_P = np.where(told_P > 0, (apart_PM * told_PM).sum(axis=1) / np.maximum(told_P, 1), np.nan)
    moved_PM = np.bitwise_count(bits.movements_NM[one_P] ^ bits.movements_NM[other_P])
    moved_P = moved_PM.sum(axis=1, dtype=np.int64) <= MOVEMENT * 64 * moments_P
    return mean_P, near_P, moved_P


def _sounds(one_PJW: NDArray[np.uint16], other_PJW: NDArray[np.uint16]) -> Shares:
    """Share of bits that differ, each piece shifted to where it fits best; NaN: too few to say."""
    wrong, told = [], []
    for lag in range(-_LAGS, _LAGS + 1):
        a_PJW = one_PJW[:, :, max(0, lag) : WORDS + min(0, lag)]
        b_PJW = other_PJW[:, :, max(0, -lag) : WORDS + min(0, -lag)]
        both_PJW = (a_PJW != 0) & (b_PJW != 0)
        wrong.append((np.bitwise_count(a_PJW ^ b_PJW) * both_PJW).sum(axis=2, dtype=np.int64))
        told.append(16 * both_PJW.sum(axis=2, dtype=np.int64))
    wrong_LPJ, told_LPJ = np.stack(wrong), np.stack(told)
    # A shift that leaves little to compare fits by chance.
    enough_LPJ = (told_LPJ > 0) & (2 * told_LPJ >= told_LPJ.max(axis=0))
    share_LPJ = np.where(enough_LPJ, wrong_LPJ / np.maximum(told_LPJ, 1), 1.0)
    best_1PJ = share_LPJ.argmin(axis=0)[None]
    wrong_P = np.take_along_axis(wrong_LPJ, best_1PJ, axis=0)[0].sum(axis=1)
    told_P = np.take_along_axis(told_LPJ, best_1PJ, axis=0)[0].sum(axis=1)
    return np.where(told_P >= _LEAST_BITS, wrong_P / np.maximum(told_P, 1), np.nan)


def seen_alike(bits: Bits, radius: int) -> Iterator[Rows]:
    """Pairs that may be near by their pictures and of which at least one has no sound.

    By pigeonholes: of `radius` + 1 bands of bits one is the same in near pictures, and of one more
    than half of the moments one is near in clips that are near in most. So none is missed.
    """
    for moments in np.unique(bits.moments_N[bits.moments_N > 0]):
        mine_N = bits.moments_N == moments
        for moment in range(int(moments) // 2 + 1):
            rows = np.flatnonzero(mine_N & (bits.looks_NM[:, moment] != 0))
            looks = bits.looks_NM[rows, moment]
            for band in range(min(radius, 63) + 1):
                mask = np.uint64(sum(1 << bit for bit in range(band, 64, min(radius, 63) + 1)))
                for bucket in _buckets(looks & mask):
                    yield from _within(rows[bucket], looks[bucket], bits.heard_N, radius)


def _buckets(keys: NDArray[np.uint64]) -> Iterator[Rows]:
    """Places of equal keys, where there are several."""
    order = np.argsort(keys, kind="stable")
    cuts = np.flatnonzero(np.diff(keys[order])) + 1
    edges = np.concatenate([[0], cuts, [len(keys)]])
    for place in np.flatnonzero(np.diff(edges) > 1):
        yield order[edges[place] : edges[place + 1]]


def _within(
    rows: Rows, looks: NDArray[np.uint64], heard_N: NDArray[np.bool_], radius: int
) -> Iterator[Rows]:
    """Near pairs of one bucket, a block of rows at a time."""
    mute = np.flatnonzero(~heard_N[rows])
    step = max(1, _BLOCK // len(rows))
    for start in range(0, len(mute), step):
        some = mute[start : start + step]
        one, other = np.nonzero(np.bitwise_count(looks[some, None] ^ looks[None, :]) <= radius)
        pairs_P2 = np.sort(np.stack([rows[some[one]], rows[other]], axis=1), axis=1)
        different = pairs_P2[:, 0] != pairs_P2[:, 1]
        if different.any():
            yield pairs_P2[different]


def heard_alike(bits: Bits) -> Iterator[Rows]:
    """Pairs of sounds that have 32 bits of the same moment in common (Haitsma and Kalker, §4.2).

    Where very many have the same, each is paired with those next to it alone: of copies that is
    enough to make one group, and what so many have says little.
    """
    for part in range(_PARTS):
        marks = _marks(bits, part)
        for step in range(1, _CROWD):
            places = np.flatnonzero(marks[:-step] >> _ROW_BITS == marks[step:] >> _ROW_BITS)
            if not len(places):
                break
            pair = (marks[places] & _ROW, marks[places + step] & _ROW)
            yield np.stack(pair, axis=1).astype(np.int64)


def _marks(bits: Bits, part: int) -> NDArray[np.uint64]:
    """Each 32 bits of sound over the row that has them, in order; a share of all at a time."""
    early_NJW, late_NJW = bits.words_NJW[:, :, :-_APART], bits.words_NJW[:, :, _APART:]
    mine = (early_NJW != 0) & (late_NJW != 0) & (late_NJW % _PARTS == part)
    keys = (early_NJW[mine].astype(np.uint64) << np.uint64(16)) | late_NJW[mine]
    return np.unique((keys << _ROW_BITS) | np.nonzero(mine)[0].astype(np.uint64))
