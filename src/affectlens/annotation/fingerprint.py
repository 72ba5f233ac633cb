"""`fingerprint`: what a clip looks and sounds like, in bits that re-encoding hardly changes.

Pictures: signs of the low frequencies of a small grey picture (pHash; C. Zauner, "Implementation
and Benchmarking of Perceptual Image Hash Functions", 2010), at a few moments. Takes of one person
in one room look the same to it, so the movement of each moment, which is the picture less the
clip's mean, is hashed likewise.

Sound: signs of differences of band energies along frequency and time (Haitsma and Kalker, "A Highly
Robust Audio Fingerprinting System", ISMIR 2002), in four pieces of the sound, of two seconds each
where it is as long.
"""

# M moments, K frequencies of a picture, F frames of sound, S samples, B bands, W words of a piece

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from affectlens.annotation.annotation import Fingerprint
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import SOUND_RATE_HZ, Clip, Sound, Video

VERSION = "fingerprint/1"
MOMENTS = 7  # odd: most of them is a clear word
PIECES = 4
WORDS = 64  # of a piece, one each 32 ms
_Grey = NDArray[np.float32]

_SIDE, _LOW = 32, 8  # pixels of a side, and frequencies of them that count
_PLAIN = 3.0  # grey levels of standard deviation, below which a picture shows nothing
_AT_REST = 0.5  # grey levels by which a clip's pictures differ, below which nothing moves
_MAX_SIDE = 64
_WINDOW, _HOP, _FAR = 2048, 512, 4  # samples, samples, frames that are compared
_BANDS_HZ = np.geomspace(300.0, 3000.0, 18)  # the edges of 17 bands: 16 differences
_SILENT = 1e-4  # RMS of the loudest frame, -80 dB of full scale
_QUIET = 1e-4  # of the loudest frame's energy, -40 dB, below which a frame says nothing
_FEWEST = 16  # words that say something


def fingerprint(clip: Clip) -> Fingerprint:
    """The bits of a clip; black pictures and silence are Missing, for they resemble each other."""
    return Fingerprint(
        pictures=_pictures(clip.video, clip.duration_s), sound=_sound(clip.name, clip.sound)
    )


def _pictures(video: Video | Missing, duration_s: float) -> tuple[str, ...] | Missing:
    """16 hex digits of a picture, and of a video 16 more of its movement; plain ones are zeros."""
    if isinstance(video, Missing):
        return video
    moments = 1 if video.still else MOMENTS
    times_s = [duration_s * (place + 0.5) / moments for place in range(moments)]
    try:
        frames = video.at([0.0] if video.still else times_s, max_side=_MAX_SIDE)
    except InputError as error:  # what perception could do without, this can
        return Missing(str(error))
    greys = [_grey(frame.rgb_HWC) for frame in frames]
    looks = [_look(grey) for grey in greys]
    if 2 * looks.count(0) >= moments:
        return Missing("its pictures are plain: most of them show one colour")
    if video.still:
        return (f"{looks[0]:016x}",)
    pairs = zip(looks, _movements(greys), strict=True)
    return tuple(f"{look:016x}{movement:016x}" for look, movement in pairs)


def _grey(rgb_HWC: NDArray[np.uint8]) -> _Grey:
    small = cv2.resize(rgb_HWC, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)


def _look(grey: _Grey) -> int:
    """Which low frequencies, the mean left out, are above their median; 0 of a plain picture."""
    if grey.std() < _PLAIN:
        return 0
    low_K = cv2.dct(grey)[1 : _LOW + 1, 1 : _LOW + 1].ravel()
    return _as_number(low_K > np.median(low_K))


def _movements(greys: Sequence[_Grey]) -> list[int]:
    """Signs of the low frequencies of each picture less their mean; zeros where nothing moves."""
    changes = np.stack(greys) - np.mean(greys, axis=0)
    if changes.std() < _AT_REST:
        return [0] * len(greys)
    return [_as_number(cv2.dct(change)[:_LOW, :_LOW].ravel() > 0) for change in changes]


def _as_number(bits_K: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits_K).tobytes(), "big")


def _sound(name: str, sound: Sound | Missing) -> str | Missing:
    """Four hex digits a word, all pieces after each other; 0000 where it is quiet."""
    if isinstance(sound, Missing):
        return sound
    total = (round(sound.duration_s * SOUND_RATE_HZ) - _WINDOW) // _HOP + 1 - _FAR
    if total < _FEWEST:
        return Missing(f"{name} has too little sound to know it again")
    size = min(WORDS, total)
    starts = [piece * (total - size) // (PIECES - 1) for piece in range(PIECES)]
    energies = [_energies(sound, start, size + _FAR) for start in starts]
    if any(len(piece) < size + _FAR for piece in energies):
        return Missing(f"the sound of {name} ends early")
    loudness = np.stack([piece.sum(axis=1) for piece in energies])
    if loudness.max() < (_SILENT * _WINDOW) ** 2 / 4:
        return Missing(f"{name} is silent")
    heard = loudness > _QUIET * loudness.max()
    words = np.stack([_words(piece) for piece in energies]) * heard[:, _FAR:]
    if np.count_nonzero(words) < _FEWEST:
        return Missing(f"{name} has too little sound to know it again")
    return str(words.astype(">u2").tobytes().hex())


def _energies(sound: Sound, start: int, frames: int) -> NDArray[np.float64]:
    """Energy of each band in each frame, shape (F, B)."""
    first = start * _HOP
    span = Span(first / SOUND_RATE_HZ, (first + (frames - 1) * _HOP + _WINDOW) / SOUND_RATE_HZ)
    samples_S = sound.read(span)
    if len(samples_S) < _WINDOW:
        return np.zeros((0, len(_BANDS_HZ) - 1))
    framed_FW = np.lib.stride_tricks.sliding_window_view(samples_S, _WINDOW)[::_HOP]
    power = np.abs(np.fft.rfft(framed_FW * np.hanning(_WINDOW), axis=1)) ** 2
    edges = np.round(_BANDS_HZ * _WINDOW / SOUND_RATE_HZ).astype(int)
    return np.asarray(np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1), np.float64)


def _words(energies_FB: NDArray[np.float64]) -> NDArray[np.uint16]:
    """For each frame whether each band rose over its neighbour since 128 ms before."""
    over_FB = np.diff(energies_FB, axis=1)
    rose = over_FB[_FAR:] - over_FB[:-_FAR] > 0
    packed = np.packbits(rose, axis=1)
    return np.asarray(packed[:, 0].astype(np.uint16) << 8 | packed[:, 1], np.uint16)
