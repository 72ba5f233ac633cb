"""`AffectLM`: a causal language model that also reads the tokens of streams."""

# B samples, T tokens, L width of the language model, N samples that have a stream, S its tokens

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypedDict, Unpack

import torch
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoProcessor,
    GenerationConfig,
    GenerationMixin,
    PreTrainedModel,
)
from transformers.modeling_outputs import CausalLMOutputWithPast

from affectlens.encoders.quiet import quiet
from affectlens.foundation.errors import InputError
from affectlens.model import lora, packed
from affectlens.model.batch import StreamInput
from affectlens.model.config import AffectLMConfig
from affectlens.model.connector import Connector
from affectlens.model.padded import Padded
from affectlens.model.splice import Given, splice, touched
from affectlens.model.streams import joints

ANSWER_TOKENS = 256  # generated at most, where the caller does not say


class Passed(TypedDict, total=False):
    """What `forward` hands on to the language model."""

    lengths: Sequence[int] | None  # samples end to end in one row: the tokens of each
    position_ids: Tensor
    past_key_values: Any
    use_cache: bool
    logits_to_keep: int | Tensor
    output_hidden_states: bool
    output_attentions: bool
    num_items_in_batch: Tensor | int  # by Trainer: tokens that are learned in all its micro-batches


class AffectLM(PreTrainedModel, GenerationMixin):
    """`language` is any causal language model of transformers, `connectors` are by stream name.

    Only connectors and LoRA train; the language model below them is frozen when it is made.
    `language` may be given, loaded or quantized; else it is made from the config.
    """

    config_class = AffectLMConfig
    main_input_name = "input_ids"
    accepts_loss_kwargs = True  # Trainer's num_items_in_batch
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True

    def __init__(self, config: AffectLMConfig, language: PreTrainedModel | None = None) -> None:
        super().__init__(config)
        if language is None:
            language = AutoModelForCausalLM.from_config(config.text_config)
        self.language = language
        self.connectors = joints(config.declaration, language.get_input_embeddings().embedding_dim)
        for name, one in config.loras.items():
            lora.inject(self.language, one, name)
        lora.switch(self, next(iter(config.loras), None))
        self._settle_generation()
        self._keep_own_start()
        self.post_init()
        self.freeze()

    @classmethod
    def from_pretrained(cls, *args: Any, **settings: Any) -> Any:
        """What `save_pretrained` wrote.

        Raises:
            InputError: a tensor is missing, left over or of another shape.
        """
        wants_report = settings.pop("output_loading_info", False)
        told = {"output_loading_info": True, "ignore_mismatched_sizes": True}  # not thrown
        with quiet():
            model, report = super().from_pretrained(*args, **{**settings, **told})
        if strange := [f"\n{kind}: {keys}" for kind, keys in report.items() if keys]:
            raise InputError(f"The weights in {args[0]} do not fit its config.{''.join(strange)}")
        model.freeze()  # loading makes every parameter anew, to be trained
        return (model, report) if wants_report else model

    def save_pretrained(self, *args: Any, **settings: Any) -> None:
        """Write the whole model; `from_pretrained` reads it."""
        with quiet():
            super().save_pretrained(*args, **settings)

    def freeze(self, trained_dtype: torch.dtype | None = None) -> Self:
        """Let connectors and the adapter in use train, nothing else; optionally in a precision.

        Spec §1.6: a language model in 16 bits with connectors and LoRA in float32.
        """
        self.requires_grad_(requires_grad=False)
        self.connectors.requires_grad_(requires_grad=True)
        lora.switch(self, lora.active(self))
        for parameter in self.parameters():
            if parameter.requires_grad and trained_dtype is not None:
                parameter.data = parameter.data.to(trained_dtype)
        return self

    def encode_streams(self, given: Mapping[str, StreamInput]) -> dict[str, Tensor]:
        """Each stream's tokens (N, S, L) for the samples that have it, padded behind."""
        return {name: self._connected(name, one["sources"]) for name, one in given.items()}

    def embed(self, batch: Mapping[str, Any]) -> Tensor:
        """Embeddings (B, T, L) of a batch, the tokens of its streams in their slots.

        Where it learns, connectors that no sample needs get gradients of 0.

        Raises:
            InputError: slots and tokens differ in number, or a stream is not of this system.
        """
        embeddings = self.get_input_embeddings()
        tokens_BTL: Tensor = embeddings(batch["input_ids"])
        slots_BT, given = batch.get("slots"), batch.get("streams") or {}
        if torch.is_grad_enabled():
            unused = [one for name, one in self.connectors.items() if name not in given]
            tokens_BTL = touched(tokens_BTL, unused)
        if slots_BT is None:
            return tokens_BTL
        if unknown := given.keys() - self.connectors.keys():
            known = ", ".join(self.connectors) or "none"
            raise InputError(f"There are no streams {sorted(unknown)}; the model has: {known}.")
        ready = {
            name: Given(
                rows_N=given[name]["rows_N"],
                counts_N=self._counts(name, given[name]["sources"]),
                tokens_NSL=tokens_NSL.to(tokens_BTL.dtype),
            )
            for name, tokens_NSL in self.encode_streams(given).items()
        }
        names, lengths = list(self.connectors), batch.get("lengths")
        return splice(tokens_BTL, slots_BT, ready, names, lengths)

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        slots: Tensor | None = None,
        streams: Mapping[str, StreamInput] | None = None,
        labels: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        **passed: Unpack[Passed],
    ) -> CausalLMOutputWithPast:
        """Logits; the loss is the mean over all tokens of the batch that have a label.

        Padding on either side changes no number: positions count real tokens only. With `lengths`
        samples stand end to end in one row and none sees another; `rows_N` still count samples.
        """
        lengths, told = passed.pop("lengths", None), {"attention_mask": attention_mask}
        if inputs_embeds is None:
            batch = {"input_ids": input_ids, "slots": slots, "streams": streams}
            inputs_embeds = self.embed({**batch, "lengths": lengths})
        if lengths is not None:
            told = packed.arguments(self.language, lengths, inputs_embeds)
            if passed.get("position_ids") is None:
                passed["position_ids"] = packed.positions(lengths).to(inputs_embeds.device)
        elif attention_mask is not None and passed.get("position_ids") is None:
            passed["position_ids"] = positions(attention_mask, inputs_embeds.shape[1])
        learned = passed.pop("num_items_in_batch", None)
        passed.setdefault("use_cache", labels is None)  # nobody goes on from what is learned
        out: CausalLMOutputWithPast = self.language(
            inputs_embeds=inputs_embeds, **{**passed, **told}
        )
        if labels is not None and out.logits is not None:
            out.loss = self.language.loss_function(
                logits=out.logits,
                labels=labels[:, -out.logits.shape[1] :],
                vocab_size=out.logits.shape[-1],
                num_items_in_batch=learned,
            )
        return out

    @torch.no_grad()
    def generate(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        slots: Tensor | None = None,
        streams: Mapping[str, StreamInput] | None = None,
        inputs_embeds: Tensor | None = None,
        **options: Any,
    ) -> Any:
        """Only the new ids (B, new), greedy unless told otherwise; options are transformers'."""
        if inputs_embeds is None:
            batch = {"input_ids": input_ids, "slots": slots, "streams": streams}
            inputs_embeds = self.embed(batch)
        config = copy.deepcopy(options.pop("generation_config", None) or self.generation_config)
        rest = config.update(**options)
        return self.language.generate(
            inputs_embeds=inputs_embeds,
            attention_mask=attention_mask,
            generation_config=config,
            **rest,
        )

    def get_input_embeddings(self) -> nn.Module:
        """The language model's."""
        embeddings: nn.Module = self.language.get_input_embeddings()
        return embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replace the language model's."""
        self.language.set_input_embeddings(value)

    def get_output_embeddings(self) -> nn.Module:
        """The language model's."""
        head: nn.Module = self.language.get_output_embeddings()
        return head

    def set_output_embeddings(self, new_embeddings: nn.Module) -> None:
        """Replace the language model's."""
        self.language.set_output_embeddings(new_embeddings)

    def _connector(self, name: str) -> Connector:
        connector = self.connectors[name]
        assert isinstance(connector, Connector), name
        return connector

    def _connected(self, name: str, sources: list[Padded]) -> Tensor:
        connector = self._connector(name)
        dtype = next((p.dtype for p in connector.parameters()), None) or self.dtype
        tokens_NSL: Tensor = connector(
            [{**source, "values_NTD": source["values_NTD"].to(dtype)} for source in sources]
        )
        return tokens_NSL

    def _counts(self, name: str, sources: list[Padded]) -> Tensor:
        connector = self._connector(name)
        lengths = zip(*(source["lengths_N"].tolist() for source in sources), strict=True)
        counts = [connector.count(one) for one in lengths]
        return torch.tensor(counts, device=sources[0]["lengths_N"].device)

    def _settle_generation(self) -> None:
        """Greedy; of the checkpoint's defaults (temperature, penalties) only the ids are kept."""
        theirs = self.language.generation_config
        ids = {key: getattr(theirs, key) for key in ("bos_token_id", "eos_token_id")}
        ends = ids["eos_token_id"]
        first_end = ends[0] if isinstance(ends, list) else ends
        ids["pad_token_id"] = first_end if theirs.pad_token_id is None else theirs.pad_token_id
        self.language.generation_config = GenerationConfig(**ids)
        self.generation_config = GenerationConfig(
            do_sample=False, max_new_tokens=ANSWER_TOKENS, **ids
        )

    def _keep_own_start(self) -> None:
        """Connectors and LoRA start as they made themselves, not as transformers starts layers."""
        made = [self.connectors, *lora.layers(self.language).values()]
        for module in (inner for one in made for inner in one.modules()):
            module._is_hf_initialized = True  # noqa: SLF001 - the library knows no other way


def skeleton(config: AffectLMConfig) -> AffectLM:
    """The model without memory: names and shapes, and whether everything fits together."""
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        return AffectLM(copy.deepcopy(config))


def trained_tensors(model: AffectLM) -> dict[str, Tensor]:
    """Everything of connectors and of every adapter, by name."""
    return {
        name: value
        for name, value in model.state_dict().items()
        if name.startswith("connectors.") or ".lora_A." in name or ".lora_B." in name
    }


def positions(attention_mask_BT: Tensor, length: int) -> Tensor:
    """Position of each of the last `length` tokens among the real ones, shape (B, length)."""
    return (attention_mask_BT.long().cumsum(-1) - 1).clamp(min=0)[:, -length:]


def register() -> None:
    """Make transformers' Auto classes know the model; called by `checkpoint.load`."""
    from affectlens.model.processor import AffectProcessor

    AutoConfig.register(AffectLMConfig.model_type, AffectLMConfig, exist_ok=True)
    AutoModelForCausalLM.register(AffectLMConfig, AffectLM, exist_ok=True)
    AutoProcessor.register(AffectLMConfig, AffectProcessor, exist_ok=True)
