"""What a run's provenance tells of its data: contents, splits, labels, licences."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from affectlens.emotions.spaces import space
from affectlens.foundation.errors import InputError
from affectlens.foundation.missing import Missing
from affectlens.training import data_hashes
from affectlens.training.contents import size_of
from affectlens.training.item import Item
from affectlens.training.leaks import Checksums
from affectlens.training.recipe import Recipe
from affectlens.training.tasks import label_of

NO_LABEL = "no label"
_ROWS = "ids and labels, each in a line, sorted"
_MEDIA = "SHA-256 of the files that it lists, each in a line, sorted"


def data_told(
    name: str, recipe: Recipe, items: Sequence[Item], sums: Checksums
) -> dict[str, object]:
    """One of a recipe's data, as JSON without a path of the machine."""
    data, labels = recipe.data[name], space(recipe.space)
    path = Path(data.path)
    is_list = bool(data.path) and path.is_file()  # the media lie elsewhere
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    licences: set[str] = set()
    media: list[Item] = []
    rows: list[str] = []
    for index in range(len(items)):
        try:
            item = items[index]
        except (InputError, OSError):
            counts["broken"][NO_LABEL] += 1
            continue
        split, label = item.annotation.split, label_of(item, labels, data.labels)
        said = NO_LABEL if isinstance(label, Missing) else label
        counts["train" if isinstance(split, Missing) else split][said] += 1
        licences.add(item.annotation.source.licence)
        rows.append(f"{item.id} {said}\n")
        if is_list:
            media.append(item)
    if data.path and path.exists():
        contents = data_hashes.contents(path) | _media(media, sums)
    else:
        contents = {"sha256": data_hashes.of_lines(sorted(rows)), "of": _ROWS}
    return {
        "format": data.format,
        "path": path.name if data.path else "",
        **contents,
        "clips": {split: dict(sorted(own.items())) for split, own in sorted(counts.items())},
        "licences": sorted(licences - {""}),
    }


def _media(items: Sequence[Item], sums: Checksums) -> dict[str, object]:
    """One checksum of all files that a list names, unless they are too large to be read again."""
    if not items or sum(max(size_of(one), 0) for one in items) > data_hashes.MOST:
        return {}
    found = {told for one in items if (told := sums.of(one)) is not None}
    lines = (f"{one}\n" for one in sorted(found))
    return {"media_sha256": data_hashes.of_lines(lines), "media_of": _MEDIA, "media": len(found)}
