"""Models on the disk: whole folders, and folders of connectors and LoRA alone.

A whole folder is what transformers' `save_pretrained` writes; a trained folder has
`trained.safetensors` and a config.json with `trained_only`, and takes its language model from the
id, folder or tiny family that the declaration names. Encoders can lie in either (`enclosed`).
"""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel

from affectlens.encoders import loading, mismatch
from affectlens.encoders.weights import locate
from affectlens.foundation.device import Place
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.model import enclosed, folding, lora, manifest
from affectlens.model.config import AffectLMConfig
from affectlens.model.declaration import System
from affectlens.model.draft import draft_of
from affectlens.model.language import Bits, language_config, load_language, quantization
from affectlens.model.network import AffectLM, register, skeleton, trained_tensors
from affectlens.model.processor import AffectProcessor
from affectlens.model.processor_files import own, processor_of

TRAINED = "trained.safetensors"


class Loaded(NamedTuple):
    """A model in eval mode and the processor that writes its batches."""

    model: AffectLM
    processor: AffectProcessor


class Started(NamedTuple):
    """A new model with weights of others, in eval mode, and its processor."""

    model: AffectLM
    processor: AffectProcessor
    drawn: tuple[str, ...]  # trained tensors that are new, as nobody gave them


def load(
    path_or_id: str,
    *,
    place: Place,
    language: str | None = None,
    bits: Bits | None = None,
    attention: str | None = None,
    merged: bool = False,
) -> Loaded:
    """Any folder of ours, or a hub repository of one.

    `language` is a folder or id used instead of the declared language model of a trained folder;
    `bits` quantizes the language model; `merged` folds LoRA into it, as `lora.merge` does.

    Raises:
        ConfigError: a language model is given and the folder holds one.
        UnavailableError: model, language model or the package for `bits` is not to be had.
        InputError: the weights are not those of the model that config.json describes, or an
            encoder's lie outside of the folder.
    """
    register()
    folder = locate(path_or_id, what="The model")
    config = _config(folder)
    system = enclosed.opened(config.declaration, folder)
    if not Path(path_or_id).is_dir() and (within := enclosed.folders(config.declaration)):
        locate(path_or_id, what="The model", patterns=[f"{below}/*" for below in within])
    manifest.verify(folder)
    if config.trained_only:
        loaded = _load_trained(
            folder, place=place, language=language, bits=bits, attention=attention, merged=merged
        )
    elif language is not None:
        raise ConfigError(
            f"{path_or_id} holds its own language model: leave out the other one, {language!r}."
        )
    else:
        loaded = _load_whole(folder, place, bits, attention)
    loaded.model.config.system, loaded.processor.system = system.as_json(), system
    if merged:
        lora.merge(loaded.model)
    return loaded


def create(system: System, *, place: Place, seed: int = 0, bits: Bits | None = None) -> Loaded:
    """A new model: the declared language model, connectors and LoRA drawn with a seed.

    Raises:
        ConfigError: the declaration does not fit together; told before weights are loaded.
        UnavailableError: the language model is not to be had.
    """
    config = AffectLMConfig(system=system, text_config=language_config(system.language))
    skeleton(config)  # what does not fit together is told before weights are loaded
    processor = processor_of(config, system.language)
    base = load_language(system.language, place, bits=bits)
    return _assembled(config, base, processor, seed)


def start(
    system: System,
    parts: Mapping[str, Path],
    *,
    place: Place,
    seed: int = 0,
    bits: Bits | None = None,
) -> Started:
    """A new model as `create` makes it, with all weights of some folders in their place.

    `parts` are folders by what stands before their tensors' names in the model. Of conversions,
    MiniGPT-v2's stands at the root, "", and BLIP-2's at "connectors.<stream>.qformer.".

    Raises:
        ConfigError, UnavailableError: as of `create`.
        InputError: a folder has no weights, has others than its manifest says, or has tensors that
            the model lacks, has in another shape or gets twice; all are listed.
    """
    given = _parts(parts)
    config = AffectLMConfig(system=system, text_config=language_config(system.language))
    shapes = {name: value.shape for name, value in trained_tensors(skeleton(config)).items()}
    found = {name: value.shape for name, value in given.items()}
    theirs = {name: shape for name, shape in shapes.items() if name in found}
    if wrong := mismatch.compared(theirs, found):
        raise InputError(f"{system.name} cannot start from these weights; {wrong}.")
    model, processor = create(system, place=place, seed=seed, bits=bits)
    own = trained_tensors(model)
    with torch.no_grad():
        for name, value in given.items():
            own[name].copy_(value)
    return Started(model, processor, tuple(name for name in own if name not in given))


def _parts(folders: Mapping[str, Path]) -> dict[str, Tensor]:
    """Every tensor of some folders by the model's name for it."""
    given: dict[str, Tensor] = {}
    for prefix, folder in folders.items():
        manifest.verify(folder)
        part = {prefix + name: value for name, value in loading.tensors(folder).items()}
        if not part:
            raise InputError(f"{folder} has no weights (*.safetensors) to start from.")
        if twice := sorted(part.keys() & given.keys()):
            raise InputError(f"{folder} has what another folder gave already: {', '.join(twice)}.")
        given |= part
    return given


def _load_trained(
    folder: Path,
    *,
    place: Place,
    language: str | None,
    bits: Bits | None,
    attention: str | None,
    merged: bool,
) -> Loaded:
    """A language model with the connectors and LoRA of a trained folder."""
    config = _config(folder)
    config.trained_only = False
    name = language or config.declaration.language
    processor = processor_of(config, name, folder)
    tensors = _read(folder / TRAINED)
    if not merged:
        _check(skeleton(config), tensors, folder)
    base = load_language(name, place, bits=bits, attention=attention)
    if merged:
        tensors = folding.fold(base, config, tensors, folder / TRAINED)
    loaded = _assembled(config, base, processor)
    _check(loaded.model, tensors, folder)
    with torch.no_grad():
        for name, value in trained_tensors(loaded.model).items():
            value.copy_(tensors[name])
    return loaded


def _load_whole(folder: Path, place: Place, bits: Bits | None, attention: str | None) -> Loaded:
    config = _config(folder)
    processor = processor_of(config, config.declaration.language, folder)
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
        ConfigError: the processor is another system's.
    """
    _check_place(folder)
    processor = own(processor, model.config)
    with draft_of(folder) as draft:
        model.save_pretrained(draft, max_shard_size=max_shard_size)
        processor.save_pretrained(draft)
        _sign(draft, model)
        enclosed.enclose(draft)


def save_trained(model: AffectLM, processor: AffectProcessor, folder: Path) -> None:
    """Write connectors and LoRA alone.

    Raises:
        InputError: the folder holds something that is no model of ours.
        ConfigError: LoRA was merged into the language model, which is not written here; or the
            processor is another system's.
    """
    if model.config.merged:
        raise ConfigError(
            "LoRA was merged into this model's language model, which a folder of trained parts "
            "does not hold: write the whole model (`checkpoint.save`), or write the trained parts "
            "before merging."
        )
    _check_place(folder)
    processor = own(processor, model.config)
    with draft_of(folder) as draft:
        tensors = {name: value.contiguous() for name, value in trained_tensors(model).items()}
        save_file(tensors, draft / TRAINED, metadata={"format": "pt"})
        config = copy.deepcopy(model.config)
        config.trained_only = True
        config.save_pretrained(draft)
        processor.save_pretrained(draft)
        _sign(draft, model)
        enclosed.enclose(draft)


def _assembled(
    config: AffectLMConfig, base: PreTrainedModel, processor: AffectProcessor, seed: int = 0
) -> Loaded:
    config.text_config = base.config
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # that of other devices stays as it is
        model = AffectLM(config, base)
    model.connectors.to(model.language.device, model.language.dtype)
    model.generation_config.pad_token_id = processor.tokenizer.pad_token_id
    return Loaded(model.eval(), processor)


def _check(model: AffectLM, tensors: Mapping[str, Tensor], folder: Path) -> None:
    """Compare names and shapes; InputError lists what differs."""
    wanted = {name: value.shape for name, value in trained_tensors(model).items()}
    found = {name: value.shape for name, value in tensors.items()}
    if wrong := mismatch.compared(wanted, found):
        raise InputError(f"{folder / TRAINED} does not fit its config.json; {wrong}.")


def _config(folder: Path) -> AffectLMConfig:
    path = folder / "config.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["model_type"] == AffectLMConfig.model_type:
            config: AffectLMConfig = AffectLMConfig.from_pretrained(folder)
            return config
    except ConfigError as error:
        raise InputError(f"{path}: {error}") from error
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


def _check_place(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / manifest.FILE).exists():
        raise InputError(f"{folder} holds files that are no model of ours; choose another folder.")
