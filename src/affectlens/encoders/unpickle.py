"""A pickled checkpoint as safetensors: read by torch in another process, tensors only.

`python -m affectlens.encoders.unpickle IN OUT` is that process. A file is read with torch's
`weights_only`, so that it cannot run code; the process of its own is the second wall.
"""

import json
import logging
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from affectlens.foundation import room
from affectlens.foundation.errors import InputError, LimitError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.progress import Progress, silent

log = logging.getLogger(__name__)

_WRAPPERS = ("model", "state_dict", "module")  # where trainers keep the net among other things
_LAST_WORDS = 1000
_EVERY_S = 0.2  # between two looks at how much is written
_REFUSED = re.compile(r"GLOBAL (\S+)")  # all of torch's reason but its advice to trust the file


def to_safetensors(path: Path, out: Path, *, progress: Progress = silent) -> None:
    """Write the tensors of a `torch.save` file under their names; the file appears whole.

    Of a training checkpoint only the net's are taken ("model", "state_dict", "module"); dicts
    inside are flattened with dots. What is no tensor, or not the net's, is dropped;
    `dropped(out)` lists it.

    Raises:
        InputError: torch cannot read it as weights only, or there is no tensor in it.
        LimitError: there is no room for its tensors.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    tell = partial(progress, f"read {path.name}")
    try:
        _run([str(path.absolute()), str(draft.absolute())], path, lambda: tell(_share(path, draft)))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    tell(1.0)
    log.info("%s: sha256 %s, written to %s", path, sha256_of(path), out)
    for name in dropped(out):
        log.info("%s: %s is not of the net, or no tensor, and was dropped", path, name)


def _run(arguments: list[str], path: Path, look: Callable[[], None]) -> None:
    """The child process, with a look now and then; it ends with us."""
    command = [sys.executable, "-P", "-m", __name__, *arguments]
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words
        )
        try:
            while True:
                try:
                    code = process.wait(_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    look()
        finally:
            process.kill()
            process.wait()
        if code:
            words.seek(0)
            said = words.read().decode(errors="replace").strip().splitlines()
            last = said[-1][-_LAST_WORDS:] if said else f"the process ended: {code}"
            kind = LimitError if code == LimitError.exit_code else InputError
            raise kind(f"{path} cannot be converted to safetensors: {last}")


def _share(path: Path, draft: Path) -> float:
    written = draft.stat().st_size if draft.exists() else 0
    return min(0.99, written / max(path.stat().st_size, 1))


def dropped(made: Path) -> list[str]:
    """Names of what was no tensor of the net in the pickled file that `made` was made of."""
    from safetensors import safe_open

    with safe_open(made, framework="np") as file:
        names: list[str] = json.loads(file.metadata()["dropped"])
    return names


def write_index(folder: Path) -> None:
    """Write model.safetensors.index.json, which says which of a model's files has which tensor."""
    from safetensors import safe_open

    from affectlens.foundation.records import write_atomically

    places: dict[str, str] = {}
    for path in sorted(folder.glob("model-*.safetensors")):
        with safe_open(path, framework="np") as file:
            places.update(dict.fromkeys(file.keys(), path.name))
    total = sum(path.stat().st_size for path in folder.glob("model-*.safetensors"))
    index = {"metadata": {"total_size": total}, "weight_map": places}
    write_atomically(folder / "model.safetensors.index.json", json.dumps(index, indent=1))


def _net_of(checkpoint: Mapping[str, Any], before: str = "") -> tuple[Mapping[str, Any], list[str]]:
    """The net's own dict inside a training checkpoint, and the names of what is beside it."""
    for name in _WRAPPERS:
        if isinstance(checkpoint.get(name), Mapping):
            beside = [f"{before}{key}" for key in checkpoint if key != name]
            net, more = _net_of(checkpoint[name], f"{before}{name}.")
            return net, beside + more
    return checkpoint, []


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _read(path: Path) -> Any:
    """What the file holds; tensors stay in the file until they are touched."""
    import argparse  # trainers keep their command line beside the net
    import pickle
    import zipfile

    import torch

    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            # Files of before torch 1.6 are no zip archives, which alone can be mapped.
            mapped = zipfile.is_zipfile(path)
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except (RuntimeError, EOFError, OSError, LookupError, ValueError, TypeError) as error:
        sys.exit(f"it is damaged, or no file of torch.save: {_first_line(str(error))}")
    except pickle.UnpicklingError as error:
        asked = _REFUSED.search(str(error))
        if asked is None:
            sys.exit("it is damaged, or no file of torch.save")
        sys.exit(f"it holds more than weights, it asks for {asked[1]}; it was not read")


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason was given"])[0]


def _convert(path: Path, out: Path) -> None:
    """The work of the child process."""
    import shutil

    import torch
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    loaded = _read(path)
    if not isinstance(loaded, Mapping):
        sys.exit(f"it holds a {type(loaded).__name__}, wanted a dict of tensors")
    net, beside = _net_of(loaded)
    items = list(_flat(net))
    found = {name: value for name, value in items if isinstance(value, torch.Tensor)}
    if not found:
        sys.exit(f"there is no tensor in it; it has: {', '.join(map(str, loaded)) or 'nothing'}")
    if len(dict(items)) < len(items):
        sys.exit("two of its tensors have the same name")
    size = sum(tensor.numel() * tensor.element_size() for tensor in found.values())
    if size > shutil.disk_usage(out.parent).free:
        _stop_for_room(f"its tensors take {size / 1e9:.1f} GB, more than is free in {out.parent}")
    others = [name for name, _ in items if name not in found]
    metadata = {"format": "pt", "dropped": json.dumps(beside + others)}
    try:
        save_file(_unshared(found), out, metadata=metadata)
    except (OSError, SafetensorError) as error:
        if not room.is_full(error):
            raise
        _stop_for_room(f"the disk of {out.parent} is full")


def _stop_for_room(reason: str) -> NoReturn:
    """End the child so that its parent knows that it was for want of room."""
    sys.stderr.write(reason)
    sys.exit(LimitError.exit_code)


def _unshared(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Copies where two tensors share memory, as tied weights do: safetensors refuses those."""
    seen: set[int] = set()
    whole = {}
    for name, tensor in tensors.items():
        own = tensor.detach().contiguous()
        memory = own.untyped_storage().data_ptr()
        whole[name] = own.clone() if memory in seen else own
        seen.add(memory)
    return whole


if __name__ == "__main__":
    _convert(Path(sys.argv[1]), Path(sys.argv[2]))
