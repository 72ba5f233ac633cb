"""`AffectProcessor`: examples become a batch, ids become text; the same in training and in use."""

# B samples, T tokens, N samples that have a stream

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AutoConfig, ProcessorMixin

from affectlens.encoders.features import Features
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.missing import Missing
from affectlens.model import prompt, streams
from affectlens.model.batch import IGNORED, Batch, StreamInput
from affectlens.model.config import AffectLMConfig
from affectlens.model.connector import Connector
from affectlens.model.declaration import Layout, System
from affectlens.model.example import Example, Turn, listed
from affectlens.model.padded import pad
from affectlens.model.prompt import Begin, Piece, Slot, Symbol, Text
from affectlens.model.tokenizers import Spelling

_QUESTION = Example(turns=(Turn(question="?"),))
_ANY_WIDTH = 8  # connectors count the same however wide the language model is


@dataclass(frozen=True, slots=True)
class Row:
    """One sample as ids; where `slots` is not 0, the id is that of padding."""

    ids: list[int]
    slots: list[int]
    labels: list[int]


class AffectProcessor(ProcessorMixin):
    """A tokenizer and the declaration of the system that it serves."""

    def __init__(
        self, tokenizer: Any, system: System | Mapping[str, Any], context: int | None = None
    ) -> None:
        """`context` is how many tokens the language model reads at most; None: not checked.

        Raises:
            ConfigError: the system's prompt, streams and tokenizer do not fit together, or answers
                do not end with one token.
        """
        super().__init__(tokenizer)
        self.system = system if isinstance(system, System) else System.from_json(system)
        self.context = context
        self.spelling = Spelling(tokenizer)
        self._widths = streams.widths(self.system)
        self._connectors: dict[str, Connector] = {}
        for layout in (self.system.training, self.system.generation):
            prompt.build(_QUESTION, layout, self.spelling, learn=False)
        self.end = self._end()

    @classmethod
    def from_pretrained(cls, *args: Any, **settings: Any) -> Any:
        """What `save_pretrained` wrote."""
        # The library looks at the config beside a tokenizer, and wonders at kinds it does not know.
        AutoConfig.register(AffectLMConfig.model_type, AffectLMConfig, exist_ok=True)
        return super().from_pretrained(*args, **settings)

    def __call__(self, examples: Sequence[Example], training: bool = False) -> Batch:
        """Right-padded with labels for training, left-padded for generation.

        Raises:
            InputError: an example has features that the system has no use for, of another width or
                not finite, lacks an answer, or is too long for the language model; the example is
                named. Or there is no example.
        """
        if not listed(examples):
            raise InputError("A batch is of one example or more; got none.")
        rows = [self.row(example, training=training) for example in examples]
        return self.batch(rows, examples, training=training)

    def batch(self, rows: Sequence[Row], examples: Sequence[Example], *, training: bool) -> Batch:
        """Rows of examples padded, with the features of the examples."""
        batch = Batch(
            input_ids=self._stacked([r.ids for r in rows], self._pad_id, training),
            attention_mask=self._stacked([[1] * len(r.ids) for r in rows], 0, training),
            slots=self._stacked([r.slots for r in rows], 0, training),
            streams=self.streams_of(examples),
        )
        if training:
            batch["labels"] = self._stacked([r.labels for r in rows], IGNORED, training)
        return batch

    def row(self, example: Example, *, training: bool = False) -> Row:
        """One example as ids, before padding; raises as of calling."""
        self._check(example)
        row = self._whole(example, training=training)
        prompt_length = row.labels.count(IGNORED)  # what is learned stands behind all else
        for column in (row.ids, row.slots, row.labels):
            del column[prompt_length + self.system.max_length :]
        self._check_length(len(row.ids) + (not training), example)
        return row

    def streams_of(self, examples: Sequence[Example]) -> dict[str, StreamInput]:
        """The features of examples, for each stream that one of them has."""
        found: dict[str, StreamInput] = {}
        for stream in self.system.streams:
            rows = [i for i, example in enumerate(examples) if stream.name in example.present]
            if not rows:
                continue
            by_sample = [_present(examples[i], stream.name) for i in rows]
            found[stream.name] = StreamInput(
                rows_N=torch.tensor(rows),
                sources=[pad(source) for source in zip(*by_sample, strict=True)],
            )
        return found

    def answer_ids(self, text: str) -> tuple[int, ...]:
        """A whole answer as training learns it, the end included.

        Raises:
            ConfigError: training would cut it off.
        """
        example = Example(turns=(Turn(question="?", answer=text),))
        ids = [i for i in self._whole(example, training=True).labels if i != IGNORED]
        if len(ids) > self.system.max_length:
            raise ConfigError(
                f"{text[:40]!r}… takes {len(ids)} tokens as an answer; those of "
                f"{self.system.name} have {self.system.max_length} at most."
            )
        return tuple(ids)

    def decode(self, ids: Sequence[int] | Tensor) -> str:
        """Generated ids as an answer: without its end and what follows, and without any prompt."""
        kept = ids.tolist() if isinstance(ids, Tensor) else list(ids)
        if self.tokenizer.eos_token_id in kept:
            kept = kept[: kept.index(self.tokenizer.eos_token_id)]
        text: str = self.tokenizer.decode(kept, skip_special_tokens=True)
        layout = self.system.generation
        end = prompt.ended(layout, self.spelling)
        for part in (end, *self.spelling.split(end)):
            if isinstance(part, str) and part:
                text = text.split(part)[0]
        if layout.bos and self.tokenizer.bos_token:
            text = text.replace(self.tokenizer.bos_token, "")
        closing = "" if layout.wrap == "chat" else layout.wrap.partition("{}")[2].strip()
        if closing:
            text = text.split(closing)[-1]
        return text.strip()

    def to_dict(self) -> dict[str, Any]:
        """What processor_config.json holds; the tokenizer has files of its own."""
        return {
            "processor_class": type(self).__name__,
            "system": self.system.as_json(),
            "context": self.context,
        }

    @property
    def model_input_names(self) -> list[str]:
        """The keys of a batch."""
        return list(Batch.__annotations__)

    @property
    def _pad_id(self) -> int:
        return int(self.tokenizer.pad_token_id)

    def _layout(self, training: bool) -> Layout:
        return self.system.training if training else self.system.generation

    def _end(self) -> int:
        """The token that ends an answer; text may stand before it, as AffectGPT's ###.

        Raises:
            ConfigError: there is none, or it takes several.
        """
        eos = self.tokenizer.eos_token_id
        end = self.answer_ids("") or (eos,)
        if (len(end) != 1 and end[-1] != eos) or end[-1] is None:
            raise ConfigError(
                f"Answers of {self.system.name} end with {self.system.training.end!r}, which is "
                f"{end} for this tokenizer; one token is needed, such as its end-of-sequence token."
            )
        return int(end[-1])

    def _whole(self, example: Example, *, training: bool) -> Row:
        """One example as ids, its answer not cut off."""
        row = Row([], [], [])
        layout = self._layout(training)
        for piece in prompt.build(example, layout, self.spelling, learn=training):
            ids, slot, learned = self._ids(piece, example)
            row.ids.extend(ids)
            row.slots.extend([slot] * len(ids))
            row.labels.extend(ids if learned else [IGNORED] * len(ids))
        return row

    def _ids(self, piece: Piece, example: Example) -> tuple[list[int], int, bool]:
        """The ids of a piece, the number of its stream, and whether it is learned."""
        if isinstance(piece, Text):
            return self.spelling.ids(piece.text), 0, piece.learned
        if isinstance(piece, Symbol):
            return [self.spelling.id_of(piece.spelled)], 0, piece.learned
        if isinstance(piece, Begin):
            begin = self.tokenizer.bos_token_id  # families such as Qwen know none
            return [] if begin is None else [begin], 0, False
        names = [stream.name for stream in self.system.streams]
        count = self._count(piece, example)
        return [self._pad_id] * count, 1 + names.index(piece.stream), False

    def _count(self, slot: Slot, example: Example) -> int:
        """The tokens of a stream of one example."""
        name = slot.stream
        if name not in self._connectors:
            with torch.device("meta"):
                stream = self.system.stream(name)
                self._connectors[name] = streams.connector(stream, _ANY_WIDTH, self._widths[name])
        try:
            return self._connectors[name].count([len(f.times_T) for f in _present(example, name)])
        except InputError as error:
            raise InputError(f"{example.name}, stream {name!r}: {error}") from None

    def _check(self, example: Example) -> None:
        """Each stream that the example has is one of the system's, and as it must be."""
        for name in sorted(example.present):
            if name not in self._widths:
                raise InputError(
                    f"{example.name} has features of {name!r}, which {self.system.name} has "
                    f"no stream for. Its streams: {', '.join(self._widths) or 'none'}."
                )
            features = _present(example, name)
            given = tuple(f.values_TD.shape[1] for f in features)
            if given != self._widths[name]:
                raise InputError(
                    f"{example.name}: the features of {name!r} are {_listed(given)} wide; the "
                    f"encoders of {self.system.name} give {_listed(self._widths[name])}."
                )
            if any(len(f.times_T) == 0 for f in features):
                raise InputError(
                    f"{example.name}: the features of {name!r} have no rows; give Missing instead."
                )
            if not all(np.isfinite(f.values_TD).all() for f in features):
                raise InputError(
                    f"{example.name}: the features of {name!r} hold what is no finite number."
                )

    def _check_length(self, wanted: int, example: Example) -> None:
        if self.context is not None and wanted > self.context:
            raise InputError(
                f"{example.name} takes {wanted} tokens with room for an answer, and the language "
                f"model reads {self.context}. Shorten its text or its turns."
            )

    def _stacked(self, rows: Sequence[Sequence[int]], filler: int, training: bool) -> Tensor:
        """Long (B, T), padded behind for training, before for generation."""
        longest = max(len(row) for row in rows)
        padding = [[filler] * (longest - len(row)) for row in rows]
        if training:
            return torch.tensor([[*row, *fill] for row, fill in zip(rows, padding, strict=True)])
        return torch.tensor([[*fill, *row] for row, fill in zip(rows, padding, strict=True)])


def _present(example: Example, name: str) -> Sequence[Features]:
    found = example.features[name]
    assert not isinstance(found, Missing)
    return found


def _listed(widths: Sequence[int]) -> str:
    return " and ".join(map(str, widths)) or "nothing"
