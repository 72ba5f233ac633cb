"""ms-swift: a JSON-lines file of conversations for each split and task.

Media are told from the data set's folder. ms-swift looks for them in the folder that it is run in,
and then in that of the environment variable ROOT_IMAGE_DIR, which counts for all media.
"""

from collections.abc import Sequence
from pathlib import Path

from affectlens.annotation import sharegpt
from affectlens.annotation.annotation import Annotation
from affectlens.annotation.format import About
from affectlens.foundation.records import write_atomically, write_pieces

TITLE = "ms-swift"

_README = """# {name} for ms-swift

{table}

Media are told from the folder above this one: run there, or name it as `ROOT_IMAGE_DIR`.

```sh
ROOT_IMAGE_DIR=/path/to/the/data/set swift sft --dataset {dataset} …
```
"""


def write(annotations: Sequence[Annotation], folder: Path, about: About) -> list[Path]:
    """A file for each split and task, and README.md that says where media are looked for.

    Raises:
        ConfigError: an id stands twice, or a row is not as its trainer wants it.
    """
    plan = sharegpt.plan(annotations)
    names = {part.stem: f"{part.stem}.jsonl" for part in plan.parts}
    paths = []
    for part in plan.parts:
        path = folder / names[part.stem]
        found = sharegpt.rows(annotations, part, plan.space)
        write_pieces(path, sharegpt.encoded(sharegpt.line(row) + "\n" for row in found))
        paths.append(path)
    readme = folder / "README.md"
    told = " ".join(f"{folder.name}/{names[p.stem]}" for p in plan.parts if p.split == "train")
    table = sharegpt.table(plan, names)
    write_atomically(readme, _README.format(name=about.name, table=table, dataset=told))
    return [*paths, readme]
