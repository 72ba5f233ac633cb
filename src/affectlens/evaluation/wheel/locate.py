"""Which word tables a metric scores with: ours, upstream's once pulled, or those of a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from affectlens.evaluation.wheel import own, tables
from affectlens.evaluation.wheel.mapping import Mappings
from affectlens.foundation import weights
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.hashing import sha256_of
from affectlens.foundation.missing import Missing

OWN = "own"


@dataclass(frozen=True, slots=True)
class _Own:
    """Our table as one wheel of two levels: families, and groups within them."""

    table: own.OwnTable
    version: str  # "own" with the first digits of the table's checksum

    ways: ClassVar[Mapping[str, str]] = {
        "case1": "form",
        "wheel1.level1": "level1",
        "wheel1.level2": "level2",
    }

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.ways)

    def map(self, mapping: str, word: str) -> str | None:
        return self.table.map(self.ways[mapping], word)


def locate(name: str, version: str | None = None) -> Mappings:
    """Tables by name: "own", "2025" or "2026" (once pulled), or a folder's path.

    `version` is what the tables of a folder must be.

    Raises:
        UnavailableError: the tables of a year are not on this machine; tells how to get them.
        ConfigError: a version is wanted of tables that have another.
        InputError: the folder's tables are not there, damaged, or of another version.
    """
    if version is not None and name in (OWN, *tables.KNOWN) and version != name:
        raise ConfigError(f"The tables {name!r} are not of version {version!r}: leave one out.")
    if name == OWN:
        digest = sha256_of(Path(own.__file__).with_name("own.toml"))
        return _Own(own.table(), f"own-{digest[:8]}")
    if name not in tables.KNOWN:
        return tables.read(Path(name).expanduser(), version)
    found = weights.find(f"wheels-{name}")
    if isinstance(found, Missing):
        raise UnavailableError(
            f"{found.reason} A folder of these tables does as well: tables=FOLDER."
        )
    return tables.read(found, name)
