"""`Tables`: the word tables of the emotion-wheel metric as upstream ships them, faults and all.

A folder has format.csv (stems and their forms), synonym.xlsx (words of the wheels and their
synonyms by eight runs of a model) and wheel1.xlsx … wheel5.xlsx (trees of three levels). Source:
OV-MER and AffectGPT (ICML 2025), `emotion_wheel/` in MERTools; specs/affectgpt-emer.md §2.3–2.4.
"""

import functools
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from affectlens.corpora import table
from affectlens.corpora.table import Row, Table
from affectlens.foundation.errors import InputError

WHEELS = range(1, 6)
LEVELS = range(1, 3)
_RUNS = range(1, 9)

# SHA-256 of each table's content, so that a workbook that was saved again is still recognised.
_SAME = {
    "synonym.xlsx": "36c5c40790bb6a899fa8247b56ca230c37e839ab8832f8621648f5add29209bd",
    "wheel1.xlsx": "aaa461db9d9d44989e4b7f43218bf1ce275946f007c80684e7b84b4065e5f2c9",
    "wheel2.xlsx": "90a283300a71507c32e1ca06effa4d1f3d42d1847ce200dad55084dac5a589be",
    "wheel3.xlsx": "142ec2cd3d2db8d6bdfebd1b5be4fe8360a2e7ba217fe6b876a5426ef243571b",
    "wheel4.xlsx": "ead6e389d60399856aaa4add48c52f6b1e8339f8c8622cc6af206bd0018ecc81",
    "wheel5.xlsx": "b2090f46e58ff2ad0d600345d03804e07ca62b9065887f2ae5e79bf0eaaaa560",
}
KNOWN: Mapping[str, Mapping[str, str]] = {
    "2025": {
        **_SAME,
        "format.csv": "bc77460287721d5e6b96fd6611a5e10e25bb5f7e0754b742d2275486dba341bb",
    },
    "2026": {
        **_SAME,
        "format.csv": "b35dbff4acfdfdf057b40cd6362dd6e36cc4e6778f080abf0b280a3ebb9c6f9b",
    },
}

Sets = Mapping[str, frozenset[str]]
Tree = tuple[tuple[str, str, str], ...]  # levels 1 to 3 of each row


@dataclass(frozen=True, slots=True)
class Tables:
    """The twelve mappings of a folder of tables."""

    version: str  # "2025", "2026", or "other" with the first digits of a checksum
    clusters: Mapping[str, Mapping[str, str]]  # mapping → word → cluster

    @property
    def names(self) -> tuple[str, ...]:
        """Its mappings: case1, case2, wheel1.level1, wheel1.level2 … wheel5.level2."""
        return tuple(self.clusters)

    def map(self, mapping: str, word: str) -> str | None:
        """The cluster of a word, lower-cased and stripped; None where it is in none."""
        return self.clusters[mapping].get(word)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the files say."""

    stems: Sets  # form → its stems
    words: Sets  # stem → words of the wheels
    trees: tuple[Tree, ...]


def read(folder: Path, version: str | None = None) -> Tables:
    """The tables of a folder; once read they are kept for the process.

    `version` is what they must be; without it, they may also be tables of one's own.

    Raises:
        InputError: a file is not there or damaged (its row and column are told), or the tables
            are of another version than was asked for.
    """
    tables, checksums = _read(folder.resolve())
    if version is not None and tables.version != version:
        raise InputError(_other(folder, version, tables.version, checksums))
    return tables


@functools.cache
def _read(folder: Path) -> tuple[Tables, Mapping[str, str]]:
    if not folder.is_dir():
        raise InputError(f"There is no folder of emotion-wheel tables {folder}.")
    files = ["format.csv", "synonym.xlsx", *(f"wheel{i}.xlsx" for i in WHEELS)]
    if absent := [file for file in files if not (folder / file).is_file()]:
        raise InputError(
            f"{folder} lacks {', '.join(absent)}. The tables of the emotion wheels are: "
            f"{', '.join(files)}."
        )
    stems = _forms(table.read(folder / "format.csv"))
    words = _synonyms(table.read(folder / "synonym.xlsx"))
    trees = tuple(_tree(table.read(folder / f"wheel{i}.xlsx")) for i in WHEELS)
    contents = dict(zip(files, [_plain(stems), _plain(words), *trees], strict=True))
    checksums = {file: _checksum(content) for file, content in contents.items()}
    known = [version for version, wanted in KNOWN.items() if wanted == checksums]
    named = known[0] if known else f"other-{_checksum(checksums)[:8]}"
    return Tables(named, _clusters(Parts(stems, words, trees))), checksums


def _forms(read: Table) -> Sets:
    """Forms with their stems. A stem without forms ("no words") has the empty one, as published."""
    name, forms = read.column("name"), read.column("format")
    found: dict[str, set[str]] = defaultdict(set)
    for row in read:
        stem = _filled(row, name)
        for form in row.text(forms).lower().split(","):
            found[form.strip()].add(stem)
    return _frozen(found)


def _synonyms(read: Table) -> Sets:
    """Stems with the words of the wheels whose synonym they are; each word is one of itself."""
    found: dict[str, set[str]] = defaultdict(set)
    for run in _RUNS:
        column, synonyms = read.column(f"word_run{run}"), read.column(f"synonym_run{run}")
        for row in read:
            word = _filled(row, column)
            found[word].add(word)
            for stem in _filled(row, synonyms).split(","):
                found[stem.strip()].add(word)
    return _frozen(found)


def _tree(read: Table) -> Tree:
    """Rows of three levels; a blank cell is as the one above it."""
    columns = [read.column(f"level{level}") for level in (1, 2, 3)]
    above, rows = ["", "", ""], []
    for row in read:
        for level, column in enumerate(columns):
            above[level] = row.text(column).lower() or above[level]
            if not above[level]:
                raise InputError(f"{row.place(column)} is empty, and nothing stands above it.")
        rows.append((above[0], above[1], above[2]))
    return tuple(rows)


def _filled(row: Row, column: str) -> str:
    text = row.text(column).lower()
    if not text:
        raise InputError(f"{row.place(column)} is empty: wanted words.")
    return text


def _clusters(parts: Parts) -> dict[str, dict[str, str]]:
    """All mappings, written out for every form that the tables know."""
    ways: dict[str, Callable[[list[str], list[str]], str | None]] = {
        "case1": lambda stems, _: stems[0],
        "case2": lambda stems, _: min(parts.words.get(stems[0], ()), default=None),
    }
    for i, tree in zip(WHEELS, parts.trees, strict=True):
        for level, of in zip(LEVELS, (_coarse(tree), _middle(tree)), strict=True):
            ways[f"wheel{i}.level{level}"] = functools.partial(_first, of)
    known = {form: sorted(stems) for form, stems in parts.stems.items()}
    # Not "case2, then the wheel": every word of a wheel that can be reached takes part.
    reached = {form: sorted(_reached(parts.words, stems)) for form, stems in known.items()}
    return {
        name: {
            form: cluster
            for form, stems in known.items()
            if (cluster := way(stems, reached[form])) is not None
        }
        for name, way in ways.items()
    }


def _reached(words: Sets, stems: list[str]) -> set[str]:
    return {word for stem in stems for word in words.get(stem, ())}


def _first(clusters: Mapping[str, str], _: list[str], reached: list[str]) -> str | None:
    return next((clusters[word] for word in reached if word in clusters), None)


def _coarse(tree: Tree) -> dict[str, str]:
    """Words with their level 1; where a word stands twice, the later branch has it."""
    return {word: top for top, branches in _branches(tree) for word in _words(top, branches)}


def _middle(tree: Tree) -> dict[str, str]:
    """Words with their level 2; one of level 1 has its alphabetically first branch."""
    found: dict[str, str] = {}
    for top, branches in _branches(tree):
        found[top] = min(branches)
        for branch, leaves in branches.items():
            found[branch] = branch
            found.update(dict.fromkeys(leaves, branch))
    return found


def _branches(tree: Tree) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Level 1 in the order of the file, each with its level 2 and their level 3."""
    nested: dict[str, dict[str, list[str]]] = {}
    for top, branch, leaf in tree:
        nested.setdefault(top, {}).setdefault(branch, []).append(leaf)
    yield from nested.items()


def _words(top: str, branches: Mapping[str, list[str]]) -> Iterator[str]:
    yield top
    for branch, leaves in branches.items():
        yield branch
        yield from leaves


def _frozen(found: Mapping[str, set[str]]) -> Sets:
    return {key: frozenset(values) for key, values in found.items()}


def _plain(sets: Sets) -> dict[str, list[str]]:
    return {key: sorted(values) for key, values in sets.items()}


def _checksum(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _other(folder: Path, wanted: str, found: str, checksums: Mapping[str, str]) -> str:
    """Why tables are not of a version, for people."""
    if wanted not in KNOWN:
        return f"There are tables of the versions {', '.join(KNOWN)}, not of {wanted!r}."
    if found in KNOWN:
        return f"The tables in {folder} are of version {found}, not {wanted}."
    differ = [file for file, digest in KNOWN[wanted].items() if checksums[file] != digest]
    return (
        f"The tables in {folder} are not those of version {wanted}: "
        f"{', '.join(sorted(differ))} has other words. Fetch them with "
        f"`affectlens models pull wheels-{wanted}`."
    )
