"""Models from a hub repository: the hub's own cache, else one quick try of the network."""

import http.client
import urllib.request
from pathlib import Path
from typing import Any

from affectlens.foundation.carriers import Tell, after, pieces_of, write_checked
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.manifest import Hub, Model

_TIMEOUT_S = 5.0


def make_from_hub(model: Model, hub: Hub, into: Path, *, offline: bool, tell: Tell) -> None:
    """Copy a model's files out of a hub repository; offline, only the hub's cache is looked at.

    Raises:
        UnavailableError: the hub cannot be reached, or a file is not there or has other content.
    """
    if not offline:
        _reach(hub, next(iter(model.files)))
    done = 0
    for file, facts in model.files.items():
        path = _file(hub, file, offline=offline, tell=after(done, tell))
        with path.open("rb") as source:
            write_checked(pieces_of(source), facts, into / file)
        done += facts.size


def _file(hub: Hub, file: str, *, offline: bool, tell: Tell) -> Path:
    """Where the hub's cache has a file, after fetching it unless offline."""
    from huggingface_hub import errors, hf_hub_download

    # The error of the hub's HTTP client, which is another package in each of its major versions.
    client_error = errors.HTTPError  # type: ignore[attr-defined]
    try:
        path = hf_hub_download(
            hub.repository,
            file,
            revision=hub.revision,
            local_files_only=offline,
            etag_timeout=_TIMEOUT_S,
            tqdm_class=_listener(tell),
        )
    except (OSError, ValueError, client_error) as error:
        first = str(error).strip().split("\n")[0]
        raise UnavailableError(f"{file} could not be had: {first}") from error
    return Path(path)


def _listener(tell: Tell) -> type[Any]:
    """What the hub's client takes for its bar: it shows nothing and passes the bytes on."""
    from tqdm import tqdm  # type: ignore[import-untyped]

    class Listener(tqdm):  # type: ignore[misc]
        def __init__(self, *_: object, **options: object) -> None:
            super().__init__(disable=True, total=options.get("total"))
            self.bytes = 0

        def update(self, n: float | None = 1) -> None:
            self.bytes += int(n or 0)
            tell(self.bytes)

    return Listener


def _reach(hub: Hub, file: str) -> None:
    """One short request, because the hub's client retries for half a minute."""
    from huggingface_hub import constants, hf_hub_url

    if constants.HF_HUB_OFFLINE:
        raise UnavailableError("HF_HUB_OFFLINE is set")
    url = hf_hub_url(hub.repository, file, revision=hub.revision)
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310  # the hub's own address
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310
            return
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"it cannot be reached ({error})") from error
