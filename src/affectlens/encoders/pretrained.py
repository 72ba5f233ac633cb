"""Picture nets of `transformers` from a folder: every tensor in its place, or a list and a stop."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from affectlens.encoders.loading import freeze
from affectlens.foundation.errors import ConfigError, InputError

_NAMED = 8


def configuration(kind: Any, folder: Path, *, families: Sequence[str]) -> Any:
    """A folder's config.json as a configuration of class `kind`.

    Raises:
        InputError: it cannot be read, or its model is of none of the `families`.
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
    return kind.from_pretrained(folder)


def check_width(folder: Path, found: int, wanted: int, *, setting: str = "width") -> None:
    """Compare a size of the weights with the encoder's setting for it.

    Raises:
        ConfigError: they differ.
    """
    if found != wanted:
        raise ConfigError(
            f"The weights in {folder} are made for {setting} {found}, the encoder is set to "
            f"{wanted}. Set {setting} to {found}, or give other weights."
        )


def load(kind: Any, folder: Path, *, config: Any, dtype: torch.dtype, spare: str) -> Any:
    """A net of class `kind` in eval mode, on the CPU.

    `spare` is a regular expression for names of tensors that the file may hold beyond the net's.

    Raises:
        InputError: tensors are missing, left over or of another shape; they are listed.
    """
    try:
        with _quiet():
            net, report = kind.from_pretrained(
                folder,
                config=config,
                dtype=dtype,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # so that they are told, not thrown
            )
    except (OSError, SafetensorError) as error:
        raise InputError(f"The weights in {folder} cannot be read: {error}") from error
    _check(folder, report, spare)
    freeze(net)
    return net


def _check(folder: Path, report: Mapping[str, Iterable[Any]], spare: str) -> None:
    """Stop unless every tensor found its place and what is over was expected to be."""
    wrong = {
        "missing": sorted(report["missing_keys"]),
        "left over": sorted(n for n in report["unexpected_keys"] if not re.match(spare, n)),
        "of another shape": sorted(
            f"{name} {list(found)} instead of {list(wanted)}"
            for name, found, wanted in report["mismatched_keys"]
        ),
        "not converted": sorted(report["error_msgs"]),
    }
    lists = "; ".join(
        f"{len(names)} {how}: {_some(names)}" for how, names in wrong.items() if names
    )
    if lists:
        raise InputError(
            f"The weights in {folder} are not those of this encoder; {lists}. "
            "Give the folder of the model that the encoder is made for."
        )


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's own report and progress bar: ours says what is wrong, and stops."""
    from transformers.utils import logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()
