"""Models on the disk: whole folders, and folders of connectors and LoRA alone.

A whole folder is what transformers' `save_pretrained` writes; a trained folder has
`trained.safetensors` and a config.json with `trained_only`, and takes its language model from the
id, folder or tiny family that the declaration names.
"""

import contextlib
import copy
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel

from affectlens.encoders.weights import locate
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model import manifest
from affectlens.model.config import AffectLMConfig
from affectlens.model.declaration import System
from affectlens.model.language import language_config, load_language, quantization
from affectlens.model.network import AffectLM, is_trained, register
from affectlens.model.processor import AffectProcessor
from affectlens.model.quiet import quiet
from affectlens.model.tokenizers import load_tokenizer

TRAINED = "trained.safetensors"
_PROCESSOR = "processor_config.json"
Bits = Literal[4, 8]


class Loaded(NamedTuple):
    """A model in eval mode and the processor that writes its batches."""

    model: AffectLM
    processor: AffectProcessor


def load(
    path_or_id: str,
    *,
    place: Place,
    language: str | None = None,
    bits: Bits | None = None,
    attention: str | None = None,
) -> Loaded:
    """Any folder of ours, or a hub repository of one.

    `language` is a folder or id used instead of the declared language model of a trained folder;
    `bits` quantizes the language model.

    Raises:
        ConfigError: a language model is given and the folder holds one.
        UnavailableError: model, language model or the package for `bits` is not to be had.
        InputError: the weights are not those of the model that config.json describes.
    """
    register()
    folder = locate(path_or_id, what="The model")
    manifest.verify(folder)
    if _config(folder).trained_only:
        return load_trained(folder, place=place, language=language, bits=bits, attention=attention)
    if language is not None:
        raise ConfigError(
            f"{path_or_id} holds its own language model: leave out the other one, {language!r}."
        )
    return _load_whole(folder, place, bits, attention)


def create(system: System, *, place: Place, seed: int = 0, bits: Bits | None = None) -> Loaded:
    """A new model: the declared language model, connectors and LoRA drawn with a seed.

    Raises:
        ConfigError: the declaration does not fit together; told before weights are loaded.
        UnavailableError: the language model is not to be had.
    """
    config = AffectLMConfig(system=system, text_config=language_config(system.language))
    _skeleton(config)
    processor = _processor(config, system.language)
    base = load_language(system.language, place, bits=bits)
    return _assembled(config, base, processor, seed)


def load_trained(
    folder: Path,
    *,
    place: Place,
    language: str | None = None,
    bits: Bits | None = None,
    attention: str | None = None,
) -> Loaded:
    """A language model with the connectors and LoRA of a trained folder.

    Raises:
        UnavailableError: the language model is not to be had.
        InputError: tensors are missing, left over or of another shape; all are listed.
    """
    config = _config(folder)
    config.trained_only = False
    name = language or config.declaration.language
    processor = _processor(config, name, folder)
    tensors = _read(folder / TRAINED)
    _check(_skeleton(config), tensors, folder)
    base = load_language(name, place, bits=bits, attention=attention)
    loaded = _assembled(config, base, processor)
    _check(loaded.model, tensors, folder)
    with torch.no_grad():
        for name, value in trained_tensors(loaded.model).items():
            value.copy_(tensors[name])
    return loaded


def _load_whole(folder: Path, place: Place, bits: Bits | None, attention: str | None) -> Loaded:
    config = _config(folder)
    processor = _processor(config, config.declaration.language, folder)
    device, dtype = place.torch_device(), place.torch_dtype()
    settings = {} if bits is None else {"quantization_config": quantization(bits, dtype)}
    try:
        model = AffectLM.from_pretrained(
            folder,
            dtype=dtype,
            device_map={"": device},
            attn_implementation=attention,
            local_files_only=True,
            use_safetensors=True,
            **settings,
        )
    except (OSError, SafetensorError) as error:
        raise InputError(f"The weights in {folder} cannot be read: {error}") from error
    return Loaded(model.eval(), processor)


def save(
    model: AffectLM, processor: AffectProcessor, folder: Path, *, max_shard_size: str = "5GB"
) -> None:
    """Write the whole model, language model included.

    Raises:
        InputError: the folder holds something that is no model of ours.
    """
    with _written(folder) as draft:
        with quiet():
            model.save_pretrained(draft, max_shard_size=max_shard_size)
        processor.save_pretrained(draft)
        _sign(draft, model)


def save_trained(model: AffectLM, processor: AffectProcessor, folder: Path) -> None:
    """Write connectors and LoRA alone.

    Raises:
        InputError: the folder holds something that is no model of ours.
    """
    with _written(folder) as draft:
        tensors = {name: value.contiguous() for name, value in trained_tensors(model).items()}
        save_file(tensors, draft / TRAINED, metadata={"format": "pt"})
        config = copy.deepcopy(model.config)
        config.trained_only = True
        config.save_pretrained(draft)
        processor.save_pretrained(draft)
        _sign(draft, model)


def trained_tensors(model: AffectLM) -> dict[str, Tensor]:
    """Everything of connectors and of every adapter, by name."""
    return {name: value for name, value in model.state_dict().items() if is_trained(name)}


def _assembled(
    config: AffectLMConfig, base: PreTrainedModel, processor: AffectProcessor, seed: int = 0
) -> Loaded:
    config.text_config = base.config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AffectLM(config, base)
    model.connectors.to(model.language.device, model.language.dtype)
    model.generation_config.pad_token_id = processor.tokenizer.pad_token_id
    return Loaded(model.eval(), processor)


def _skeleton(config: AffectLMConfig) -> AffectLM:
    """The model without memory: what does not fit together is told before weights are loaded."""
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        return AffectLM(copy.deepcopy(config))


def _check(model: AffectLM, tensors: Mapping[str, Tensor], folder: Path) -> None:
    """Compare names and shapes; InputError lists all that differ."""
    wanted = trained_tensors(model)
    strange = {
        "missing": sorted(wanted.keys() - tensors.keys()),
        "not of this model": sorted(tensors.keys() - wanted.keys()),
        "of another shape": [
            f"{name} {list(tensors[name].shape)} instead of {list(wanted[name].shape)}"
            for name in sorted(wanted.keys() & tensors.keys())
            if tensors[name].shape != wanted[name].shape
        ],
    }
    if lists := [f"\n{kind}: {', '.join(which)}" for kind, which in strange.items() if which]:
        raise InputError(f"{folder / TRAINED} does not fit its config.json.{''.join(lists)}")


def _processor(
    config: AffectLMConfig, language: str, folder: Path | None = None
) -> AffectProcessor:
    if folder is not None and (folder / _PROCESSOR).exists():
        with quiet():
            stored: AffectProcessor = AffectProcessor.from_pretrained(folder)
        return stored
    system = config.declaration
    tokenizer = load_tokenizer(language, system.tokenizer)
    context = config.text_config.max_position_embeddings
    return AffectProcessor(tokenizer, system=system, context=context)


def _config(folder: Path) -> AffectLMConfig:
    path = folder / "config.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["model_type"] == AffectLMConfig.model_type:
            config: AffectLMConfig = AffectLMConfig.from_pretrained(folder)
            return config
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no config of an AffectLM: {error!r}") from error
    raise InputError(
        f"{path} is that of a model of type {data['model_type']!r}, not of an AffectLM. Give a "
        "folder that training, `affectlens models convert` or `checkpoint.save` made."
    )


def _read(path: Path) -> dict[str, Tensor]:
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} is no safetensors file that can be read: {error}") from error
    return tensors


def _sign(draft: Path, model: AffectLM) -> None:
    system = model.config.declaration
    manifest.write(draft, system=system.name, language=system.language)


@contextlib.contextmanager
def _written(folder: Path) -> Iterator[Path]:
    """A draft beside the folder, which takes its place when it is complete."""
    if folder.exists() and any(folder.iterdir()) and not (folder / manifest.FILE).exists():
        raise InputError(f"{folder} holds files that are no model of ours; choose another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield draft
        draft.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
