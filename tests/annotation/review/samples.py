"""A small data set made by hand over the clips of examples/."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from affectlens.annotation.annotation import Annotation, Check, Made, Media, Peak, Source
from affectlens.annotation.document import to_json
from affectlens.annotation.review import decisions
from affectlens.annotation.review.desk import Desk
from affectlens.clues.clue import Clue
from affectlens.foundation.hashing import sha256_of, sha256_of_text
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span

CLIPS = Path(__file__).parents[3] / "examples" / "clips"
LABELS = {"ANG": "angry", "DIS": "contempt", "FEA": "fear", "HAP": "happy", "NEU": "neutral"}
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\"'&"
UNTOLD = Missing("nobody said")


def annotation(id_: str, label: str = "happy", media: Media | None = None) -> Annotation:
    """One clip with everything that the page shows."""
    made = Made(step="describe", by="rules 1", key="0" * 64)
    return Annotation(
        id=id_,
        source=source(sha256_of_text(id_)),
        media=media or Media(),
        label=label,
        given=label,
        read="neutral",
        labels=(label, "tense"),
        person="P1",
        peak=Peak(
            person="P1",
            time_s=1.2,
            frame=30,
            method="au_intensity",
            box=(0.3, 0.2, 0.65, 0.8),
            action_units={"AU06": 1.2, "AU12": 3.4},
            active=("AU12",),
        ),
        units=("AU12",),
        face="Lip corners pulled up.",
        objective="A person before a plain wall.",
        tone="A calm voice.",
        subtitle="Don't forget a jacket.",
        coarse="P1 pulls up the lip corners.",
        fine=f"The lip corners are pulled up at 1.2 s, which expresses: {label}.",
        clues=(
            clue("c1", 0.4, "brows drawn together (AU04)"),
            clue("c2", 1.2, "lip corners pulled up (AU12)"),
        ),
        checks=(
            Check(name="grounding", passed=True, score=1.0, detail="Every sentence is borne out."),
            Check(name="label", passed=False, score=UNTOLD, detail="Nothing to compare."),
        ),
        score=0.9,
        provenance={"fine": made, "label": replace(made, step="label", by="given")},
    )


def source(sha256: str) -> Source:
    return Source(
        path="clips/a.mp4", sha256=sha256, duration_s=2.2, frames=66, width=480, height=360,
        rate_hz=29.97, streams={"video": True, "sound": True, "subtitles": False},
        speaker="1001", origin=UNTOLD, corpus=None, licence="ODbL", columns={},
    )  # fmt: skip


def clue(id_: str, start_s: float, text: str) -> Clue:
    return Clue(
        id=id_, modality="face", kind="AU12", person="P1", span=Span(start_s, start_s + 0.4),
        text=text, strength=0.8, numbers={"intensity": 3.4},
    )  # fmt: skip


def of_clips(root: Path) -> list[Annotation]:
    """The clips of examples/, copied into a data set's folder; the last one is not kept."""
    (root / "media").mkdir(parents=True)
    made = []
    for name, label in LABELS.items():
        file = CLIPS / f"1001_DFA_{name}_XX.mp4"
        shutil.copy(file, root / "media" / f"{name}.mp4")
        one = annotation(name, label, Media(video=f"media/{name}.mp4"))
        made.append(replace(one, source=source(sha256_of(file))))
    made[-1] = replace(made[-1], rejected=("units: no unit of the set is there",))
    return made


def write(root: Path, annotations: Sequence[Annotation]) -> Path:
    """The files of a data set."""
    root.mkdir(parents=True, exist_ok=True)
    for name, kept in (("annotations", True), ("rejected", False)):
        lines = [
            json.dumps(to_json(one), ensure_ascii=False)
            for one in annotations
            if kept == (not one.rejected)
        ]
        (root / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return root


def dataset(root: Path) -> Path:
    """Five clips, the last of them rejected."""
    return write(root, of_clips(root))


def decision(one: Annotation, action: str = "accept", **rest: Any) -> dict[str, Any]:
    told = {"label": one.label, "labels": None, "text": None, "note": "", "rating": None}
    return {"id": one.id, "seen": decisions.seen(one), "action": action, **told, **rest}


def of_first(root: Path) -> Annotation:
    return Desk(root, "x").item(0).annotation
