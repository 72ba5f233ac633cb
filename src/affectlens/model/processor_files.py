"""The processor beside a model's config.json: one system, said by the config."""

import copy
from pathlib import Path

from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model.config import AffectLMConfig
from affectlens.model.processor import AffectProcessor
from affectlens.model.tokenizers import load_tokenizer

FILE = "processor_config.json"


def processor_of(
    config: AffectLMConfig, language: str, folder: Path | None = None
) -> AffectProcessor:
    """The processor of a model: as its folder has it, else as its config declares it.

    Raises:
        InputError: the folder's cannot be read, or is of another system than the config.
        ConfigError, UnavailableError: as of `load_tokenizer` and `AffectProcessor`.
    """
    if folder is not None and (folder / FILE).exists():
        return _stored(config, folder / FILE)
    system = config.declaration
    tokenizer = load_tokenizer(language, system.tokenizer)
    context = getattr(config.text_config, "max_position_embeddings", None)  # some have no limit
    return AffectProcessor(tokenizer, system=system, context=context)


def _stored(config: AffectLMConfig, path: Path) -> AffectProcessor:
    """The processor beside a config.json, which alone says what system it is."""
    try:
        stored: AffectProcessor = AffectProcessor.from_pretrained(path.parent)
    except ConfigError as error:
        raise InputError(f"{path}: {error}") from error
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        first = (str(error).strip() or repr(error)).split("\n")[0]
        raise InputError(
            f"{path}, or the tokenizer.json beside it, cannot be read: {first}"
        ) from error
    if differing := _differing(config, stored):
        raise InputError(
            f"{path} and the config.json beside it are of different systems; they differ in "
            f"{', '.join(differing)}. Copy the folder again; without {path.name} its processor is "
            "made from config.json."
        )
    stored.system = config.declaration
    return stored


def own(processor: AffectProcessor, config: AffectLMConfig) -> AffectProcessor:
    """The processor as it is written beside a model: with what the model's config says.

    Raises:
        ConfigError: it is another system's.
    """
    if differing := _differing(config, processor):
        raise ConfigError(
            "The processor is not of this model's system; they differ in "
            f"{', '.join(differing)}. Save a model with the processor that it was made with."
        )
    written = copy.copy(processor)
    written.system = config.declaration
    return written


def _differing(config: AffectLMConfig, processor: AffectProcessor) -> list[str]:
    """Fields of their systems but LoRA, which is added and merged without the processor."""
    return [name for name in config.declaration.differences(processor.system) if name != "lora"]
