"""`TextChat`: a language model that reads texts only; several conversations run together."""

# B conversations, T tokens

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from affectlens.foundation.chat import Medium, Message, media
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.model.chat import greedy
from affectlens.model.chat.files import Files

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class TextChat:
    """Loads its weights when it is first asked."""

    takes: frozenset[Medium] = frozenset()

    def __init__(
        self, model: str, place: Place, *, files: Files | None, threads: int | None
    ) -> None:
        """A model by its files; without, one with random weights by its name.

        Raises:
            InputError: its tokenizer cannot be read.
            ConfigError: it has no chat template.
        """
        from affectlens.model.tokenizers import load_tokenizer

        self.model = model
        self._place, self._files, self._threads = place, files, threads
        self._tokenizer = load_tokenizer(str(files.words) if files else model)
        if not self._tokenizer.chat_template:
            raise ConfigError(no_template(model))
        self._special = greedy.special(self._tokenizer)
        self._lock = threading.Lock()

    def ask(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_tokens: int,
        batch: int = 1,
        progress: Progress = silent,
    ) -> list[str | Missing]:
        """A reply to each; those of like lengths run together.

        Raises:
            InputError: its files cannot be read.
        """
        rows = [self._encoded(conversation) for conversation in conversations]
        with self._lock, greedy.running(self._threads):
            replies: dict[int, str | Missing] = {
                i: greedy.LONG
                for i, row in enumerate(rows)
                if greedy.is_long(self._net, len(row), max_tokens)
            }
            order = sorted(set(range(len(rows))) - replies.keys(), key=lambda i: -len(rows[i]))
            for start in range(0, len(order), batch):
                part = order[start : start + batch]
                made = self._generate([rows[i] for i in part], max_tokens)
                replies.update(zip(part, made, strict=True))
                progress(f"asking {self.model}", len(replies) / len(rows))
        return [replies[i] for i in range(len(rows))]

    @cached_property
    def _net(self) -> "PreTrainedModel":
        from affectlens.model.language import load_language

        name = str(self._files.weights) if self._files else self.model
        net = load_language(name, self._place)
        greedy.settle(net, self._tokenizer)
        return net

    def _encoded(self, conversation: Sequence[Message]) -> list[int]:
        """In the model's own template, thinking switched off where it knows how."""
        text = self._tokenizer.apply_chat_template(
            [{"role": turn.role, "content": self._text(turn)} for turn in conversation],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _text(self, turn: Message) -> str:
        assert not media([turn]), f"{self.model} takes texts only"
        text = turn.content if isinstance(turn.content, str) else "\n".join(map(str, turn.content))
        return greedy.plain(text, self._special)

    def _generate(self, rows: Sequence[list[int]], max_tokens: int) -> list[str | Missing]:
        import torch

        net, pad = self._net, self._tokenizer.pad_token_id
        width = max(map(len, rows))
        # Padded on the left, all prompts end where replies begin.
        ids_BT = torch.tensor([[pad] * (width - len(row)) + row for row in rows])
        mask_BT = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        made_BT = net.generate(
            input_ids=ids_BT.to(net.device),
            attention_mask=mask_BT.to(net.device),
            max_new_tokens=max_tokens,
        )
        return [greedy.said(row, net, self._tokenizer) for row in made_BT[:, width:].tolist()]


def no_template(model: str) -> str:
    """What to tell where a model was not made for conversations."""
    return (
        f"{model} has no chat template: a model is wanted that is tuned to follow instructions, "
        "such as Qwen/Qwen2.5-7B-Instruct."
    )
