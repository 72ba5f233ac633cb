"""The decoder's first job: read a file once; send its sound and subtitles, then its facts."""

from dataclasses import dataclass, field
from typing import Any

from av.audio.resampler import AudioResampler

from affectlens.foundation.errors import InputError
from affectlens.media import pose, wire
from affectlens.media.container import (
    Pulse,
    Tally,
    check_duration,
    check_pixels,
    decode,
    open_container,
    packets,
    picture_stream,
    seconds,
    sound_stream,
)
from affectlens.media.pictures import UNTIMED_HZ, shown_size, stretch_of

_GAP_S = 0.1  # shorter holes in the sound's timestamps are rounding
_PIECE_BYTES = 1 << 20  # a packet of sound can be as long as the file
_FLOAT_BYTES = {"flt": 4, "dbl": 8}
_PICTURE_SUBTITLES = ("dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle", "xsub", "dvb_teletext")


def answer(job: dict[str, Any], pipe: int) -> None:
    """Read the whole file once and tell everything but its pictures.

    Raises:
        InputError: there is nothing in it that can be decoded.
        LimitError: a cap was passed.
    """
    container = open_container(job)
    pulse = Pulse(pipe)
    picture, sound = picture_stream(container, job), sound_stream(container)
    text, no_text = text_stream(container, job["name"])
    streams = [stream for stream in (picture, sound, text) if stream is not None]
    zero_s = clock_zero_s([stream for stream in (picture, sound) if stream is not None])
    ears = Ears(job, pipe, zero_s)
    eyes = Eyes(job, zero_s)
    for packet in packets(container, streams, pulse) if streams else ():
        if packet.stream is picture:
            eyes.take(packet)
        elif packet.stream is sound:
            ears.take(packet)
        elif packet.size:
            send_cues(packet, zero_s, pipe)
    ears.finish()
    for warning in (ears.tally.warning("audio"), eyes.warning()):
        if warning is not None:
            wire.send(pipe, {"kind": "warning", "text": warning})
    facts = {
        "kind": "facts",
        "zero_s": zero_s,
        "picture": eyes.facts(ears.samples > 0) if eyes.seen else None,
        "no_picture": why_no_picture(container, picture, job["name"]),
        "no_sound": why_no_sound(container, sound, job["name"]),
        "no_text": no_text,
    }
    if not eyes.seen and not ears.samples and text is None:
        raise InputError(f"Nothing in {job['name']} can be used: {reasons(facts)}.")
    wire.send(pipe, facts)


def clock_zero_s(streams: list[Any]) -> float:
    """Where the clip's clock starts: the earliest start of its pictures and its sound."""
    starts = [seconds(stream.start_time, stream, 0.0) for stream in streams]
    return min((start for start in starts if start is not None), default=0.0)


@dataclass
class Ears:
    """Turns sound into mono at 16 kHz, with silence where the file leaves a hole, and sends it."""

    job: dict[str, Any]
    pipe: int
    zero_s: float
    tally: Tally = field(default_factory=Tally)
    samples: int = 0

    def __post_init__(self) -> None:
        self.rate_hz = int(self.job["sound_rate_hz"])
        self.resampler = self._fresh()

    def _fresh(self) -> AudioResampler:
        # 32-bit integers: for floats FFmpeg would not scale a downmix back to full scale.
        return AudioResampler(format="s32", layout="mono", rate=self.rate_hz)

    @property
    def written_s(self) -> float:
        """Seconds of sound so far."""
        return self.samples / self.rate_hz

    def take(self, packet: Any) -> None:
        """Decode one packet."""
        broken = False
        for frame in decode(packet, self.tally):
            broken |= silenced(frame)
            self._fill_hole(frame)
            self._send(self.resampler.resample(frame))
        self.tally.bad += broken

    def finish(self) -> None:
        """Send what the resampler still holds."""
        if self.samples:
            self._send(self.resampler.resample(None))

    def _fill_hole(self, frame: Any) -> None:
        if frame.time is None:
            return
        hole_s = float(frame.time) - self.zero_s - self.written_s
        if hole_s < _GAP_S:
            return
        check_duration(self.written_s + hole_s, self.job)
        if self.samples:
            self._send(self.resampler.resample(None))
            self.resampler = self._fresh()
        silent = round((float(frame.time) - self.zero_s) * self.rate_hz) - self.samples
        wire.send(self.pipe, {"kind": "silence", "samples": silent})
        self.samples += silent

    def _send(self, frames: list[Any]) -> None:
        for frame in frames:
            self.samples += frame.samples
            payload = memoryview(frame.planes[0])[: 4 * frame.samples]
            for start in range(0, payload.nbytes, _PIECE_BYTES):
                wire.send(self.pipe, {"kind": "sound"}, payload[start : start + _PIECE_BYTES])
        check_duration(self.written_s, self.job)


def silenced(frame: Any) -> bool:
    """Whether samples were NaN, infinite or near it; FFmpeg would make them full scale."""
    size = _FLOAT_BYTES.get(frame.format.packed.name)
    if size is None:
        return False
    channels = 1 if frame.format.is_planar else frame.layout.nb_channels
    planes = [memoryview(plane)[: frame.samples * channels * size] for plane in frame.planes]
    # Sign and highest exponent bits of a little-endian float: all of the exponent's are set.
    tops = [bytes(plane)[size - 1 :: size] for plane in planes]
    if not any(b"\x7f" in top or b"\xff" in top for top in tops):
        return False
    for plane in planes:
        plane[:] = bytes(len(plane))
    return True


@dataclass
class Eyes:
    """Decodes the first picture and notes the times of all others."""

    job: dict[str, Any]
    zero_s: float
    tally: Tally = field(default_factory=Tally)
    count: int = 0
    first_s: float | None = None
    last_s: float = 0.0
    end_s: float = 0.0
    declared_s: float = 0.0
    nominal_hz: float = 0.0
    seen: dict[str, Any] | None = None

    def take(self, packet: Any) -> None:
        """Note one packet; decode it only as long as no picture was seen."""
        stamp = packet.pts if packet.pts is not None else packet.dts
        if packet.size and not packet.is_discard:
            self.count += 1
            self._note(seconds(stamp, packet.stream, self.zero_s), packet)
        if self.seen is None:
            for frame in decode(packet, self.tally)[:1]:
                self._look(frame, packet)

    def _note(self, time_s: float | None, packet: Any) -> None:
        stream = packet.stream
        declared_s = seconds(stream.duration, stream, 0.0)
        self.declared_s = declared_s or 0.0
        if time_s is None:
            return
        check_duration(time_s, self.job)
        length_s = seconds(packet.duration, stream, 0.0) or 0.0
        self.first_s = time_s if self.first_s is None else min(self.first_s, time_s)
        self.last_s = max(self.last_s, time_s)
        self.end_s = max(self.end_s, time_s + min(length_s, 10.0))

    def _look(self, frame: Any, packet: Any) -> None:
        check_pixels(frame.width, frame.height, self.job)
        length_s = seconds(packet.duration, packet.stream, 0.0)
        self.nominal_hz = 1 / length_s if length_s else float(packet.stream.average_rate or 0)
        stretch = stretch_of(packet.stream.codec_context.sample_aspect_ratio)
        self.seen = {
            "stretch": stretch,
            "pose": pose.read_pose(frame, bytes(packet)),
            "size": shown_size(frame.width, frame.height, stretch, None),
        }

    def facts(self, has_sound: bool) -> dict[str, Any]:
        """What the parent needs to know to ask for frames."""
        assert self.seen is not None
        length_s = self.last_s - (self.first_s or 0.0)
        still = self.count <= 1 and not has_sound
        rate_hz = (self.count - 1) / length_s if length_s > 0 else 0.0
        end_s = self.end_s
        if self.first_s is None and self.count > 1:  # packets without times, as in raw H.264
            rate_hz = self.nominal_hz or UNTIMED_HZ
            end_s = self.count / rate_hz
        end_s = 0.0 if still else max(end_s, self.last_s + (1 / rate_hz if rate_hz else 0.0))
        return {**self.seen, "rate_hz": rate_hz, "still": still, "end_s": end_s}

    def warning(self) -> str | None:
        """A sentence when there is less picture than the file promises."""
        lost_s = self.declared_s - self.end_s
        if self.seen is None or lost_s < max(0.2, 0.02 * self.declared_s):
            return None
        return f"The picture ends at {self.end_s:.1f} s of {self.declared_s:.1f} s."


def text_stream(container: Any, name: str) -> tuple[Any | None, str]:
    """The first subtitle stream of text that can be decoded, or why there is none."""
    found = container.streams.subtitles
    for stream in found:
        context = stream.codec_context
        if context is not None and context.name not in _PICTURE_SUBTITLES:
            return stream, ""
    return None, f"{name} has {'only subtitles that are pictures' if found else 'no subtitles'}"


def send_cues(packet: Any, zero_s: float, pipe: int) -> None:
    """Send the subtitles of one packet, markup still in."""
    start_s = seconds(packet.pts, packet.stream, zero_s)
    length_s = seconds(packet.duration, packet.stream, 0.0)
    if start_s is None or length_s is None:
        return
    for part in decode(packet, Tally()):
        text = getattr(part, "dialogue", b"") or getattr(part, "text", b"")
        header = {"kind": "cue", "start_s": start_s, "end_s": start_s + length_s}
        wire.send(pipe, {**header, "text": text.decode("utf-8", "replace")[:10_000]})


def why_no_picture(container: Any, picture: Any | None, name: str) -> str:
    """The reason that is given when no picture was seen."""
    if picture is not None:
        return f"not one frame of {name}'s video could be decoded"
    if not container.streams.video:
        return f"{name} has no video stream"
    if any(stream.codec_context is None for stream in container.streams.video):
        return f"{name}'s video is in a codec that cannot be decoded here"
    return f"{name} has no video stream, only a cover picture or tiles of one"


def why_no_sound(container: Any, sound: Any | None, name: str) -> str:
    """The reason that is given when no sound was heard."""
    if sound is not None:
        return f"nothing of {name}'s sound could be decoded"
    if not container.streams.audio:
        return f"{name} has no audio stream"
    return f"{name}'s sound is in a codec that cannot be decoded here"


def reasons(facts: dict[str, Any]) -> str:
    """Why each part is missing, in one line."""
    return "; ".join(facts[key] for key in ("no_picture", "no_sound", "no_text") if facts[key])
