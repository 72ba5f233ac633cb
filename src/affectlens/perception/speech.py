"""What is heard in a clip: stretches of speech, how each sounds, a voice's own resting values."""

# V moments of the voice, F frequencies

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.timeline import Span, merge
from affectlens.media.clip import SOUND_RATE_HZ, Clip, Sound
from affectlens.perception.events import sound_events
from affectlens.perception.observers import VoiceActivity
from affectlens.perception.percepts import Baseline, Floats, SoundEvent, Utterance, Voice
from affectlens.perception.ready import ready
from affectlens.perception.settings import VoiceSettings
from affectlens.perception.voice import FRAME, listen

PAUSE_S = 0.3  # a shorter silence does not part two utterances
_LONGEST_S, _USUAL_S, _SHORTEST_S = 10.0, 8.0, 3.0  # of a run without a pause
_BLOCK_S, _CONTEXT_S = 60.0, 1.0
# Least moments of 20 ms for a median, for a range, for a slope.
_FOR_MEDIAN, _FOR_RANGE, _FOR_SLOPE = 5, 10, 15
# de Jong & Wempe (2009), "Praat script to detect syllable nuclei …": a nucleus is a voiced peak of
# loudness, 2 dB above the dip before it and at most 25 dB below the loudest (99 % quantile).
_DIP_DB, _BELOW_LOUDEST_DB = 2.0, 25.0


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What the sound gives before anything is known about words or faces."""

    voice: Voice | Missing
    speech: tuple[Span, ...] | Missing  # in order; parted at pauses of 0.3 s; empty: nobody speaks
    events: tuple[SoundEvent, ...] | Missing
    warnings: tuple[str, ...] = ()


def hear(clip: Clip, settings: VoiceSettings, *, progress: Progress = silent) -> Heard:
    """Pitch, loudness, speech and other sounds of a clip, in bounded memory."""
    sound = clip.sound
    if isinstance(sound, Missing):
        return Heard(sound, sound, sound)
    voice = listen(sound, progress=progress)
    if len(voice.times_V) == 0:
        empty = Missing(f"the sound of {clip.name} is empty")
        return Heard(empty, empty, empty)
    activity = ready(settings.activity)
    speech = (
        activity
        if isinstance(activity, Missing)
        else speech_spans(sound, activity, voice, progress=progress)
    )
    net = ready(settings.events)
    events = net if isinstance(net, Missing) else sound_events(sound, net, progress=progress)
    return Heard(voice, speech, events)


def speech_spans(
    sound: Sound, activity: VoiceActivity, voice: Voice, *, progress: Progress = silent
) -> tuple[Span, ...]:
    """Where people speak, parted at pauses of 0.3 s and, in long runs, where it is softest."""
    found: list[Span] = []
    carry = np.empty(0, np.float32)
    for start_s, block in sound.blocks(_BLOCK_S):
        samples = np.concatenate([carry, block])
        offset_s = start_s - len(carry) / SOUND_RATE_HZ
        found += [Span(s.start_s + offset_s, s.end_s + offset_s) for s in activity(samples)]
        carry = samples[-round(_CONTEXT_S * SOUND_RATE_HZ) :]
        progress("speech", min(1.0, start_s / max(sound.duration_s, 1e-9)))
    smooth_V = np.convolve(voice.loudness_db_V, np.full(5, 0.2, np.float32), mode="same")
    softness = replace(voice, loudness_db_V=smooth_V)
    return tuple(part for span in merge(found, gap_s=PAUSE_S) for part in _parts(span, softness))


def _parts(span: Span, voice: Voice) -> list[Span]:
    """A run of speech, cut near every 8 s at the softest moment."""
    parts: list[Span] = []
    while span.duration_s > _LONGEST_S:
        earliest_s, latest_s = span.start_s + _SHORTEST_S, span.end_s - _SHORTEST_S
        latest_s = min(latest_s, span.start_s + _LONGEST_S)
        near_V = _inside(voice, Span(earliest_s, latest_s))
        times_V = voice.times_V[near_V]
        # One decibel is worth one second away from the usual length.
        cost_V = voice.loudness_db_V[near_V] + np.abs(times_V - span.start_s - _USUAL_S)
        cut_s = float(times_V[cost_V.argmin()])
        parts.append(Span(span.start_s, cut_s))
        span = Span(cut_s, span.end_s)
    return [*parts, span]


def _inside(voice: Voice, span: Span) -> slice:
    """The moments of a span."""
    start, end = np.searchsorted(voice.times_V, [span.start_s, span.end_s])
    return slice(int(start), int(end))


def utterances(
    sound: Sound, voice: Voice, speech: Sequence[Span], persons: Sequence[str | Missing]
) -> tuple[Utterance, ...]:
    """How each stretch of speech sounds; `persons` says who speaks, one for each stretch."""
    made: list[Utterance] = []
    for span, person in zip(speech, persons, strict=True):
        now = _inside(voice, span)
        pitch_V, loudness_V = voice.pitch_hz_V[now], voice.loudness_db_V[now]
        voiced_V = _plausible(pitch_V)
        semitones_V = 12 * np.log2(pitch_V[voiced_V])
        before = made[-1].span.end_s if made else None
        made.append(
            Utterance(
                span=span,
                person=person,
                pitch_hz=_median(pitch_V[voiced_V]),
                pitch_range_st=_range(semitones_V),
                pitch_slope_st_s=_slope(voice.times_V[now][voiced_V], semitones_V),
                loudness_db=_mean(loudness_V[voiced_V]),
                loudness_range_db=_range(loudness_V[voiced_V]),
                rate_hz=_nuclei(loudness_V, voiced_V) / span.duration_s
                if len(semitones_V) >= _FOR_RANGE
                else None,
                brightness_db=_brightness(sound, voice.times_V[now][voiced_V], span),
                pause_before_s=None if before is None else max(0.0, span.start_s - before),
            )
        )
    return tuple(made)


def _plausible(pitch_V: Floats) -> NDArray[np.bool_]:
    """Voiced moments but for octave errors (Hirst 2011: 0.75 × first to 2.5 × third quartile)."""
    voiced_V = np.isfinite(pitch_V)
    if not voiced_V.any():
        return voiced_V
    first, third = np.percentile(pitch_V[voiced_V], [25, 75])
    return np.asarray((pitch_V >= 0.75 * first) & (pitch_V <= 2.5 * third))


def baselines(spoken: Sequence[Utterance]) -> Mapping[str, Baseline]:
    """Each person's resting voice: medians over their utterances."""
    people = sorted({u.person for u in spoken if isinstance(u.person, str)})
    return {p: _baseline([u for u in spoken if u.person == p]) for p in people}


def _baseline(own: Sequence[Utterance]) -> Baseline:
    """Medians over one person's utterances."""

    def middle(values: Sequence[float | None]) -> float | None:
        had = [v for v in values if v is not None]
        return float(np.median(had)) if had else None

    return Baseline(
        pitch_hz=middle([u.pitch_hz for u in own]),
        pitch_range_st=middle([u.pitch_range_st for u in own]),
        loudness_db=middle([u.loudness_db for u in own]),
        rate_hz=middle([u.rate_hz for u in own]),
        brightness_db=middle([u.brightness_db for u in own]),
        utterances=len(own),
    )


def _median(values_V: Floats) -> float | None:
    """The median, if there are enough moments."""
    return float(np.median(values_V)) if len(values_V) >= _FOR_MEDIAN else None


def _mean(values_V: Floats) -> float | None:
    """The mean, if there are enough moments."""
    return float(values_V.mean()) if len(values_V) >= _FOR_MEDIAN else None


def _range(values_V: Floats) -> float | None:
    """From the 10th to the 90th percentile, if there are enough moments."""
    if len(values_V) < _FOR_RANGE:
        return None
    low, high = np.percentile(values_V, [10, 90])
    return float(high - low)


def _slope(times_V: NDArray[np.float64], values_V: Floats) -> float | None:
    """Median of the slopes between all pairs (Theil–Sen): an octave error does not tilt it."""
    if len(values_V) < _FOR_SLOPE:
        return None
    first, second = np.triu_indices(len(values_V), k=1)
    rise, run = values_V[second] - values_V[first], times_V[second] - times_V[first]
    return float(np.median(rise / run))


def _nuclei(loudness_V: Floats, voiced_V: NDArray[np.bool_]) -> int:
    """Syllable nuclei."""
    floor_db = np.percentile(loudness_V, 99) - _BELOW_LOUDEST_DB
    count, last = 0, 0
    peaks = np.flatnonzero(
        (loudness_V[1:-1] > loudness_V[:-2]) & (loudness_V[1:-1] >= loudness_V[2:])
    )
    for peak in (peaks + 1).tolist():
        rise_db = loudness_V[peak] - loudness_V[last : peak + 1].min()
        if loudness_V[peak] >= floor_db and rise_db >= _DIP_DB:
            last = peak
            count += bool(voiced_V[peak])
    return count


def _brightness(sound: Sound, times_V: NDArray[np.float64], span: Span) -> float | None:
    """Energy of the voiced moments at 1–5 kHz over that at 50–1000 Hz (eGeMAPS, Eyben 2016), dB."""
    if len(times_V) < _FOR_MEDIAN:
        return None
    samples = sound.read(span)
    starts = np.round((times_V - span.start_s) * SOUND_RATE_HZ).astype(int) - FRAME // 2
    starts = starts[(starts >= 0) & (starts + FRAME <= len(samples))]
    if len(starts) < _FOR_MEDIAN:
        return None
    frames_VN = samples[starts[:, None] + np.arange(FRAME)] * np.hanning(FRAME)
    power_F = (np.abs(np.fft.rfft(frames_VN)) ** 2).mean(axis=0)
    hz_F = np.fft.rfftfreq(FRAME, 1 / SOUND_RATE_HZ)
    low = power_F[(hz_F >= 50) & (hz_F < 1000)].sum()
    high = power_F[(hz_F >= 1000) & (hz_F <= 5000)].sum()
    return float(10 * np.log10(high / low)) if min(low, high) > 0 else None
