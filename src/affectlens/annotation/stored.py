"""`Stored`: annotations of a file of JSON lines, read one at a time however many there are."""

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

from affectlens.annotation import document
from affectlens.annotation.annotation import Annotation
from affectlens.foundation.errors import InputError


class Stored(Sequence[Annotation]):
    """Lines of a file; each is decoded when it is asked for, none is kept."""

    def __init__(self, path: Path, starts: Iterable[int], *, inside: str | None = None) -> None:
        """`starts` is where lines begin; `inside`, the key that holds the annotation in each."""
        self._path = path
        self._starts = array("Q", starts)
        self._inside = inside

    @staticmethod
    def of(path: Path) -> "Stored":
        """Every line of `annotations.jsonl`, or of a file like it.

        Raises:
            InputError: there is no such file.
        """
        if not path.is_file():
            raise InputError(
                f"{path.parent} is no data set: it has no {path.name}. Make one with "
                "`affectlens annotate PATHS -o FOLDER`."
            )
        return Stored(path, (start for start, line in lines(path) if line.strip()))

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Annotation: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Annotation]: ...
    def __getitem__(self, index: int | slice) -> Annotation | Sequence[Annotation]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        with self._path.open("rb") as file:
            file.seek(self._starts[index])
            return self._parse(file.readline(), index)

    def __iter__(self) -> Iterator[Annotation]:
        with self._path.open("rb") as file:
            for index, start in enumerate(self._starts):
                file.seek(start)
                yield self._parse(file.readline(), index)

    def _parse(self, line: bytes, index: int) -> Annotation:
        where = f"{self._path}, item {index + 1}"
        try:
            data = json.loads(line)
            whole = data if self._inside is None else data[self._inside]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{where} is damaged ({error!r}). Annotate again.") from None
        return document.from_json(whole, where)


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Every complete line of a file with where it begins; a torn last one is passed over."""
    start = 0
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield start, line
            start += len(line)
