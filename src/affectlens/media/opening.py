"""From any file to a `Clip`: the first stage of the line."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from affectlens.foundation.errors import AffectlensError, ConfigError, InputError, LimitError
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media import subtitles as reader
from affectlens.media.child import Child, Decoder
from affectlens.media.clip import SOUND_RATE_HZ, Clip, Cue
from affectlens.media.limits import Limits
from affectlens.media.shared import STILLS, Shared
from affectlens.media.sound import SpooledSound
from affectlens.media.source import Identity, identity_of, opened, refuse_pointers, sha256_of
from affectlens.media.video import DecodedVideo

_Cues = tuple[tuple[Cue, ...], list[str]]
_Parser = Callable[[bytes, str], _Cues]
_TEXT_PARSERS: dict[str, _Parser] = {
    ".srt": reader.parse_cues,
    ".vtt": reader.parse_cues,
    ".txt": reader.parse_plain,
}
_FULL_SCALE = np.float32(2**31)


def side_cars(path: Path) -> list[Path]:
    """Subtitle files of the same stem beside a file, the one that is preferred first."""
    candidates = [path.with_suffix(suffix) for suffix in (".srt", ".vtt")]
    return [one for one in candidates if one != path and one.is_file()]


def open_clip(
    path: Path,
    *,
    limits: Limits | None = None,
    subtitles: Path | None = None,
    words: str | None = None,
    stills: Shared | None = None,
) -> Clip:
    """Open a video, sound, picture or text file.

    All sound is decoded now, in a child process, and spooled; pictures are decoded when asked for.
    Subtitles come from `subtitles`, else from an .srt or .vtt of the same stem beside the file,
    else from the file itself. `words`, what is said in all of it without times, stands in place of
    any subtitles, as one cue; empty, nothing is said. `stills` decodes a picture, for who opens
    many of them; all else has a decoder of its own.

    Raises:
        ConfigError: both subtitles and words are given.
        InputError: it is no regular local file, or nothing in it can be used.
        LimitError: it passes one of the limits.
    """
    path, limits = Path(path), limits or Limits()
    identity = identity_of(path)
    parser = _TEXT_PARSERS.get(path.suffix.lower())
    if words is not None and subtitles is not None:
        raise ConfigError(f"{path.name}: what is said is given twice, as subtitles and as words.")
    if parser is not None:
        clip = _open_text(path, identity, parser)
    else:
        is_still = stills is not None and path.suffix.lower() in STILLS
        decoder = stills if stills is not None and is_still else Child
        given = None if subtitles is None else read_cues(subtitles)
        clip = _open_media(path, identity, limits, decoder, given, beside=words is None)
    return clip if words is None else replace(clip, subtitles=_spoken(words, clip))


def _open_media(
    path: Path,
    identity: Identity,
    limits: Limits,
    decoder: Decoder,
    given: _Cues | None,
    *,
    beside: bool,
) -> Clip:
    """A clip of pictures, sound or both; `beside` allows for subtitles beside the file."""
    with opened(path, identity) as file:
        refuse_pointers(file, path.name)
        job = {"task": "survey", "sound_rate_hz": SOUND_RATE_HZ}
        findings = Findings(path.name)
        child = decoder(job, file=file, name=path.name, limits=limits)
        for header, payload in child.messages():
            findings.take(header, payload)
        sha256 = sha256_of(file)
    if given is None and beside:
        given = findings.beside(path)
    clip = findings.clip(path, sha256, identity, limits, given)
    video = clip.video
    if decoder is Child or not isinstance(video, DecodedVideo) or not video.still:
        return clip
    return replace(clip, video=replace(video, decoder=decoder))


def _spoken(words: str, clip: Clip) -> tuple[Cue, ...]:
    """What is said as one cue over the clip; a picture's is a moment long."""
    if len(words) > reader.MOST_BYTES:
        raise LimitError(
            f"{clip.name}: its words are {len(words)} letters, at most {reader.MOST_BYTES} are "
            "read. Split the file."
        )
    cue = reader.make_cue(Span(0.0, clip.duration_s), words)
    return (replace(cue, words=()),) if cue.text else ()


def read_cues(path: Path) -> tuple[tuple[Cue, ...], list[str]]:
    """The cues of an SRT or VTT file, and warnings.

    Raises:
        InputError: it cannot be read as such.
        LimitError: it is larger than any subtitles are.
    """
    return reader.parse_cues(_read_start(path, identity_of(path)), path.name)


def _read_start(path: Path, identity: Identity) -> bytes:
    """The file's bytes, one more than any subtitles may have at most."""
    with opened(path, identity) as file, os.fdopen(os.dup(file), "rb") as content:
        return content.read(reader.MOST_BYTES + 1)


def _open_text(path: Path, identity: Identity, parser: _Parser) -> Clip:
    """A clip of words alone."""
    cues, warnings = parser(_read_start(path, identity), path.name)
    with opened(path, identity) as file:
        sha256 = sha256_of(file)
    return Clip(
        name=path.name,
        path=path,
        sha256=sha256,
        duration_s=max((cue.span.end_s for cue in cues), default=0.0),
        video=Missing(f"{path.name} is text without pictures"),
        sound=Missing(f"{path.name} is text without sound"),
        subtitles=cues,
        warnings=tuple(warnings),
    )


@dataclass
class Findings:
    """What the decoder's survey of a file told so far."""

    name: str
    sound: SpooledSound = field(default_factory=SpooledSound)
    cues: list[Cue] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def take(self, header: dict[str, Any], payload: bytearray) -> None:
        """Note one answer."""
        match header["kind"]:
            case "sound":
                samples_S = np.frombuffer(payload, np.int32).astype(np.float32) / _FULL_SCALE
                self.sound.append(samples_S)
            case "silence":
                self.sound.append_silence(int(header["samples"]))
            case "cue":
                self._take_cue(header)
            case "warning":
                self.warnings.append(str(header["text"]))
            case "facts":
                self.facts = header

    def _take_cue(self, header: dict[str, Any]) -> None:
        start_s, end_s = float(header["start_s"]), float(header["end_s"])
        cue = reader.make_cue(Span(max(0.0, start_s), max(0.0, start_s, end_s)), header["text"])
        if cue.text and len(self.cues) < reader.MOST_CUES:
            self.cues.append(cue)

    def beside(self, path: Path) -> tuple[tuple[Cue, ...], list[str]] | None:
        """Subtitles of the same stem beside the file; unusable ones are only warned of."""
        for neighbour in side_cars(path):
            try:
                return read_cues(neighbour)
            except AffectlensError as error:
                self.warnings.append(f"Subtitles beside the file were not used: {error}")
        return None

    def clip(
        self,
        path: Path,
        sha256: str,
        identity: Identity,
        limits: Limits,
        given: tuple[tuple[Cue, ...], list[str]] | None,
    ) -> Clip:
        """The clip that they make."""
        if not self.facts:
            raise InputError(f"{self.name} cannot be decoded: the decoder did not say what it is.")
        cues, more_warnings = given or (tuple(sorted(self.cues, key=lambda c: c.span)), [])
        video = self._video(path, identity, limits)
        heard = self.sound.duration_s > 0
        seen_s = float(self.facts["picture"]["end_s"]) if self.facts["picture"] else 0.0
        words_s = max((cue.span.end_s for cue in cues), default=0.0)
        whole_s = max(seen_s, self.sound.duration_s)
        return Clip(
            name=self.name,
            path=path,
            sha256=sha256,
            duration_s=whole_s or (0.0 if self.facts["picture"] else words_s),
            video=video,
            sound=self.sound if heard else Missing(str(self.facts["no_sound"])),
            subtitles=cues
            or Missing(str(self.facts["no_text"]) or f"{self.name} has no subtitles"),
            warnings=tuple(self.warnings + more_warnings),
        )

    def _video(self, path: Path, identity: Identity, limits: Limits) -> DecodedVideo | Missing:
        seen = self.facts["picture"]
        if seen is None:
            return Missing(str(self.facts["no_picture"]))
        swap, mirror, flip = map(bool, seen["pose"])
        width, height = map(int, seen["size"])
        return DecodedVideo(
            width=height if swap else width,
            height=width if swap else height,
            rate_hz=float(seen["rate_hz"]),
            still=bool(seen["still"]),
            path=path,
            identity=identity,
            limits=limits,
            zero_s=float(self.facts["zero_s"]),
            stretch=float(seen["stretch"]),
            pose=(swap, mirror, flip),
        )
