"""What `affectlens chat` does once its command line is read; imports what is heavy."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from affectlens.analyzer.conversation import Conversation, converse
from affectlens.analyzer.settings import Settings
from affectlens.cli import _analyze
from affectlens.cli._analyze import PARTIAL
from affectlens.cli.terminal import bars, console, speak
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing

_LEAVE = frozenset({"/quit", "/exit"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """What the conversation is about."""

    path: Path
    questions: Sequence[str] | None
    person: str | None
    subtitles: Path | None
    offline: bool


def run(opening: Opening, settings: Settings) -> int:
    """Talk until the questions end; gives the exit code."""
    if not opening.path.is_file():
        raise InputError(f"{opening.path} is no file: give a video, sound, picture or text.")
    _analyze.prepare(settings, offline=opening.offline)
    with bars() as progress:
        conversation = converse(
            opening.path,
            settings,
            person=opening.person,
            subtitles=opening.subtitles,
            progress=progress,
        )
    _say_what_is_missing(conversation)
    failed = [q for q in opening.questions or _typed() if not _answered(conversation, _legible(q))]
    return PARTIAL if failed else 0


def _answered(conversation: Conversation, question: str) -> bool:
    """Answer one question; one that cannot be answered costs itself only."""
    try:
        for piece in conversation.ask(question):
            speak(piece)
    except InputError as error:
        console().print(f"[red]error[/]: {escape(str(error))}")
        return False
    speak("\n")
    return True


def _legible(question: str) -> str:
    """Bytes that are no UTF-8, as the system hands them over, become question marks."""
    return question.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _typed() -> Iterator[str]:
    """Questions from the keyboard or a pipe, until its end or /quit."""
    asked = sys.stdin.isatty()
    if asked:
        console().print("Ask about the clip; /quit or Ctrl-D ends.", markup=False)
    while True:
        if asked:
            console().print("> ", end="", markup=False)
        line = sys.stdin.buffer.readline().decode("utf-8", "replace")
        if not line or line.strip() in _LEAVE:
            return
        if line.strip():
            yield line.strip()


def _say_what_is_missing(conversation: Conversation) -> None:
    """What the model cannot see or hear, so that nobody reads an answer as if it could."""
    for name, found in conversation.shown.features.items():
        if isinstance(found, Missing):
            console().print(f"without the stream {name}: {found.reason}", markup=False)
