"""`Items`: a source of clips as a sequence that reads each one when it is asked for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import overload

from affectlens.annotation.annotation import Annotation, Media
from affectlens.foundation.missing import Missing
from affectlens.training.item import Item


class Items(Sequence[Item]):
    """So many clips, read by their numbers; none is kept."""

    def __init__(self, count: int, read: Callable[[int], Item]) -> None:
        """`read` can be pickled, so that processes which read features can have it.

        It raises InputError, with file and row, for a clip that is damaged.
        """
        self._count = count
        self._read = read

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return self._read(index % self._count)


class Annotated:
    """Reads clips of annotations, whoever holds those; media lie below one of some folders."""

    def __init__(self, annotations: Sequence[Annotation], roots: Sequence[Path], file: str) -> None:
        self._annotations = annotations
        self._roots = tuple(roots)
        self._file = file

    def items(self) -> Items:
        """All of them."""
        return Items(len(self._annotations), self)

    def __call__(self, index: int) -> Item:
        """One clip."""
        one = self._annotations[index]
        place = f"{self._file}, item {index + 1}"
        return Item(annotation=one, media=file_of(one.media, self._roots), place=place)


def annotated(annotations: Sequence[Annotation], path: Path) -> Items:
    """Annotations of a file or folder, with media below it or beside it."""
    roots = (path, path.parent) if path.is_dir() else (path.parent, path.parent.parent)
    return Annotated(annotations, roots, path.name).items()


def file_of(media: Media, roots: Sequence[Path]) -> Path | Missing:
    """The first of an annotation's files, where it lies below one of these folders."""
    told = media.video or media.sound or media.picture
    if told is None:
        return Missing("nothing tells of a file of it")
    return below(told, roots)


def below(told: str, roots: Sequence[Path]) -> Path | Missing:
    """A file that is told from one of these folders, or by its whole path."""
    paths = (root / told for root in roots)
    try:
        found = next((path for path in paths if path.is_file()), None)
    except (OSError, ValueError) as error:  # a name that no file can have
        return Missing(f"{told[:80]!r} cannot be opened: {error}")
    return found or Missing(f"there is no file {told} in {roots[0]}")
