"""Weights of encoders and language models: a local folder, or a hub repository's as a folder."""

import functools
import hashlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path

from affectlens.encoders import unpickle
from affectlens.foundation import locks
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.privacy import refuse_telemetry
from affectlens.foundation.records import write_atomically
from affectlens.foundation.weights import cache_folder, offline

log = logging.getLogger(__name__)

CARRIED = "carried:"  # before the name of a model of `foundation.weights`
PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model")
# Copies of the same net in other precisions, and folders for other tools.
_NEVER = ("*/*", "*fp16*", "*fp32*", "*bf16*")
_WEIGHTS = "*.safetensors"
_PICKLED = "pytorch_model*.bin"
_TIMEOUT_S = 5.0
# What decides an encoder's numbers; tokenizers and notes may change beside it.
_DECIDES = (_WEIGHTS, "config.json", "preprocessor_config.json")
_PLAIN = re.compile(r"\w[\w.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def locate(
    source: str,
    *,
    what: str,
    patterns: Sequence[str] = PATTERNS,
    revision: str | None = None,
) -> Path:
    """The local folder of a model: converted by its plain name, `source` itself, or the hub's.

    A name without a slash, such as "eva_vit_g", is looked for among what `affectlens models
    convert` made, then as a folder, and never on the hub. `what` says in messages what the model is
    for. Where weights are asked for and the folder has them only as `pytorch_model.bin`, they are
    converted to safetensors once, in another process, into our cache, and that folder is given.
    `revision` is a branch, tag or commit of the hub's repository; a folder here has none.
    AFFECTLENS_OFFLINE leaves only what is here already. What begins with ".", "~" or "/" can be a
    folder only.

    Raises:
        UnavailableError: it is not here and cannot be fetched, or there are no weights in it.
    """
    here = _here(source, what)
    folder = here or _fetch(source, revision, what=what, patterns=tuple(patterns))
    if _WEIGHTS not in patterns or any(folder.glob(_WEIGHTS)):
        return folder
    if here is None and not any(folder.glob(_PICKLED)):
        folder = _fetch(source, revision, what=what, patterns=(*patterns, _PICKLED))
    if not any(folder.glob(_PICKLED)):
        below = folder / "model"  # of a training run
        near = f" Is {below} meant?" if any(below.glob(_WEIGHTS)) else ""
        raise UnavailableError(
            f"{what}: there are no weights in {folder}; wanted *.safetensors or pytorch_model.bin."
            f"{near}"
        )
    return _converted(folder)


def converted_folder() -> Path:
    """Where converted weights are kept by their plain names."""
    return cache_folder() / "converted"


def fingerprint(folder: Path) -> str:
    """SHA-256 in hex of a model's weights and configuration, by names and contents."""
    files = {path for pattern in _DECIDES for path in folder.glob(pattern)}
    lines = "".join(f"{_sum_of(path)}  {path.name}\n" for path in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def random_fingerprint(text: str) -> str:
    """What stands for the weights of a net that was drawn at random; `text` says how."""
    return hashlib.sha256(f"random: {text}".encode()).hexdigest()


def _here(source: str, what: str) -> Path | None:
    """The folder of what is on this machine; None where the hub may have it."""
    if _PLAIN.fullmatch(source) and (converted_folder() / source).is_dir():
        return converted_folder() / source
    local = Path(source).expanduser()
    if source.strip() and local.is_dir():
        return local.resolve()
    if source.strip() and local.exists():
        raise UnavailableError(
            f"{what}: {source} is a file; give the folder that holds config.json and the weights "
            "as safetensors. `affectlens models convert` makes such a folder of a .pth file."
        )
    if not source.strip() or source[0] in "~." or local.is_absolute():
        raise UnavailableError(f"{what}: there is no folder {source!r}.")
    if "/" in source:
        return None
    raise UnavailableError(
        f"{what}: there are no weights {source!r} in {converted_folder()}, and no such folder "
        f"here. Download the released file (docs/weights.md says which) and run `affectlens models "
        f"convert {source}.pth`, or give a folder or a hub id, which has a slash."
    )


def _fetch(source: str, revision: str | None, *, what: str, patterns: tuple[str, ...]) -> Path:
    """A repository's folder in the user's own cache of the hub; what is not there is fetched."""
    refuse_telemetry()
    from huggingface_hub import errors, snapshot_download

    # The error of the hub's HTTP client, which is another package in each of its major versions.
    client_error = errors.HTTPError  # type: ignore[attr-defined]
    try:
        folder = snapshot_download(
            source,
            revision=revision,
            allow_patterns=list(patterns),
            ignore_patterns=_never(patterns),
            local_files_only=offline(),
            etag_timeout=_TIMEOUT_S,
        )
    except (OSError, ValueError, RuntimeError, client_error) as error:
        first = str(error).strip().split("\n")[0]
        raise UnavailableError(
            f"{what}: {source!r} is no folder here and cannot be had from the hub ({first}) "
            f"Download https://huggingface.co/{source} by hand and give its folder instead."
        ) from error
    return Path(folder)


def _never(patterns: tuple[str, ...]) -> list[str]:
    """What is not fetched; of a folder within, all that is asked for."""
    return [] if any("/" in pattern for pattern in patterns) else list(_NEVER)


def _converted(folder: Path) -> Path:
    """A folder of ours with the weights of `folder` as safetensors and its text files."""
    pickled = sorted(folder.glob(_PICKLED))
    names = "".join(f"{_sum_of(path)}  {path.name}\n" for path in pickled)
    kept = converted_folder() / hashlib.sha256(names.encode()).hexdigest()[:16]
    kept.mkdir(parents=True, exist_ok=True)
    with locks.held(kept / ".lock"):
        for path in folder.iterdir():
            if path.suffix in (".json", ".txt", ".model") and not path.name.endswith("index.json"):
                write_atomically(kept / path.name, path.read_bytes())
        for number, path in enumerate(pickled, start=1):
            made = kept / "model.safetensors"
            if len(pickled) > 1:
                made = kept / f"model-{number:05}-of-{len(pickled):05}.safetensors"
            if not made.exists():
                log.info("converting %s to safetensors, once", path)
                unpickle.to_safetensors(path, made)
        if len(pickled) > 1:
            unpickle.write_index(kept)
    return kept


def _sum_of(path: Path) -> str:
    """A file's SHA-256; the hub's cache names large files by it."""
    blob = path.resolve()
    if _SHA256.fullmatch(blob.name):
        return blob.name
    facts = blob.stat()
    return _hashed(blob, facts.st_size, facts.st_mtime_ns)


@functools.cache
def _hashed(path: Path, size: int, changed_ns: int) -> str:
    """Hashed once per process as long as size and time stay the same."""
    del size, changed_ns
    return sha256_of(path)
