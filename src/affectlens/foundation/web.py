"""Files by their addresses: over https, from that very place, and no byte more than they have."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from affectlens.foundation.carriers import Tell, after, write_checked
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.loopback import is_loopback
from affectlens.foundation.manifest import FileFacts

_TIMEOUT_S = 15.0
_PIECE = 1 << 16


def make_from_web(
    addresses: Mapping[str, str], files: Mapping[str, FileFacts], into: Path, tell: Tell
) -> None:
    """Fetch each file from its address; a redirect is not followed.

    Raises:
        UnavailableError: an address is not https, cannot be reached, answers otherwise than with
            the file, or the file has other content than the manifest says.
    """
    done = 0
    for file, address in addresses.items():
        _fetch(address, files[file], into / file, after(done, tell))
        done += files[file].size


def _fetch(address: str, facts: FileFacts, path: Path, tell: Tell) -> None:
    import httpx2

    place = urlsplit(address)
    within = place.scheme == "http" and is_loopback(place.hostname or "")
    if place.scheme != "https" and not within:
        raise UnavailableError(f"{address} is not an address of https")
    try:
        with httpx2.stream("GET", address, timeout=_TIMEOUT_S, follow_redirects=False) as answer:
            if answer.status_code != 200:
                raise UnavailableError(f"{address} answers {answer.status_code}")
            pieces = answer.iter_bytes(_PIECE)
            write_checked(pieces, facts, path)
    except httpx2.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise UnavailableError(f"{address} cannot be fetched ({reason})") from error
    tell(facts.size)
