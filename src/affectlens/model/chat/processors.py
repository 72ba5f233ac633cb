"""The processor of a model that sees or hears: its tokenizer, and what makes media into numbers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectlens.encoders.quiet import quiet
from affectlens.foundation.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from transformers import PretrainedConfig, ProcessorMixin

_SAFE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
_VIDEO = "video_processor"
_TOLD_IN = ("processor_config.json", "preprocessor_config.json", "tokenizer_config.json")


def load_processor(folder: Path, config: "PretrainedConfig") -> "ProcessorMixin":
    """The processor of a folder; it takes no videos, for which torchvision would be needed.

    Raises:
        InputError: there is none, or it cannot be read.
        UnavailableError: a package that it needs is not installed.
    """
    with quiet():
        try:
            return _loaded(folder, config)
        except ImportError as error:
            first = " ".join(str(error).split())[:200]
            raise UnavailableError(f"The processor in {folder} cannot be had: {first}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            first = str(error).strip().split("\n")[0]
            raise InputError(
                f"There is no processor that can be read in {folder}: {first}"
            ) from error


def _loaded(folder: Path, config: "PretrainedConfig") -> "ProcessorMixin":
    """Part by part: the library would ask for torchvision, and resize by it where it is there."""
    kind, readers = _kind(folder, config), _readers()
    names = kind.get_attributes()
    if not {*names} <= {*readers, _VIDEO}:
        whole: ProcessorMixin = kind.from_pretrained(folder, **_SAFE)
        return whole
    parts = [None if name == _VIDEO else readers[name](folder) for name in names]
    told, rest = kind.get_processor_dict(folder, local_files_only=True)
    found: ProcessorMixin = _without_video(kind).from_args_and_dict(parts, told, **rest)
    return found


def _readers() -> dict[str, Any]:
    """What reads each part."""
    from transformers import AutoFeatureExtractor, AutoImageProcessor, AutoTokenizer

    return {
        "tokenizer": lambda folder: AutoTokenizer.from_pretrained(folder, **_SAFE),
        "feature_extractor": lambda folder: AutoFeatureExtractor.from_pretrained(folder, **_SAFE),
        # By PIL wherever it can be: the same numbers with and without torchvision.
        "image_processor": lambda folder: AutoImageProcessor.from_pretrained(
            folder, backend="pil", **_SAFE
        ),
    }


def _kind(folder: Path, config: "PretrainedConfig") -> Any:
    """The class that the files name, else the one that goes with the model."""
    from transformers.models.auto import processing_auto

    for name in _TOLD_IN:
        path = folder / name
        told = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        named = told.get("processor_class")
        kind = processing_auto.processor_class_from_name(named) if named else None
        if kind is not None:
            return kind
    if type(config) not in processing_auto.PROCESSOR_MAPPING:
        raise ValueError(f"transformers has none for {config.model_type}")
    return processing_auto.PROCESSOR_MAPPING[type(config)]


def _without_video(kind: Any) -> Any:
    """A processor that does without the part for videos, and is otherwise the same."""

    class Still(kind):
        def check_argument_for_proper_class(self, argument_name: str, argument: object) -> Any:
            if argument_name == _VIDEO:
                return type(None)
            return super().check_argument_for_proper_class(argument_name, argument)

    return Still
