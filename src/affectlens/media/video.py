"""`DecodedVideo`: the pictures of a clip, each pass over them decoded in a process of its own."""

# H height, W width, C colours

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import InputError
from affectlens.foundation.timeline import Span
from affectlens.media.child import Child, Decoder, Job
from affectlens.media.clip import Frame
from affectlens.media.limits import Limits
from affectlens.media.pose import Pose
from affectlens.media.source import Identity, opened


class FramePass(Iterator[Frame]):
    """Frames of one pass; `close` (or leaving its `with`, or dropping it) ends the decoder.

    `warnings` says what could not be decoded; it is complete once the last frame was taken.
    """

    def __init__(self, child: Job, pose: Pose) -> None:
        self.warnings: tuple[str, ...] = ()
        self._child, self._pose = child, pose
        self._messages = child.messages()

    def __next__(self) -> Frame:
        return self.next_asked()[0]

    def next_asked(self) -> tuple[Frame, list[int]]:
        """The next frame and the places in the list of moments that it answers."""
        for header, payload in self._messages:
            if header["kind"] == "picture":
                rgb_HWC = upright(picture(header, payload), self._pose)
                return Frame(float(header["time_s"]), rgb_HWC), list(header["asked"])
            if header["kind"] == "warning":
                self.warnings += (str(header["text"]),)
        raise StopIteration

    def close(self) -> None:
        """End the pass; the decoder is gone when this returns."""
        self._messages.close()  # type: ignore[attr-defined]  # it is a generator
        self._child.close()

    def __enter__(self) -> "FramePass":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


@dataclass(frozen=True, slots=True, eq=False)
class DecodedVideo:
    """The pictures of one file; see `clip.Video`."""

    width: int
    height: int
    rate_hz: float
    still: bool
    path: Path
    identity: Identity
    limits: Limits
    zero_s: float
    stretch: float
    pose: Pose
    decoder: Decoder = Child

    def frames(
        self, *, rate_hz: float | None = None, max_side: int | None = None, span: Span | None = None
    ) -> FramePass:
        """Frames in order of time, decoded in a child process; see `clip.Video.frames`.

        A span holds the frames from its start up to, not at, its end; an instant holds the one at
        it. With `rate_hz` the first frame in each slot of 1/rate seconds is given.
        """
        if rate_hz is not None and rate_hz <= 0:
            raise ValueError(f"The rate is above zero, got {rate_hz}.")
        start_s, end_s = (0.0, None) if span is None else (max(0.0, span.start_s), span.end_s)
        wanted = {"rate_hz": rate_hz, "start_s": start_s, "end_s": end_s, "times_s": None}
        return self._start(wanted, max_side)

    def at(self, times_s: Sequence[float], *, max_side: int | None = None) -> list[Frame]:
        """The frames shown at these moments, in the order asked for."""
        if not times_s:
            return []
        wanted = {"rate_hz": None, "start_s": 0.0, "end_s": None}
        times = [max(0.0, float(time_s)) for time_s in times_s]
        found: dict[int, Frame] = {}
        with self._start({**wanted, "times_s": times}, max_side) as reel:
            while len(found) < len(times):
                try:
                    frame, asked = reel.next_asked()
                except StopIteration:
                    break
                found |= dict.fromkeys(asked, frame)
        if len(found) < len(times):
            raise InputError(f"{self.path.name} has frames that cannot be decoded at {times_s}.")
        return [found[place] for place in range(len(times))]

    def _start(self, wanted: dict[str, Any], max_side: int | None) -> FramePass:
        if max_side is not None and max_side < 1:
            raise ValueError(f"The longer side has at least 1 pixel, got {max_side}.")
        job = {
            "task": "pictures",
            "zero_s": self.zero_s,
            "stretch": self.stretch,
            "still": self.still,
            "file_rate_hz": self.rate_hz,
            "max_side": max_side,
            **wanted,
        }
        with opened(self.path, self.identity) as file:
            child = self.decoder(job, file=file, name=self.path.name, limits=self.limits)
        return FramePass(child, self.pose)


def picture(header: dict[str, Any], payload: bytearray) -> NDArray[np.uint8]:
    """Pixels as stored, checked against the size that the decoder says they have."""
    width, height, stride = (int(header[key]) for key in ("width", "height", "stride"))
    if not (0 < 3 * width <= stride and stride * height == len(payload)):
        raise InputError(f"The decoder sent {len(payload)} bytes for {width}×{height} pixels.")
    rows = np.frombuffer(payload, np.uint8).reshape(height, stride)
    return np.ascontiguousarray(rows[:, : 3 * width]).reshape(height, width, 3)


def upright(stored_HWC: NDArray[np.uint8], pose: Pose) -> NDArray[np.uint8]:
    """The picture as the viewer sees it."""
    swap, mirror, flip = pose
    shown_HWC = stored_HWC.transpose(1, 0, 2) if swap else stored_HWC
    shown_HWC = shown_HWC[:, ::-1] if mirror else shown_HWC
    return np.ascontiguousarray(shown_HWC[::-1] if flip else shown_HWC)
