"""Annotations in small: a video with sound, a sound, a picture, and one with nothing beside it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from affectlens.annotation.annotation import Annotation, Media, Peak
from affectlens.annotation.format import About
from affectlens.annotation.imported import Told, annotation

MEDIA = {
    "clip": Media(video="media/clip.mp4", sound="media/clip.wav"),
    "voice": Media(sound="media/voice.wav"),
    "face": Media(picture="media/face.png"),
    "words": Media(),
}
PEAK = Peak(
    person="P1", time_s=0.68, frame=17, method="sum", box=None,
    action_units={"AU04": 1.5, "AU12": 0.1}, active=("AU04",),
)  # fmt: skip


def made(name: str = "clip", **fields: Any) -> Annotation:
    """One annotation with everything that other tools have a place for."""
    texts = {
        "label": "doubt",
        "labels": ("doubtful", "tense"),
        "valence": -0.3,
        "units": ("AU04", "AU17"),
        "face": "Lower eyebrows, Chin held high",
        "tone": "a calm, low voice",
        "subtitle": "Is that you?",
        "coarse": "This person is in a room.",
        "fine": "He doubts it.",
    }
    told = Told(name=name, by="made", frames=30, fields=texts)
    return replace(
        annotation(told, Path()), **{"peak": PEAK, "media": MEDIA.get(name, Media()), **fields}
    )


def several() -> list[Annotation]:
    """One of each kind of media, two splits."""
    splits = {"clip": "train", "voice": "train", "face": "dev", "words": "train"}
    return [made(name, split=split) for name, split in splits.items()]


def about(root: Path) -> About:
    """Of a data set in a folder, with the files that its annotations name."""
    for media in MEDIA.values():
        for path in (media.video, media.sound, media.picture):
            if path is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).touch()
    return About(root=root, name="made")
