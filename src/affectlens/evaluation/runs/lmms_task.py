"""What lmms-eval calls of an exported task: what is shown, what is asked, and our scores."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from affectlens.corpora.corpus import Sample
from affectlens.evaluation.metric import Metric
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import Part, configured

Doc = Mapping[str, Any]
_PICTURES = (".bmp", ".jpeg", ".jpg", ".png", ".webp")
_SOUNDS = (".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav")


class ExportedTask:
    """A folder that `evaluation.lmms.export` wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def visual(self, doc: Doc) -> list[Any]:
        """What lmms-eval's models take: a picture, sound as an array with its rate, or a path."""
        path = Path(doc["media"])
        if path.suffix.lower() in _PICTURES:
            from PIL import Image

            return [Image.open(path).convert("RGB")]
        if path.suffix.lower() in _SOUNDS:
            from affectlens.media.clip import SOUND_RATE_HZ
            from affectlens.media.opening import open_clip

            sound = open_clip(path).sound
            return [] if isinstance(sound, Missing) else [
                {"array": sound.read(), "sampling_rate": SOUND_RATE_HZ}
            ]  # fmt: skip
        return [str(path)]

    def text(self, doc: Doc, kwargs: Mapping[str, Any] | None = None) -> str:
        """The words that are said, and the question."""
        said = f"The person in the video says: {doc['subtitle']} " if doc["subtitle"] else ""
        more = kwargs or {}
        return f"{more.get('pre_prompt', '')}{said}{doc['question']}{more.get('post_prompt', '')}"

    def results(self, doc: Doc, results: Sequence[str]) -> dict[str, dict[str, str]]:
        """One answer, for every score."""
        answer = {"id": doc["id"], "answer": results[0]}
        headlines = {
            f"{name}_{metric.headline}".replace(".", "_"): answer
            for name, metric in self._metrics.items()
        }
        return {**headlines, "parsed": answer}

    def scorer(self, metric: str) -> Callable[[Sequence[Mapping[str, str]]], float]:
        """The headline score of all answers."""

        def score(answers: Sequence[Mapping[str, str]]) -> float:
            chosen = self._metrics[metric]
            return chosen.tally(self._outcomes(answers)).scores()[chosen.headline]

        return score

    def parsed(self, answers: Sequence[Mapping[str, str]]) -> float:
        """The share of answers that the first metric could read."""
        first = next(iter(self._metrics.values()))
        return float(first.tally(self._outcomes(answers)).parsed_N.mean())

    @cached_property
    def _metrics(self) -> dict[str, Metric]:
        task = json.loads((self._folder / "task.json").read_text("utf-8"))
        built = {}
        for one in task["metrics"]:
            module, settings = configured("evaluation.metrics", Part.from_json(one))
            built[one["name"]] = module.build(settings)
        return built

    @cached_property
    def _truths(self) -> dict[str, Sample]:
        lines = (self._folder / "samples.jsonl").read_text("utf-8").splitlines()
        rows = map(json.loads, lines)
        return {row["id"]: _sample(row) for row in rows}

    def _outcomes(self, answers: Sequence[Mapping[str, str]]) -> list[Outcome]:
        return [
            Outcome(self._truths[one["id"]], Prediction(id=one["id"], answer=one["answer"]))
            for one in answers
        ]


def _sample(row: Doc) -> Sample:
    names = ("label", "valence", "arousal", "description", "subtitle", "speaker", "split")
    given = {name: row[name] for name in names if row[name] is not None}
    if row["labels"]:
        given["labels"] = tuple(row["labels"])
    return Sample(id=row["id"], columns=json.loads(row["columns"]), **given)
