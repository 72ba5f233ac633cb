"""Manifests of held-out faces, voices, words and triples for `affectlens evaluate run --manifest`.

    python -m benchmarks.manifests ../shared/data OUT [--faces 200] [--voices 200] [--triples 200]

OUT/faces.csv: FER+ valid, evenly by emotion, at least 8 of 10 votes, seven labels, each face
enlarged four times on grey. OUT/faces_all.csv: all of FER+ valid with at least 6 votes, as it is
handed out (48 × 48 pixels; evaluate with `--set perception.faces.detector=whole`). OUT/voices.csv:
RAVDESS speech of actors 19 and 20 first, then 18 and down, sound alone; calm counts as neutral.
OUT/voices_dev.csv: actors 19 and 20 alone, seven labels without calm. OUT/clips.csv: the six clips
of examples/clips with what their actors meant.
OUT/words.csv: GoEmotions dev, the comments with one label, words alone. OUT/triples.csv: see
`benchmarks.triples`; detector as for faces_all. Nothing of the data may be kept in the project.
"""

import argparse
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
from benchmarks.action_units import faces, on_grey
from benchmarks.triples import triples, write_clip

from affectlens.corpora.corpus import Sample
from affectlens.corpora.sets import ferplus, goemotions, ravdess

_DEV_ACTORS = ("19", "20")
_EACH = 60  # clips of speech of an actor
_CALM = "03-01-02"  # sound, speech, calm
_MEANT = {
    "ANG": "angry", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad",
}  # fmt: skip


def main() -> int:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--faces", type=int, default=200)
    parser.add_argument("--voices", type=int, default=200)
    parser.add_argument("--triples", type=int, default=200)
    given = parser.parse_args()
    given.data = given.data.absolute()  # what a manifest names is looked for beside it
    pictures = given.out / "faces"
    pictures.mkdir(parents=True, exist_ok=True)
    votes = given.data / "ferplus" / "valid.parquet"
    write(given.out / "faces.csv", list(_faces(votes, pictures, given.faces)))
    voices = _voices(given.data / "ravdess-speech", given.voices)
    write(given.out / "voices.csv", list(voices))
    spoken = _voices(given.data / "ravdess-speech", len(_DEV_ACTORS) * _EACH)
    write(given.out / "voices_dev.csv", [one for one in spoken if not one["id"].startswith(_CALM)])
    write(given.out / "clips.csv", list(_clips(Path("examples/clips").absolute())))
    seen = _labelled(
        ferplus.build(given.data / "ferplus", ferplus.Config(split="valid", least=6)).samples
    )
    write(given.out / "faces_all.csv", [_row(one) for one in seen])
    said = _labelled(
        goemotions.build(given.data / "goemotions", goemotions.Config(split="dev")).samples
    )
    write(given.out / "words.csv", [_row(one) for one in said])
    heard = ravdess.build(
        given.data / "ravdess-speech", ravdess.Config(space="dfew7", actors=_DEV_ACTORS)
    ).samples
    rows = _triples(heard, seen, said, given.out / "triples", given.triples)
    write(given.out / "triples.csv", list(rows))
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
            "split": "dev" if str(one.speaker) in _DEV_ACTORS else "train",
            **one.columns,
        }


def _clips(folder: Path) -> Iterator[dict[str, str]]:
    """CREMA-D's names say what the actor was asked to express."""
    for path in sorted(folder.glob("*.mp4")):
        label = _MEANT[path.stem.split("_")[2]]
        yield {"id": path.stem, "path": str(path), "label": label, "split": "test"}


def _labelled(samples: Sequence[Sample]) -> list[Sample]:
    return [one for one in samples if isinstance(one.label, str)]


def _row(one: Sample) -> dict[str, str]:
    """A row of the manifest; words alone have no path."""
    return {
        "id": one.id,
        "path": str(one.media) if isinstance(one.media, Path) else "",
        "label": str(one.label),
        "subtitle": one.subtitle if isinstance(one.subtitle, str) else "",
        "split": str(one.split),
        **one.columns,
    }


def _triples(
    voices: Sequence[Sample],
    faces: Sequence[Sample],
    words: Sequence[Sample],
    folder: Path,
    count: int,
) -> Iterator[dict[str, str]]:
    """Clips are written where they are not there yet."""
    folder.mkdir(exist_ok=True)
    for id_, label, voice, face, said in triples(voices, faces, words, count):
        path = folder / f"{id_}.mkv"
        if not path.exists():
            assert isinstance(voice.media, Path)
            assert isinstance(face.media, Path)
            write_clip(path, voice.media, face.media)
        yield {
            "id": id_,
            "path": str(path.absolute()),
            "label": label,
            "subtitle": str(said.subtitle),
            "speaker": str(voice.speaker),
            "split": "dev",
            "voice": voice.id,
            "face": face.id,
            "words": said.id,
        }


if __name__ == "__main__":
    raise SystemExit(main())
