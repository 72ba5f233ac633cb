"""A language model on this machine, through transformers, greedy."""

# B prompts, T tokens

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from affectlens.evaluation.judge import Judge
from affectlens.foundation import chat
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_WHAT = "The judge"
_TINY = "tiny:"
_LONG = Missing("the prompt with max_tokens is longer than the model's context")


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """Which model, and where it runs."""

    model: str = ""  # a hub id, a folder, or "tiny:…" with random weights
    device: str = "auto"
    precision: str = "auto"
    batch: int = 8  # prompts at a time; in float32 replies do not depend on it
    max_tokens: int = 512

    def __post_init__(self) -> None:
        for name in ("batch", "max_tokens"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is at least 1, got {getattr(self, name)}.")


class Local:
    """Loads when it is first asked."""

    def __init__(self, config: Config) -> None:
        """Nothing is loaded yet."""
        self._config = config

    @cached_property
    def identity(self) -> str:
        """The model with the checksum of its weights."""
        from affectlens.encoders import weights

        config = self._config
        if config.model.startswith(_TINY):
            revision = weights.random_fingerprint(config.model)
        else:
            revision = weights.fingerprint(weights.locate(config.model, what=_WHAT))
        # A folder's place is of no matter, its weights are.
        return f"local {Path(config.model).name}@{revision[:16]} in {config.precision}"

    def ask(self, prompts: Sequence[str], *, progress: Progress = silent) -> list[str | Missing]:
        """A reply to each; prompts of like lengths run together.

        Raises:
            UnavailableError: the model is neither here nor to be fetched.
            InputError: its files cannot be read.
            ConfigError: it has no chat template.
        """
        rows = [self._encoded(prompt) for prompt in prompts]
        replies: dict[int, str | Missing] = {
            i: _LONG for i, row in enumerate(rows) if self._is_long(row)
        }
        order = sorted(set(range(len(rows))) - replies.keys(), key=lambda i: -len(rows[i]))
        for start in range(0, len(order), self._config.batch):
            part = order[start : start + self._config.batch]
            replies.update(zip(part, self._generate([rows[i] for i in part]), strict=True))
            progress(f"asking {self._config.model}", len(replies) / len(rows))
        return [replies[i] for i in range(len(rows))]

    @cached_property
    def _model(self) -> "PreTrainedModel":
        from transformers import GenerationConfig

        from affectlens.model.language import load_language

        place = Place(device=self._config.device, precision=self._config.precision)
        model = load_language(self._config.model, place)
        made = model.generation_config.eos_token_id
        ends = {*(made if isinstance(made, list) else [made]), self._tokenizer.eos_token_id}
        # Where it stops is all that stays of what its makers set. It is replaced here because
        # `generate` fills up a config that it is given with the model's own penalties and chances.
        model.generation_config = GenerationConfig(
            do_sample=False,
            eos_token_id=sorted(ends - {None}),
            pad_token_id=self._tokenizer.pad_token_id,
        )
        return model

    @cached_property
    def _tokenizer(self) -> "PreTrainedTokenizerBase":
        from affectlens.model.tokenizers import load_tokenizer

        tokenizer = load_tokenizer(self._config.model)
        if not tokenizer.chat_template:
            raise ConfigError(
                f"{self._config.model} has no chat template: a judge is a model tuned to follow "
                "instructions, such as Qwen/Qwen2.5-7B-Instruct."
            )
        return tokenizer

    def _encoded(self, prompt: str) -> list[int]:
        """One user turn in the model's own template, thinking switched off where it knows how."""
        text = self._tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        )
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _is_long(self, row: list[int]) -> bool:
        """Whether prompt and reply do not fit into what the model can see at once."""
        context = getattr(self._model.config, "max_position_embeddings", None)
        return context is not None and len(row) + self._config.max_tokens > context

    def _generate(self, rows: Sequence[list[int]]) -> list[str | Missing]:
        import torch

        model, config = self._model, self._config
        width, pad = max(map(len, rows)), self._tokenizer.pad_token_id
        # Padded on the left, all prompts end where replies begin.
        ids_BT = torch.tensor([[pad] * (width - len(row)) + row for row in rows])
        mask_BT = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        with torch.inference_mode():
            made_BT = model.generate(
                input_ids=ids_BT.to(model.device),
                attention_mask=mask_BT.to(model.device),
                max_new_tokens=config.max_tokens,
            )
        return [self._said(row) for row in made_BT[:, width:].tolist()]

    def _said(self, ids: Sequence[int]) -> str | Missing:
        ends = self._model.generation_config.eos_token_id
        end = next((i for i, token in enumerate(ids) if token in ends), None)
        if end is None:
            return Missing("the reply was cut off: max_tokens is too small")
        return chat.said(self._tokenizer.decode(ids[:end], skip_special_tokens=True))


def build(config: Config) -> Judge:
    """A judge that runs here.

    Raises:
        ConfigError: no model is said.
    """
    if not config.model:
        raise ConfigError("The judge local wants model=…: a hub id or the folder of a chat model.")
    return Local(config)
