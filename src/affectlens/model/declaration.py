"""`System`: what makes the one model class a published model: streams, prompt, language, LoRA.

Everything here is plain values, cheap to list and to store; nothing heavy is imported.
"""

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from affectlens.encoders.encoder import Source
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.part import Part
from affectlens.model import pools

GROUP = "model.systems"
TEXT_FIELDS = frozenset({"subtitle", "task", "question", "clues"})
EOS = "{eos}"  # in what ends an answer: the tokenizer's own end-of-sequence token
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """A run of tokens in the prompt: sources, joined by a connector."""

    name: str
    sources: tuple[Source, ...]
    connector: Part

    def as_json(self) -> dict[str, Any]:
        """Plain values; `from_json` reads them."""
        sources = [source.as_json() for source in self.sources]
        return {"name": self.name, "sources": sources, "connector": self.connector.as_json()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Stream":
        """What `as_json` gave."""
        sources = tuple(Source.from_json(source) for source in data["sources"])
        return Stream(
            name=data["name"], sources=sources, connector=Part.from_json(data["connector"])
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Lora:
    """Low-rank adaption of the language model, in PEFT's terms."""

    rank: int
    alpha: int
    targets: tuple[str, ...]
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.rank < 1 or not 0 <= self.dropout < 1 or not self.targets:
            raise ConfigError(
                "LoRA has a rank of 1 or more, a dropout from 0 up to 1 and the names of one layer "
                f"or more as targets; got rank {self.rank}, dropout {self.dropout} and targets "
                f"{list(self.targets)}."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How one turn is written around what is asked.

    `first` and `later` are the sentences of a conversation's first and later turns, written one
    behind the other as they stand, blanks included. In them `{name}` is a stream's tokens or one of
    TEXT_FIELDS. A sentence is left out when it speaks of streams or texts and the sample has none
    of them; a sentence with a text field needs that text. Text between two streams is tokenized by
    itself. `wrap` holds `{}` where the sentences go; "chat" asks the tokenizer's own chat template
    instead, which also ends answers if `end` is empty.
    """

    first: tuple[str, ...]
    later: tuple[str, ...]
    wrap: str = "{}"
    bos: int = 1  # how many begin-of-sequence ids stand before the first turn
    bos_later: int = 0  # … and before each later one
    end: str = ""  # written behind each answer, tokenized with it; EOS in it is the tokenizer's
    # What stands in later prompts for an earlier answer; None: the answer itself.
    forget: str | None = None

    def __post_init__(self) -> None:
        if self.wrap != "chat" and self.wrap.count("{}") != 1:
            raise ConfigError(f"A prompt's wrap holds one {{}} or is 'chat'; got {self.wrap!r}.")
        if min(self.bos, self.bos_later) < 0:
            raise ConfigError(
                f"bos and bos_later are 0 or more; got {self.bos} and {self.bos_later}."
            )
        for which, sentences in (("first", self.first), ("later", self.later)):
            if not any("{question}" in sentence for sentence in sentences):
                raise ConfigError(
                    f"A prompt's {which} turn asks something: {{question}} stands in one of its "
                    f"sentences; got {list(sentences)}."
                )

    def fields(self) -> list[str]:
        """Names in braces, in order, each time they stand there."""
        return [name for s in (*self.first, *self.later) for name in _FIELD.findall(s)]


@dataclass(frozen=True, kw_only=True, slots=True)
class System:
    """A model, declared."""

    name: str
    paper: str  # what it is the model of
    language: str  # hub id or folder of a causal language model, or "tiny:<family>"
    streams: tuple[Stream, ...]
    training: Layout
    generation: Layout  # the same as training, but for the deviations of released code
    prompts: str  # file of `model/prompts/` with its instruction pools: "emotion_llama"
    lora: Lora | None = None
    max_length: int = 1024  # tokens of a training sample's answer at most
    tokenizer: Mapping[str, Any] = field(default_factory=dict)  # such as {"legacy": True}
    licence: str = ""  # of the published weights
    exact: str = ""  # what of it is exact, what reconstructed

    def __post_init__(self) -> None:
        if self.max_length < 1:
            raise ConfigError(f"{self.name}: max_length is 1 or more; got {self.max_length}.")
        pools.read(self.prompts)
        names = [stream.name for stream in self.streams]
        for name in names:
            if names.count(name) > 1 or name in TEXT_FIELDS or not name.isidentifier():
                raise ConfigError(
                    f"{self.name}: {name!r} cannot name a stream: names are identifiers, differ "
                    f"from each other and from {', '.join(sorted(TEXT_FIELDS))}."
                )
        for which, layout in (("training", self.training), ("generation", self.generation)):
            self._check(which, layout, names)

    def _check(self, which: str, layout: Layout, names: list[str]) -> None:
        written = layout.fields()
        for name in written:
            if name not in names and name not in TEXT_FIELDS:
                raise ConfigError(
                    f"{self.name}: the {which} prompt has a slot {{{name}}} without a stream. "
                    f"Streams: {', '.join(names) or 'none'}."
                )
        for name in names:
            if written.count(name) != 1:
                raise ConfigError(
                    f"{self.name}: the stream {name!r} stands {written.count(name)} times in the "
                    f"{which} prompt; each stands there once."
                )

    def stream(self, name: str) -> Stream:
        """A stream by its name."""
        return next(stream for stream in self.streams if stream.name == name)

    def differences(self, other: "System") -> list[str]:
        """Names of the fields in which two differ."""
        mine, theirs = self.as_json(), other.as_json()
        return [name for name in mine if mine[name] != theirs[name]]

    def as_json(self) -> dict[str, Any]:
        """Plain values, as they stand in a model's config.json; `from_json` reads them."""
        streams = [stream.as_json() for stream in self.streams]
        plain: dict[str, Any] = json.loads(
            json.dumps({**dataclasses.asdict(self), "streams": streams})
        )
        return plain

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "System":
        """What `as_json` gave."""
        lora = data["lora"]
        return System(
            **{
                **data,
                "streams": tuple(Stream.from_json(stream) for stream in data["streams"]),
                "training": _layout(data["training"]),
                "generation": _layout(data["generation"]),
                "lora": None
                if lora is None
                else Lora(**{**lora, "targets": tuple(lora["targets"])}),
            }
        )


def _layout(data: Mapping[str, Any]) -> Layout:
    return Layout(**{**data, "first": tuple(data["first"]), "later": tuple(data["later"])})
