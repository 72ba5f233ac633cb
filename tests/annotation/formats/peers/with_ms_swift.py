"""Run by an interpreter that has ms-swift: its own loading of data sets, up to its templates.

Prints one JSON object: for each file its rows, where each of their media is looked for, and how
many of the words of each row its templates take for a medium. Call it with ROOT_IMAGE_DIR set.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any


def encoded(row: dict[str, Any]) -> dict[str, Any]:
    """A row after what every template does before it tokenizes."""
    base = importlib.import_module("swift.template.base")
    given = importlib.import_module("swift.template.template_inputs")
    vision = importlib.import_module("swift.template.vision_utils")
    inputs = given.TemplateInputs.from_dict(row).chosen
    before = [turn["content"] for turn in inputs.messages]
    base.Template._replace_image_tags(inputs)
    base.Template._add_default_tags(inputs)
    after = [turn["content"] for turn in inputs.messages]
    parts, _ = base.Template._split_special_tokens(after, [1.0] * len(after))
    images = [one["path"] if isinstance(one, dict) else one for one in inputs.images]
    media = {"videos": inputs.videos, "audios": inputs.audios, "images": images}
    return {
        "changed": before != after,
        "contents": after,
        "media": {
            kind: [vision._check_path(one) for one in paths] for kind, paths in media.items()
        },
        "tags": [part for part in parts if part in base.Template.special_tokens],
    }


def main(files: list[Path]) -> None:
    """Load every file, refusing what ms-swift would drop."""
    dataset = importlib.import_module("swift.dataset")
    found = {}
    for file in files:
        rows, _ = dataset.load_dataset([str(file)], strict=True)
        found[file.name] = [encoded(row) for row in rows]
    print("FOUND " + json.dumps(found))  # noqa: T201 - it is read by the test


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]])
