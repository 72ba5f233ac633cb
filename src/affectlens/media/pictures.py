"""The decoder's second job: frames of a span, thinned out and made smaller, or those at moments."""

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av.error
from av.video.reformatter import VideoReformatter

from affectlens.foundation.errors import InputError
from affectlens.media import wire
from affectlens.media.container import (
    Pulse,
    Tally,
    check_pixels,
    decode,
    open_container,
    packets,
    picture_stream,
)

TimedFrame = tuple[float, Any]
UNTIMED_HZ = 25.0  # of frames where a file names neither times nor a rate
_NEAR_S = 5.0  # nearer than this, decoding on is as quick as seeking
_SAME_S = 1e-6


def answer(job: dict[str, Any], pipe: int) -> None:
    """Send the frames that the job asks for, then the warnings of the pass.

    Raises:
        InputError: not one frame could be decoded.
    """
    reel = Reel(job, Pulse(pipe))
    send = _sender(job, pipe)
    if job["times_s"] is None:
        for time_s, frame in thinned(reel, job["rate_hz"], job["start_s"], job["end_s"]):
            send(time_s, frame, [])
    else:
        for (time_s, frame), asked in shown_at(reel, job["times_s"]):
            send(time_s, frame, asked)
    if not reel.frames and job["end_s"] is None:
        raise InputError(f"Not one frame of {job['name']} could be decoded; it may be damaged.")
    warning = reel.tally.warning("video")
    if warning is not None:
        wire.send(pipe, {"kind": "warning", "text": warning})


@dataclass
class Reel:
    """The frames of one file from any moment on."""

    job: dict[str, Any]
    pulse: Pulse
    tally: Tally = field(default_factory=Tally)
    frames: int = 0
    container: Any = None
    stream: Any = None

    def _open(self) -> None:
        self.container = open_container(self.job)
        self.stream = picture_stream(self.container, self.job)
        if self.stream is None:
            raise InputError(f"{self.job['name']} has no video stream.")

    def since(self, start_s: float) -> Iterator[TimedFrame]:
        """Frames in order of time; the first is shown at `start_s` or is the file's first."""
        self._open()
        if start_s > _NEAR_S:
            ahead = self._after_seek(start_s)
            first = next(ahead, None)
            if first is not None and first[0] <= start_s + _SAME_S:
                yield first
                yield from ahead
                return
            self._open()  # no index, or a wrong one: from the start
        yield from self._decoded()

    def _after_seek(self, start_s: float) -> Iterator[TimedFrame]:
        stamp = int((start_s + self.job["zero_s"]) / self.stream.time_base)
        try:
            self.container.seek(stamp, stream=self.stream)
        except av.error.FFmpegError:
            return
        yield from self._decoded()

    def _decoded(self) -> Iterator[TimedFrame]:
        last_s = -1.0
        for packet in packets(self.container, [self.stream], self.pulse):
            for frame in decode(packet, self.tally):
                check_pixels(frame.width, frame.height, self.job)
                time_s = self._moment(frame, last_s)
                if last_s < time_s <= self.job["limits"]["duration_s"]:
                    last_s = time_s
                    self.frames += 1
                    yield time_s, frame

    def _moment(self, frame: Any, last_s: float) -> float:
        if frame.time is not None:
            return max(0.0, float(frame.time) - float(self.job["zero_s"]))
        return 0.0 if last_s < 0 else last_s + 1 / (self.job["file_rate_hz"] or UNTIMED_HZ)


def thinned(
    reel: Reel, rate_hz: float | None, start_s: float, end_s: float | None
) -> Iterator[TimedFrame]:
    """Frames of a span; with a rate, the first frame in each of its slots on the clip's clock."""
    last_slot = None
    for time_s, frame in reel.since(start_s):
        if time_s < start_s - _SAME_S:
            continue
        if end_s is not None and time_s >= end_s and time_s - start_s > _SAME_S:
            return
        slot = None if rate_hz is None else math.floor(time_s * rate_hz + 1e-3)
        if slot is None or slot != last_slot:
            last_slot = slot
            yield time_s, frame


def shown_at(reel: Reel, times_s: list[float]) -> Iterator[tuple[TimedFrame, list[int]]]:
    """The frames shown at these moments in order of time, each with the places it was asked for."""
    places = sorted(range(len(times_s)), key=times_s.__getitem__)
    while places:
        far = [n for n in range(1, len(places)) if times_s[places[n]] - times_s[places[n - 1]] > 10]
        run, places = places[: min(far, default=None)], places[min(far, default=len(places)) :]
        yield from _shown_in_one_run(reel, times_s, run)


def _shown_in_one_run(
    reel: Reel, times_s: list[float], places: list[int]
) -> Iterator[tuple[TimedFrame, list[int]]]:
    """The same for moments near each other."""
    waiting = deque(places)
    held: TimedFrame | None = None
    for time_s, frame in reel.since(times_s[places[0]]):
        if held is not None:
            asked = []
            while waiting and times_s[waiting[0]] < time_s - _SAME_S:
                asked.append(waiting.popleft())
            if asked:
                yield held, asked
        if not waiting:
            return
        held = (time_s, frame)
    if held is not None:
        yield held, list(waiting)


def _sender(job: dict[str, Any], pipe: int) -> Callable[[float, Any, list[int]], None]:
    """What converts a frame to RGB of the wanted size and sends it."""
    reformatter = VideoReformatter()

    def send(time_s: float, frame: Any, asked: list[int]) -> None:
        width, height = shown_size(frame.width, frame.height, job["stretch"], job["max_side"])
        rgb = reformatter.reformat(frame, width, height, "rgb24", threads=1)
        plane = rgb.planes[0]
        header = {
            "kind": "picture",
            "time_s": 0.0 if job["still"] else time_s,
            "width": width,
            "height": height,
            "stride": plane.line_size,
            "asked": asked,
        }
        wire.send(pipe, header, memoryview(plane)[: plane.line_size * height])

    return send


def shown_size(width: int, height: int, stretch: float, max_side: int | None) -> tuple[int, int]:
    """Size of a picture with square pixels whose longer side is at most `max_side`."""
    wide = width * stretch
    scale = 1.0 if max_side is None else min(1.0, max_side / max(wide, height))
    return max(1, round(wide * scale)), max(1, round(height * scale))


def stretch_of(frame_ratio: Fraction | None) -> float:
    """How much wider than stored a picture is shown; 1.0 where the file says nothing sensible."""
    return float(frame_ratio) if frame_ratio and 0.25 <= frame_ratio <= 4 else 1.0
