"""Parquet files that `datasets.load_dataset` reads without a script, in the Hub's layout.

data/train-00000-of-00001-HASH.parquet and so on for each split, and README.md that tells them.
HASH is of the file's content: `datasets` knows a folder again by the names of its files alone, and
would give the rows of an older data set for those of a new one. Columns stand for what is most
asked for; `annotation` holds everything, as JSON.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from affectlens.annotation import document
from affectlens.annotation.annotation import Annotation
from affectlens.annotation.conversation import trainer_fields
from affectlens.annotation.format import About
from affectlens.annotation.splits import by_split
from affectlens.foundation.errors import InputError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.records import write_atomically

TITLE = "Parquet for Hugging Face datasets"
_FILE_ROWS, _GROUP_ROWS = 5000, 250  # a row is about 20 kB of JSON

_README = """---
configs:
- config_name: default
  data_files:
{files}
---

# {name} as Parquet

```python
from datasets import load_dataset

data = load_dataset("PATH OF THIS FOLDER")
```

Paths of media are told from the data set's folder, which is the one above this. The column
`annotation` holds all that is known of a clip, as JSON.
"""
_OURS = re.compile(r"\w+-\d{5}-of-\d{5}-[0-9a-f]{16}\.parquet")


def write(annotations: Sequence[Annotation], folder: Path, about: About) -> list[Path]:
    """Files of at most 5,000 clips for each split, and README.md.

    Raises:
        ConfigError: two splits would have the same name.
        UnavailableError: pyarrow is not installed.
    """
    arrow = _pyarrow()
    places = by_split(annotations)
    written = []
    files = []
    for name in sorted(places):
        parts = list(_runs(places[name], _FILE_ROWS))
        files += [f"  - split: {name}", "    path:"]
        for number, part in enumerate(parts):
            data = _file(arrow, annotations, part)
            content = hashlib.sha256(data).hexdigest()[:16]
            stem = f"{name}-{number:05d}-of-{len(parts):05d}"
            path = folder / "data" / f"{stem}-{content}.parquet"
            write_atomically(path, data)
            written.append(path)
            files.append(f"    - data/{path.name}")
    _remove_older(folder, written)
    readme = folder / "README.md"
    title = re.sub(r"\s+", " ", about.name)
    write_atomically(readme, _README.format(files="\n".join(files), name=title))
    return [*written, readme]


def read(path: Path) -> list[Annotation]:
    """Annotations of a file, or of all below a folder, in order of their ids.

    Raises:
        InputError: there is none, or a file or a row is damaged.
        UnavailableError: pyarrow is not installed.
    """
    _pyarrow()
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise InputError(f"There is no Parquet file at {path}.")
    found = [one for file in files for one in _rows(file)]
    return sorted(found, key=lambda one: one.id)


def _remove_older(folder: Path, written: Sequence[Path]) -> None:
    """Remove what was written here before: its rows would stand beside the new ones."""
    for path in folder.glob("data/*.parquet"):
        if path not in written and _OURS.fullmatch(path.name):
            path.unlink()


def _runs(places: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Runs of at most so many."""
    for start in range(0, len(places), size):
        yield places[start : start + size]


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UnavailableError("Parquet needs pyarrow: pip install 'affectlens[data]'.") from error
    return pyarrow


def _file(arrow: Any, annotations: Sequence[Annotation], places: Sequence[int]) -> bytes:
    """A Parquet file of these clips, a group of rows at a time."""
    sink = arrow.BufferOutputStream()
    schema = _schema(arrow)
    with arrow.parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for group in _runs(places, _GROUP_ROWS):
            rows = [_row(annotations[place]) for place in group]
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
    return bytes(sink.getvalue())


def _schema(arrow: Any) -> Any:
    text, number = arrow.string(), arrow.float64()
    texts = arrow.list_(text)
    turn = arrow.struct([("role", text), ("content", text)])
    unit = arrow.struct([("unit", text), ("intensity", number)])
    return arrow.schema(
        [
            *((name, text) for name in _TEXTS),
            *((name, number) for name in _NUMBERS),
            *((name, texts) for name in ("ov_labels", "videos", "audios", "images")),
            ("messages", arrow.list_(turn)),
            ("action_units", arrow.list_(unit)),
            ("annotation", text),
        ]
    )


_TEXTS = (
    "id", "split", "label", "given", "face", "objective", "tone", "subtitle", "coarse", "fine",
    "speaker", "source", "source_sha256", "licence", "recipe_sha256",
)  # fmt: skip
_NUMBERS = "duration_s", "peak_time_s", "valence", "arousal", "score"


def _row(one: Annotation) -> dict[str, Any]:
    """Columns by name; what is Missing is null, and its reason stands in `annotation`."""
    source, peak = one.source, one.peak
    there = {} if isinstance(peak, Missing) else peak.action_units
    elsewhere = {
        "speaker": source.speaker,
        "source": source.origin,
        "source_sha256": source.sha256,
        "licence": source.licence or None,
        "duration_s": source.duration_s,
        "peak_time_s": None if isinstance(peak, Missing) else peak.time_s,
    }
    own = {n: getattr(one, n) for n in (*_TEXTS, *_NUMBERS) if n not in elsewhere}
    flat = {
        name: None if isinstance(value, Missing) else value
        for name, value in {**own, **elsewhere}.items()
    }
    units = [{"unit": unit, "intensity": there[unit]} for unit in sorted(there)]
    whole = json.dumps(document.to_json(one), ensure_ascii=False, allow_nan=False)
    return {**flat, **trainer_fields(one), "action_units": units, "annotation": whole}


def _rows(file: Path) -> Iterator[Annotation]:
    import pyarrow
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(file) as table:
            for batch in table.iter_batches(_GROUP_ROWS, columns=["annotation"]):
                for text in batch.column("annotation").to_pylist():
                    number += 1
                    where = f"annotation in {file}, row {number},"
                    yield document.from_json(json.loads(text or "null"), where)
    except (pyarrow.ArrowException, KeyError, OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{file}, row {number}, cannot be read as a data set of Affectlens: {error}"
        ) from error
