"""`AffectLMConfig`: a declaration and the language model's config, as they stand in config.json."""

from collections.abc import Mapping
from typing import Any, ClassVar

from transformers import AutoConfig, PretrainedConfig

from affectlens.foundation.errors import ConfigError
from affectlens.model import streams
from affectlens.model.declaration import Lora, System

_Json = dict[str, Any]


class AffectLMConfig(PretrainedConfig):
    """`system` is what `System.as_json` gives, `text_config` the language model's own config.

    `widths` are those of each stream's sources when the weights were made, `adapters` further
    LoRA adapters beside the declared one, by name; `trained_only` marks a folder that holds
    connectors and LoRA alone, `merged` a language model into which LoRA was folded.

    Raises:
        ConfigError: an encoder now gives another width than the one the weights were made for, or
            the declaration or an adapter is wrong in itself.
    """

    model_type = "affectlens"
    sub_configs: ClassVar[dict[str, Any]] = {"text_config": AutoConfig}
    has_no_defaults_at_init = True

    def __init__(
        self,
        system: System | Mapping[str, Any] | None = None,
        text_config: PretrainedConfig | Mapping[str, Any] | None = None,
        **rest: Any,
    ) -> None:
        if system is None or text_config is None:
            raise ConfigError("The config of an AffectLM needs a system and a text_config.")
        self.text_config = _text_config(text_config)
        declared = system if isinstance(system, System) else System.from_json(system)
        self.system: _Json = declared.as_json()
        self.widths: dict[str, list[int]] = _checked(declared, rest.pop("widths", None))
        self.adapters: dict[str, _Json] = dict(rest.pop("adapters", None) or {})
        self.trained_only: bool = rest.pop("trained_only", False)
        self.merged: bool = rest.pop("merged", False)
        _ = self.loras  # what is wrong with an adapter is told here
        rest.setdefault("tie_word_embeddings", self.text_config.tie_word_embeddings)
        super().__init__(**rest)

    @property
    def declaration(self) -> System:
        """What the model is."""
        return System.from_json(self.system)

    @property
    def loras(self) -> dict[str, Lora]:
        """Every LoRA adapter by its name; the declared one is called "default"."""
        declared = self.declaration.lora
        first = {} if declared is None else {"default": declared}
        return first | {
            name: Lora(**{**lora, "targets": tuple(lora["targets"])})
            for name, lora in self.adapters.items()
        }


def _text_config(given: PretrainedConfig | Mapping[str, Any]) -> PretrainedConfig:
    if isinstance(given, PretrainedConfig):
        return given
    settings = dict(given)
    return AutoConfig.for_model(settings.pop("model_type"), **settings)


def _checked(system: System, stored: Mapping[str, Any] | None) -> dict[str, list[int]]:
    now = {name: list(widths) for name, widths in streams.widths(system).items()}
    for name, widths in (stored or now).items():
        if widths != now.get(name):
            raise ConfigError(
                f"{system.name}: the model was made for a stream {name!r} of the widths {widths}, "
                f"its encoders now give {now.get(name)}."
            )
    return now
