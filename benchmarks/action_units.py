"""Action units, expression net and rule baseline against people's votes on faces: FER+.

    python benchmarks/action_units.py ../shared/data/ferplus/valid.parquet [--all | --most 600]

Each face of 48 × 48 pixels is enlarged four times, laid on grey, and goes the way of a still image
through perception, clues and rules. The share of pairs (emotion, neutral) that a unit puts in the
right order is its AUC: 0.5 says nothing. FER+ has no action units: what is tested is only whether
units rise with the emotions that FACS and EMFACS (Ekman & Friesen) expect them in. Needs pyarrow.
"""

# N faces, H height, W width, E emotions

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from affectlens.clues.gather import gather
from affectlens.emotions.spaces import DFEW7
from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.media.clip import Clip, Frame
from affectlens.perception.faces import observe_faces
from affectlens.perception.percepts import ACTION_UNITS, ActionUnit, FaceTrack, Percepts
from affectlens.perception.settings import FaceSettings
from affectlens.reasoning import rules
from affectlens.reasoning.settings import ReasoningSettings

VOTES = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "contempt": "contempt",
}
EMOTIONS = [name for name in VOTES.values() if name != "neutral"]
# Units in the prototypes of EMFACS and the FACS Investigator's Guide.
EXPECTED = {
    "happy": ("AU06", "AU12", "AU25"),
    "surprise": ("AU01", "AU02", "AU05", "AU25", "AU26"),
    "sad": ("AU01", "AU04", "AU15", "AU17"),
    "angry": ("AU04", "AU05", "AU07", "AU10", "AU17", "AU23", "AU25"),
    "disgust": ("AU09", "AU10", "AU15", "AU17"),
    "fear": ("AU01", "AU02", "AU04", "AU05", "AU20", "AU25", "AU26"),
    "contempt": ("AU12", "AU14"),
}
NOTHING = Missing("a still image of a face")


@dataclass(frozen=True)
class Picture:
    """One picture as a video of one frame."""

    rgb_HWC: NDArray[np.uint8]
    rate_hz: float = 0.0
    still: bool = True

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.rgb_HWC.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.rgb_HWC.shape[0])

    def frames(
        self, *, rate_hz: float | None = None, max_side: int | None = None, span: Span | None = None
    ) -> Iterator[Frame]:
        """The picture."""
        yield Frame(0.0, self.rgb_HWC)

    def at(self, times_s: Sequence[float], *, max_side: int | None = None) -> list[Frame]:
        """The picture, each time."""
        return [Frame(0.0, self.rgb_HWC) for _ in times_s]


@dataclass(frozen=True)
class Seen:
    """One face: what people voted and what was measured."""

    emotion: str
    track: FaceTrack | None  # None: not found
    read: str  # the label of the rules, "none" when they abstain


def faces(path: Path, most: int | None, least: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Emotion and grey picture of faces that `least` of ten people agree on, evenly by emotion."""
    table = pyarrow.parquet.read_table(path)
    votes_NE = np.stack([table[name].to_numpy() for name in VOTES], 1)
    chosen_N = votes_NE.argmax(1)
    clear_N = (votes_NE.max(1) >= least) & (table["NF"].to_numpy() == 0)
    pictures = table["jpeg"]
    share = None if most is None else -(-most // len(VOTES))
    for index, emotion in enumerate(VOTES.values()):
        for row in np.flatnonzero(clear_N & (chosen_N == index))[:share]:
            data = np.frombuffer(pictures[int(row)].as_py(), np.uint8)
            yield emotion, np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def on_grey(grey_HW: NDArray[np.uint8], side: int = 192, canvas: int = 320) -> NDArray[np.uint8]:
    """The face enlarged, in the middle of a grey picture."""
    picture_HW = np.full((canvas, canvas), 128, np.uint8)
    start = (canvas - side) // 2
    large = cv2.resize(grey_HW, (side, side), interpolation=cv2.INTER_CUBIC)
    picture_HW[start : start + side, start : start + side] = large
    return np.repeat(picture_HW[..., None], 3, 2)


def look(emotion: str, grey_HW: NDArray[np.uint8]) -> Seen:
    """One face through perception, clues and rules, as `analyzer.line` runs them."""
    video = Picture(on_grey(grey_HW))
    clip = Clip("face", Path("face.png"), "", 0.0, video, NOTHING, NOTHING)
    found = observe_faces(clip, FaceSettings())
    if isinstance(found.tracks, Missing):
        return Seen(emotion, None, "none")
    track = replace(found.tracks[0], person="P1")
    percepts = Percepts(
        (track,), found.shots, NOTHING, NOTHING, {}, NOTHING, NOTHING, NOTHING, found.warnings
    )
    reading = rules.build(ReasoningSettings())(percepts, gather(percepts), DFEW7)
    return Seen(emotion, track, reading.people[0].label or "none")


def auc(high: Sequence[float], low: Sequence[float]) -> float:
    """Share of pairs in the right order; ties count half."""
    if not high or not low:
        return float("nan")
    difference = np.subtract.outer(np.array(high), np.array(low))
    return float((difference > 0).mean() + (difference == 0).mean() / 2)


def level(track: FaceTrack, name: str) -> float | None:
    """One unit of one face."""
    unit = track.action_units[name]
    return float(unit.intensity_T[0]) if isinstance(unit, ActionUnit) else None


def units_table(seen: Sequence[Seen]) -> Table:
    """AUC of each unit for each emotion against neutral; expected cells in brackets."""
    by_emotion = {
        emotion: [one.track for one in seen if one.emotion == emotion and one.track]
        for emotion in VOTES.values()
    }
    table = Table(title="AUC against neutral; [expected by FACS/EMFACS]".replace("[", r"\["))
    columns = ["unit", "trust", *(f"{e} ({len(by_emotion[e])})" for e in EMOTIONS)]
    for column in [*columns, f"neutral ({len(by_emotion['neutral'])}): median, 90 %"]:
        table.add_column(column)
    for name in ACTION_UNITS:
        values = {
            emotion: [v for track in tracks if (v := level(track, name)) is not None]
            for emotion, tracks in by_emotion.items()
        }
        rest = values["neutral"]
        if not rest:
            table.add_row(name, "not measured")
            continue
        cells = []
        for emotion in EMOTIONS:
            score = f"{auc(values[emotion], rest):.2f}"
            cells.append(rf"\[{score}]" if name in EXPECTED[emotion] else score)
        unit = next(t.action_units[name] for t in by_emotion["neutral"])
        trust = unit.trust if isinstance(unit, ActionUnit) else ""
        usual = f"{np.median(rest):.1f}, {np.quantile(rest, 0.9):.1f}"
        table.add_row(name, trust, *cells, usual)
    return table


def confusion_table(title: str, pairs: Sequence[tuple[str, str]]) -> Table:
    """Rows: votes; columns: what was read; then accuracy and UAR, where no label is an error."""
    labels = [label for label in DFEW7.labels if any(vote == label for vote, _ in pairs)]
    table = Table(title=title)
    for column in ("votes", *DFEW7.labels, "none", "recall"):
        table.add_column(column)
    recalls = []
    for vote in labels:
        row = [read for one, read in pairs if one == vote]
        recalls.append(row.count(vote) / len(row))
        counts = [str(row.count(read)) for read in (*DFEW7.labels, "none")]
        table.add_row(vote, *counts, f"{recalls[-1]:.2f}")
    right = float(np.mean([vote == read for vote, read in pairs]))
    table.caption = f"accuracy {right:.3f}, UAR {np.mean(recalls):.3f}, n {len(pairs)}"
    return table


def _by_net(one: Seen) -> str:
    """What the expression net alone says."""
    if one.track is None or isinstance(one.track.expression, Missing):
        return "none"
    expression = one.track.expression
    return expression.labels[int(expression.probabilities_EL[0].argmax())]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--most", type=int, default=600, help="faces in all")
    parser.add_argument("--all", action="store_true", help="every face")
    parser.add_argument("--votes", type=int, default=6, help="of ten, that must agree")
    given = parser.parse_args()
    most = None if given.all else given.most
    seen = [look(emotion, face) for emotion, face in faces(given.parquet, most, given.votes)]
    console = Console(width=150)
    found = [one for one in seen if one.track]
    console.print(f"{len(seen)} faces, {len(found) / len(seen):.1%} found")
    console.print(units_table(seen))
    for title, read in (("Rules, face alone", lambda one: one.read), ("Expression net", _by_net)):
        pairs = [(one.emotion, read(one)) for one in found if one.emotion in DFEW7.labels]
        console.print(confusion_table(title, pairs))


if __name__ == "__main__":
    main()
