"""Sounds that are not words: laughter, crying, a sigh, music."""

from collections.abc import Sequence

import numpy as np

from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.timeline import Span
from affectlens.media.clip import SOUND_RATE_HZ, Sound
from affectlens.perception.observers import EventNet
from affectlens.perception.percepts import SoundEvent

_BLOCK_S = 30.0
_CONTEXT_S = 0.96  # heard again with the next block, so that nothing is cut at its edge
_GAP_S = 0.5  # the same sound after a shorter gap goes on


def sound_events(
    sound: Sound, net: EventNet, *, progress: Progress = silent
) -> tuple[SoundEvent, ...]:
    """Everything the net names, in order of time, in bounded memory."""
    found: list[SoundEvent] = []
    carry = np.empty(0, np.float32)
    for start_s, block in sound.blocks(_BLOCK_S):
        samples = np.concatenate([carry, block])
        offset_s = start_s - len(carry) / SOUND_RATE_HZ
        found += [_shifted(event, offset_s) for event in net(samples)]
        carry = samples[-round(_CONTEXT_S * SOUND_RATE_HZ) :]
        progress("events", min(1.0, start_s / max(sound.duration_s, 1e-9)))
    return tuple(joined(found))


def joined(events: Sequence[SoundEvent]) -> list[SoundEvent]:
    """Events of one name that meet become one, as sure as the surest; in order of time."""
    made: list[SoundEvent] = []
    for event in sorted(events, key=lambda e: (e.name, e.span)):
        last = made[-1] if made else None
        if last and last.name == event.name and event.span.start_s - last.span.end_s <= _GAP_S:
            span = Span(last.span.start_s, max(last.span.end_s, event.span.end_s))
            made[-1] = SoundEvent(span, event.name, max(last.confidence, event.confidence))
        else:
            made.append(event)
    return sorted(made, key=lambda e: (e.span, e.name))


def _shifted(event: SoundEvent, by_s: float) -> SoundEvent:
    span = Span(event.span.start_s + by_s, event.span.end_s + by_s)
    return SoundEvent(span, event.name, event.confidence)
