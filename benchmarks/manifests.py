"""Manifests of held-out faces and voices for `affectlens evaluate run --manifest`.

    python -m benchmarks.manifests ../shared/data OUT [--faces 200] [--voices 200]

OUT/faces.csv: FER+ valid, evenly by emotion, at least 8 of 10 votes, seven labels, each face
enlarged four times on grey. OUT/voices.csv: RAVDESS speech of actors 19 and 20 first, then 18 and
down, sound alone; calm counts as neutral. Nothing of the data may be kept in the project.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
from benchmarks.action_units import faces, on_grey

from affectlens.corpora.sets import ravdess


def main() -> int:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--faces", type=int, default=200)
    parser.add_argument("--voices", type=int, default=200)
    given = parser.parse_args()
    pictures = given.out / "faces"
    pictures.mkdir(parents=True, exist_ok=True)
    votes = given.data / "ferplus" / "valid.parquet"
    write(given.out / "faces.csv", list(_faces(votes, pictures, given.faces)))
    voices = _voices(given.data / "ravdess-speech", given.voices)
    write(given.out / "voices.csv", list(voices))
    return 0


def write(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """A manifest."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    print(f"{path}: {len(rows)} samples")


def _faces(votes: Path, folder: Path, count: int) -> Iterator[dict[str, str]]:
    """Pictures are written where they are not there yet."""
    numbers: Counter[str] = Counter()
    numbered = []
    for emotion, picture in faces(votes, None, least=8):
        numbered.append((numbers[emotion], emotion, picture))
        numbers[emotion] += 1
    known = [one for one in numbered if one[1] != "contempt"]  # it has no place in DFEW's seven
    for index, emotion, picture in sorted(known, key=lambda one: one[:2])[:count]:
        path = folder / f"{emotion}-{index:03}.png"
        if not path.exists():
            cv2.imwrite(str(path), on_grey(picture))
        yield {"id": path.stem, "path": str(path.absolute()), "label": emotion, "split": "dev"}


def _voices(folder: Path, count: int) -> Iterator[dict[str, str]]:
    """Whole actors, the held-out ones first."""
    corpus = ravdess.build(folder, ravdess.Config(space="dfew7"))
    ordered = sorted(corpus.samples, key=lambda one: (-int(str(one.speaker)), one.id))
    for one in ordered[:count]:
        yield {
            "id": one.id,
            "path": str(one.media),
            "label": str(one.label),
            "speaker": str(one.speaker),
            "split": "dev" if str(one.speaker) in ("19", "20") else "train",
            **one.columns,
        }


if __name__ == "__main__":
    raise SystemExit(main())
