"""A model that is served elsewhere: it sees frames and reads words; it hears nothing.

What is said comes from the corpus, else from our own speech recognition on this machine.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

import affectlens
from affectlens.analyzer.settings import Settings
from affectlens.corpora.corpus import Sample
from affectlens.evaluation import extract
from affectlens.evaluation.asking.shown import Shown, heeding, shown
from affectlens.evaluation.outcome import Prediction
from affectlens.evaluation.subject import Ask, Question, Subject
from affectlens.foundation.chat import Message, Picture, Reply
from affectlens.foundation.endpoint import Client
from affectlens.foundation.endpoint_settings import Endpoint
from affectlens.foundation.errors import AffectlensError, ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.responses import Responses, complete_all
from affectlens.media.clip import Clip, Frame
from affectlens.media.opening import open_clip
from affectlens.model import parsing
from affectlens.model.pools import label_question
from affectlens.perception.percepts import Transcript
from affectlens.perception.speech import hear
from affectlens.perception.words import transcribe

STAGE = "samples"
_SAID = "The subtitle of this video is: {}. "
# AffectGPT's questions for labels of any kind and for reasons; the Chinese ones are ours.
_ASKED = {
    "labels": {
        "en": "Please recognize all possible emotional states of the character.",
        "zh": "请识别视频中人物所有可能的情绪状态。",
    },
    "explanation": {
        "en": "Please infer the person's emotional state and provide your reasoning process.",
        "zh": "请推断人物的情绪状态，并给出推理过程。",
    },
}
_JPEG_QUALITY = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What is shown of a clip."""

    frames: int = 8  # evenly over its time
    max_side: int = 512  # of a frame, in pixels

    def __post_init__(self) -> None:
        if min(self.frames, self.max_side) < 1:
            raise ConfigError(
                f"frames and max_side are at least 1, got {self.frames} and {self.max_side}."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Where the model is, and what it is shown."""

    endpoint: Endpoint | None = None  # there is none that goes without saying
    view: View = field(default_factory=View)
    batch_size: int = 8
    settings: Settings = field(default_factory=Settings)  # limits, and how speech is recognized
    responses: Path | None = None  # where replies are kept; None: in the cache folder

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ConfigError(f"A batch is of 1 clip or more, got {self.batch_size}.")


@dataclass(frozen=True, slots=True)
class Served:
    """Asks the server of a batch of clips at a time."""

    config: Config
    endpoint: Endpoint

    @property
    def identity(self) -> Mapping[str, Any]:
        """Who is asked, and what is shown."""
        voice = self.config.settings.perception.voice
        return {
            "kind": "endpoint",
            "endpoint": self.endpoint.identity,
            "temperature": self.endpoint.temperature,
            "max_tokens": self.endpoint.max_tokens,
            "frames": self.config.view.frames,
            "max_side": self.config.view.max_side,
            "words": {"transcriber": voice.transcriber, "language": voice.language},
            "affectlens": affectlens.__version__,
        }

    def notes(self, question: Question) -> Sequence[str]:
        """What it is not shown."""
        found = [
            f"{self.endpoint.model} saw {self.config.view.frames} frames of each clip and read the "
            "words; it heard nothing."
        ]
        if self.endpoint.temperature > 0:
            found.append("It was asked at a temperature above 0: another run differs.")
        return found

    def predict(
        self, samples: Sequence[Sample], question: Question, *, progress: Progress = silent
    ) -> Iterator[list[Prediction]]:
        """A batch after the other, in order."""
        _check(question)
        size = self.config.batch_size
        with Client(self.endpoint) as client, TemporaryDirectory(prefix="affectlens-") as folder:
            for first in range(0, len(samples), size):
                batch = samples[first : first + size]
                yield self._predicted(client, batch, question, Path(folder), first)
                progress(STAGE, min(1.0, (first + size) / len(samples)))

    def _predicted(
        self,
        client: Client,
        batch: Sequence[Sample],
        question: Question,
        folder: Path,
        first: int,
    ) -> list[Prediction]:
        seen = [self._seen(s, question, folder, n) for n, s in enumerate(batch, first)]
        tasks = _tasks(question)
        requests = [
            [_message(one, task, question)]
            for one in seen
            if not isinstance(one, Missing)
            for task in tasks
        ]
        kept = Responses(self.config.responses) if self.config.responses else Responses.usual()
        replies = iter(complete_all(client, requests, responses=kept))
        found = []
        for sample, one in zip(batch, seen, strict=True):
            if isinstance(one, Missing):
                found.append(Prediction(id=sample.id, failure=one))
            else:
                mine = {task: next(replies) for task in tasks}
                found.append(_read(Prediction(id=sample.id), mine, question))
        return found

    def _seen(
        self, sample: Sample, question: Question, folder: Path, number: int
    ) -> tuple[str | Picture, ...] | Missing:
        """The frames and words of a sample."""
        given = shown(sample, question.words, folder, number)
        if isinstance(given, Missing):
            return given
        try:
            return self._opened(given, heeding(self.config.settings, question))
        except AffectlensError as error:
            return Missing(str(error))
        except Exception as error:  # noqa: BLE001 - as in `analyzer.batch.work`
            return Missing(f"{type(error).__name__}: {error}")

    def _opened(self, given: Shown, settings: Settings) -> tuple[str | Picture, ...] | Missing:
        clip = open_clip(given.path, limits=settings.limits, words=given.words)
        pictures = [_jpeg(frame) for frame in self._frames(clip)]
        voice = settings.perception.voice
        listens = voice.words == "speech" or isinstance(clip.subtitles, Missing)
        speech = hear(clip, voice).speech if listens and voice.words != "none" else ()
        words = transcribe(clip, speech, voice)
        said = _text(words)
        if not pictures and not said:
            return Missing(f"{clip.name} has neither pictures nor words")
        return (*pictures, _SAID.format(said) if said else "")

    def _frames(self, clip: Clip) -> Sequence[Frame]:
        if isinstance(clip.video, Missing):
            return ()
        count = 1 if clip.video.still else self.config.view.frames
        times_s = [(i + 0.5) * clip.duration_s / count for i in range(count)]
        return clip.video.at(times_s, max_side=self.config.view.max_side)


def _check(question: Question) -> None:
    if question.language not in _ASKED["labels"]:
        known = ", ".join(_ASKED["labels"])
        raise ConfigError(f"Questions are in {known}; got {question.language!r}.")


def _tasks(question: Question) -> list[Ask]:
    """What is asked, one request each."""
    order: tuple[Ask, ...] = ("label", "labels", "explanation")
    found = [ask for ask in order if ask in question.asks]
    return found if question.space is not None else [ask for ask in found if ask != "label"]


def _message(seen: tuple[str | Picture, ...], task: Ask, question: Question) -> Message:
    *pictures, said = seen
    if task == "label" and question.space is not None:
        asked = label_question(question.space, question.language)
    else:
        asked = _ASKED[task][question.language]
    text = f"{said}{asked}"
    return Message("user", (*pictures, text) if pictures else text)


def _read(
    found: Prediction, replies: Mapping[Ask, Reply | Missing], question: Question
) -> Prediction:
    """What the replies say; the answer is that to what was asked first."""
    texts = {
        task: reply if isinstance(reply, Missing) else reply.text.strip()
        for task, reply in replies.items()
    }
    read: dict[str, Any] = {"answer": next(iter(texts.values()), found.answer)}
    for task, text in texts.items():
        if isinstance(text, Missing) or task == "explanation":
            read[task] = text
        elif task == "labels":
            read[task] = extract.labels_of(text)
        elif question.space is not None:
            read[task] = parsing.label(text, question.space)
    return replace(found, **read)


def _text(words: Transcript | Missing) -> str:
    sentences = () if isinstance(words, Missing) else words.sentences
    return " ".join(sentence.text.strip() for sentence in sentences)


def _jpeg(frame: Frame) -> Picture:
    target = io.BytesIO()
    Image.fromarray(frame.rgb_HWC).save(target, "JPEG", quality=_JPEG_QUALITY)
    return Picture(target.getvalue())


def build(config: Config) -> Subject:
    """The model behind an endpoint.

    Raises:
        ConfigError: there is no endpoint.
    """
    if config.endpoint is None:
        raise ConfigError("A served model wants its address and its name, as the server calls it.")
    return Served(config, config.endpoint)
