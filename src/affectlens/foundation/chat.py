"""`Message` and `Reply`: what is said to a chat model and what it says, as OpenAI's API does it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from affectlens.foundation.missing import Missing

Medium = Literal["picture", "sound"]

_THOUGHT, _THOUGHT_END = "<think>", "</think>"
_QUOTED = 200  # characters of a server's own words that a reason repeats


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file's bytes."""

    data: bytes
    kind: Literal["image/jpeg", "image/png", "image/webp"] = "image/jpeg"

    def url(self) -> str:
        """The picture as a data URL."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Sound:
    """A WAV file's bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: text, or texts, pictures and sounds in their order."""

    role: Literal["system", "user", "assistant"]
    content: str | tuple[str | Picture | Sound, ...]

    def as_json(self) -> dict[str, Any]:
        """As the API wants it; plain text stays plain, which every server understands."""
        if isinstance(self.content, str):
            return {"role": self.role, "content": self.content}
        return {"role": self.role, "content": [_part(part) for part in self.content]}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said, and what the server says of itself."""

    text: str
    model: str = ""  # the name that the server reports, which may differ from the one asked for
    fingerprint: str = ""  # `system_fingerprint`: changes when the server's setup does


def conversation(prompt: str) -> tuple[Message, ...]:
    """A single user turn; what stands before it is up to the model's own template."""
    return (Message("user", prompt),)


def media(messages: Sequence[Message]) -> frozenset[Medium]:
    """What messages show beside texts."""
    parts = [part for message in messages for part in message.content]
    kinds: dict[Medium, type] = {"picture": Picture, "sound": Sound}
    return frozenset(
        medium for medium, kind in kinds.items() if any(isinstance(part, kind) for part in parts)
    )


def read(raw: bytes) -> Reply | Missing:
    """The reply in the body of an answer; refused, filtered, cut off and empty ones are Missing.

    Raises:
        ValueError: it is something else, such as a web page.
    """
    try:
        data = json.loads(raw)
        choice = data["choices"][0]
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
        ending = choice.get("finish_reason")
    except (ValueError, RecursionError, KeyError, IndexError, TypeError, AttributeError):
        raise ValueError(f"the answer is no chat completion: {error_in(raw)}") from None
    if refusal:
        return Missing(f"the model refused: {_short(str(refusal))}")
    if ending == "content_filter":
        return Missing("the server's content filter withheld the reply")
    if ending == "length":
        return Missing("the reply was cut off: max_tokens, or the model's context, is too small")
    if content is not None and not isinstance(content, str):
        raise ValueError("the answer is no chat completion: its content is no text")
    text = said(content or "")
    if isinstance(text, Missing):
        return text
    return Reply(text, _word(data, "model"), _word(data, "system_fingerprint"))


def said(text: str) -> str | Missing:
    """A model's words without the thoughts before them; Missing when there are none."""
    text = text.encode(errors="replace").decode()  # half a surrogate pair is no text
    if text.lstrip().startswith(_THOUGHT) and _THOUGHT_END not in text:
        return Missing("the reply was cut off while the model was thinking")
    # Templates may write the beginning of a thought themselves, so that only its end is here.
    _, end, rest = text.partition(_THOUGHT_END)
    spoken = rest if end else text
    return spoken if spoken.strip() else Missing("the reply is empty")


def error_in(raw: bytes) -> str:
    """What a server says went wrong, short: OpenAI's form, others' forms, or the text itself."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return _short(raw[: 4 * _QUOTED].decode(errors="replace")) or "nothing"
    found = data.get("error", data.get("detail", data)) if isinstance(data, Mapping) else data
    if isinstance(found, Mapping):
        found = found.get("message", found)
    return _short(found if isinstance(found, str) else json.dumps(found)) or "nothing"


def body(model: str, messages: Sequence[Message], **settings: float) -> dict[str, Any]:
    """The request of a completion."""
    turns = [message.as_json() for message in messages]
    return {"model": model, "messages": turns, **settings, "stream": False}


def _part(part: str | Picture | Sound) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if isinstance(part, Sound):
        data = base64.b64encode(part.data).decode("ascii")
        return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}
    return {"type": "image_url", "image_url": {"url": part.url()}}


def _word(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _QUOTED else plain[: _QUOTED - 1] + "…"
