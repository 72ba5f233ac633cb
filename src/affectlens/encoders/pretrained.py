"""Nets of `transformers` from a folder: every tensor in its place, or a list and a stop."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from affectlens.encoders import loading, mismatch
from affectlens.encoders.quiet import quiet
from affectlens.foundation.device import Place
from affectlens.foundation.errors import InputError


def configuration(kind: Any, folder: Path, *, families: Sequence[str], width: int) -> Any:
    """A folder's config.json as that of a net of class `kind`.

    Raises:
        InputError: it cannot be read, or its model is of none of the `families`.
        ConfigError: its hidden states are not `width` wide.
    """
    path = folder / "config.json"
    try:
        family = json.loads(path.read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} says nothing of a model ({type(error).__name__}: {error}). "
            "Give the folder that `save_pretrained` or the hub made, whole."
        ) from error
    if family not in families:
        wanted = " or ".join(families)
        raise InputError(f"{folder} holds a model of the family {family!r}; wanted {wanted}.")
    found = kind.config_class.from_pretrained(folder)
    loading.check_width(folder, found.hidden_size, width)
    return found


def load(
    kind: Any,
    folder: Path,
    *,
    config: Any,
    place: Place,
    spare: str | None = None,
    rename: Mapping[str, str] | None = None,
) -> Any:
    """A frozen net of class `kind` where `place` says.

    `spare` is a regular expression for the beginnings of names that the files may hold beyond the
    net's; `rename` has patterns in the files' names and what stands in their place.

    Raises:
        InputError: tensors are missing, left over or of another shape; they are listed.
    """
    try:
        with quiet():
            net, report = kind.from_pretrained(
                folder,
                config=config,
                dtype=place.torch_dtype(),
                key_mapping=rename,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # so that they are told, not thrown
            )
    except (OSError, SafetensorError) as error:
        raise InputError(f"The weights in {folder} cannot be read: {error}") from error
    wrong = mismatch.told(
        missing=report["missing_keys"],
        left_over=report["unexpected_keys"],
        misshapen=report["mismatched_keys"],
        spare=spare,
    )
    if wrong or report["error_msgs"]:
        lists = "; ".join(filter(None, [wrong, *map(str, report["error_msgs"])]))
        raise InputError(f"The weights in {folder} are not those of this encoder; {lists}.")
    loading.freeze(net)
    return net.to(place.torch_device())
