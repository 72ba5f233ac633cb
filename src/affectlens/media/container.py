"""A file opened by FFmpeg under caps, and its streams chosen; for the decoder's process only."""

import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import av
import av.error
from av.stream import Disposition

from affectlens.foundation.errors import LimitError
from affectlens.media import wire

# Demuxers that open other files or addresses, run scripts, read devices or take anything for text.
REFUSED_FORMATS = frozenset(
    {
        "adf", "alias_pix", "alsa", "avfoundation", "avisynth", "bin", "brender_pix", "concat",
        "dash", "data", "decklink", "dshow", "dvdvideo", "fbdev", "ffmetadata", "gdigrab", "hls",
        "idf", "iec61883", "image2", "image2pipe", "imf", "jack", "kmsgrab", "lavfi", "libcdio",
        "openal", "oss", "pulse", "rawvideo", "rtp", "rtsp", "sap", "sdp", "sndio", "svg_pipe",
        "tty", "v4l2", "vapoursynth", "vfwcap", "video4linux2", "vobsub", "webm_dash_manifest",
        "x11grab", "xbin",
    }
)  # fmt: skip
_NOT_THE_PICTURE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.dependent
_LARGE_PIXELS = 1920 * 1088  # up to here one thread decodes several times faster than real time
_ALIVE_EVERY_S = 1.0


@dataclass
class Tally:
    """How many packets of a stream came, and how many of them gave nothing."""

    packets: int = 0
    bad: int = 0

    def warning(self, what: str) -> str | None:
        """A sentence when something was lost."""
        if not self.bad:
            return None
        return f"{self.bad} of {self.packets} {what} packets could not be decoded."


@dataclass
class Pulse:
    """Tells the parent about once a second that work goes on."""

    pipe: int
    last_s: float = field(default_factory=time.monotonic)

    def beat(self) -> None:
        """Send a sign of life if none was sent lately."""
        now_s = time.monotonic()
        if now_s - self.last_s > _ALIVE_EVERY_S:
            wire.send(self.pipe, {"kind": "alive"})
            self.last_s = now_s


def open_container(job: dict[str, Any]) -> Any:
    """Open the job's descriptor and check streams, duration and pixels before anything is decoded.

    Raises:
        LimitError: one of these caps is passed.
        av.error.FFmpegError: FFmpeg cannot read it.
    """
    known = {name for names in av.formats_available for name in names.split(",")}
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(sorted(known - REFUSED_FORMATS)),
    }
    check_pixels(*png_size(os.pread(job["file"], 24, 0)), job)
    os.lseek(job["file"], 0, os.SEEK_SET)  # /dev/fd shares the position on some systems
    container = av.open(f"/dev/fd/{job['file']}", options=options, metadata_errors="replace")
    check_caps(container, job)
    return container


def png_size(start: bytes) -> tuple[int, int]:
    """The size that a PNG claims, (0, 0) for other files: FFmpeg hides sizes it finds too large."""
    if not start.startswith(b"\x89PNG\r\n\x1a\n") or len(start) < 24:
        return 0, 0
    width, height = struct.unpack_from(">II", start, 16)
    return width, height


def check_caps(container: Any, job: dict[str, Any]) -> None:
    """Compare what the file says of itself with the limits."""
    name, limits = job["name"], job["limits"]
    if len(container.streams) > limits["streams"]:
        raise LimitError(
            f"{name} has {len(container.streams)} streams, at most {limits['streams']} are allowed."
        )
    check_duration((container.duration or 0) / av.time_base, job)
    for stream in container.streams.video:
        if stream.codec_context is not None:
            check_pixels(stream.codec_context.width, stream.codec_context.height, job)


def check_duration(seconds: float, job: dict[str, Any]) -> None:
    """Refuse what is longer than allowed."""
    most_s = job["limits"]["duration_s"]
    if seconds > most_s:
        raise LimitError(
            f"{job['name']} says it lasts {seconds:.0f} s, at most {most_s:.0f} s are allowed."
            " Cut it, or raise duration_s."
        )


def check_pixels(width: int, height: int, job: dict[str, Any]) -> None:
    """Refuse pictures that are larger than allowed."""
    most = job["limits"]["pixels"]
    if width * height > most:
        raise LimitError(
            f"{job['name']} has pictures of {width}×{height} pixels, at most {most} pixels are"
            " allowed. Make it smaller, or raise pixels."
        )


def picture_stream(container: Any, job: dict[str, Any]) -> Any | None:
    """The first video stream that is no cover, thumbnail or tile and has a decoder; else None."""
    for stream in container.streams.video:
        if stream.codec_context is None or stream.disposition & _NOT_THE_PICTURE:
            continue
        context = stream.codec_context
        large = context.width * context.height > _LARGE_PIXELS
        # Frame threads cost more processor time per frame than they save at ordinary sizes.
        context.thread_type = "FRAME" if large else "SLICE"
        context.thread_count = 2 if large else 1
        context.options = {"max_pixels": str(job["limits"]["pixels"])}
        return stream
    return None


def sound_stream(container: Any) -> Any | None:
    """The first sound stream that has a decoder, one marked as default before others."""
    usable = [s for s in container.streams.audio if s.codec_context is not None]
    usable.sort(key=lambda stream: not stream.disposition & Disposition.default)
    return usable[0] if usable else None


def packets(container: Any, streams: list[Any], pulse: Pulse) -> Iterator[Any]:
    """Packets of these streams to the end, or to where the file cannot be read on."""
    try:
        for packet in container.demux(*streams):
            pulse.beat()
            yield packet
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError:
        for stream in streams:  # give out what the decoders still hold
            yield _last_packet(stream)


def _last_packet(stream: Any) -> Any:
    """The empty packet that ends a stream."""
    packet = av.Packet()
    packet.stream = stream
    return packet


def decode(packet: Any, tally: Tally) -> list[Any]:
    """What one packet gives; nothing, and counted, when it is damaged."""
    tally.packets += bool(packet.size)
    try:
        return list(packet.decode())
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError:
        tally.bad += bool(packet.size)
        return []


def seconds(stamp: int | None, stream: Any, zero_s: float) -> float | None:
    """A timestamp of a stream on the clip's clock."""
    return None if stamp is None else float(stamp * stream.time_base) - zero_s
