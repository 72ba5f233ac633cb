"""LLaMA-Factory: `dataset_info.json` and a file of conversations for each split and task.

Media are told from this folder, which its loader takes for the folder of media, too, unless
`media_dir` says another: the data set can be moved whole. "sharegpt" is its form with tags of
ours; its "openai" form would put a sentence of its own ("detailed thinking off") into each row.

Rows are spread by what media they have, so that each kind stands among the first: the loader takes
a column's type from the first 1,000 rows, and fails where only later ones have pictures, say.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from affectlens.annotation import sharegpt
from affectlens.annotation.annotation import Annotation
from affectlens.annotation.conversation import PLACEHOLDERS
from affectlens.annotation.format import About
from affectlens.annotation.sharegpt import Part, Row
from affectlens.foundation.records import write_atomically, write_pieces

TITLE = "LLaMA-Factory"

_TAGS = {
    "role_tag": "role", "content_tag": "content", "user_tag": "user",
    "assistant_tag": "assistant", "system_tag": "system",
}  # fmt: skip
_README = """# {name} for LLaMA-Factory

{table}

In the settings of a training:

```yaml
dataset_dir: {folder}  # this folder
dataset: {dataset}
```

Leave `media_dir` out: media are told from this folder. Move the data set as a whole. A model that
does not read video, sound and pictures together wants a data set without the others.
"""


def write(annotations: Sequence[Annotation], folder: Path, about: About) -> list[Path]:
    """A file for each split and task, `dataset_info.json` that names them, and README.md.

    Raises:
        ConfigError: an id stands twice, or a row is not as its trainer wants it.
    """
    plan = sharegpt.plan(annotations)
    up = PurePosixPath(Path(os.path.relpath(about.root, folder)).as_posix())
    info: dict[str, Any] = {}
    paths = []
    for part in plan.parts:
        path = folder / f"{part.stem}.json"
        found = sharegpt.rows(annotations, _spread(part), plan.space)
        write_pieces(path, sharegpt.encoded(_array(_below(row, up) for row in found)))
        info[_name(about, part)] = _entry(part)
        paths.append(path)
    listed, readme = folder / "dataset_info.json", folder / "README.md"
    write_atomically(listed, json.dumps(info, ensure_ascii=False, indent=2) + "\n")
    write_atomically(
        readme,
        _README.format(
            name=about.name,
            table=sharegpt.table(plan, {p.stem: f"{p.stem}.json" for p in plan.parts}),
            folder=folder.name,
            dataset=",".join(_name(about, p) for p in plan.parts if p.split == "train"),
        ),
    )
    return [*paths, listed, readme]


def _spread(part: Part) -> Part:
    """The same clips, those of each set of media at even distances, from the first row on."""
    times = Counter(part.media)
    before: Counter[tuple[str, ...]] = Counter()
    shares = []
    for place, media in zip(part.places, part.media, strict=True):
        shares.append((before[media] / times[media], place, media))
        before[media] += 1
    shares.sort()
    return replace(
        part,
        places=tuple(place for _, place, _ in shares),
        media=tuple(media for _, _, media in shares),
    )


def _entry(part: Part) -> dict[str, Any]:
    """What the loader must know of a file; a column of media that no row uses is not named."""
    used = [key for key in PLACEHOLDERS if any(key in media for media in part.media)]
    return {
        "file_name": f"{part.stem}.json",
        "formatting": "sharegpt",
        "columns": {"messages": "messages", **{key: key for key in used}},
        "tags": _TAGS,
    }


def _name(about: About, part: Part) -> str:
    """A data set's name there; commas would part it in two."""
    return re.sub(r"[^\w.-]+", "_", f"{about.name}_{part.stem}")


def _below(row: Row, up: PurePosixPath) -> Row:
    return {**row, **{key: [str(up / path) for path in row[key]] for key in PLACEHOLDERS}}


def _array(rows: Iterator[Row]) -> Iterator[str]:
    comma = "[\n"
    for row in rows:
        yield comma + sharegpt.line(row)
        comma = ",\n"
    yield "\n]\n"
