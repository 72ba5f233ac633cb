"""`RunFolder`: a run on the disk: what was asked of whom, what was predicted, and how it scored.

config.json         corpus, question and subject: what the predictions depend on; and the scoring
environment.json    versions and devices
predictions.jsonl   one line a sample, in the order in which they were ready
metrics.json        scores; the same predictions give the same bytes
timings.jsonl       how long each session took
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from affectlens.corpora.corpus import Corpus
from affectlens.emotions.labels import LabelSpace
from affectlens.evaluation import outcome
from affectlens.evaluation.outcome import Outcome, Prediction
from affectlens.evaluation.subject import Question
from affectlens.foundation.errors import ConfigError, InputError
from affectlens.foundation.part import Part, configured
from affectlens.foundation.records import Ledger, write_atomically

SCHEMA = "affectlens.run/1"
TIMING = "affectlens.timing/1"
CORPORA = "corpora.sets"
_DECIDES = ("corpus", "question", "subject")  # what stored predictions hang on
_SHOWN = 5  # differences that an error tells
_KINDS: Mapping[str, tuple[type, ...]] = {
    "task": (str, type(None)),
    "corpus": (dict,),
    "root": (str,),
    "limit": (int, type(None)),
    "question": (dict,),
    "subject": (dict,),
    "notes": (list,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which samples are predicted, and what is asked of each."""

    corpus: Part
    root: Path
    question: Question
    limit: int | None = None  # only so many samples, from the first
    task: str | None = None  # name and version, such as "mer2023-semi/1"

    def load(self) -> Corpus:
        """The samples.

        Raises:
            InputError, ConfigError: as the corpus' `build`.
        """
        module, settings = configured(CORPORA, self.corpus)
        corpus: Corpus = module.build(self.root, settings)
        return replace(corpus, samples=corpus.samples[: self.limit])

    def as_json(self) -> dict[str, Any]:
        """Plain values; `from_json` reads them."""
        question, space = self.question, self.question.space
        return {
            "task": self.task,
            "corpus": self.corpus.as_json(),
            "root": _without_home(self.root.absolute()),
            "limit": self.limit,
            "question": {
                "asks": sorted(question.asks),
                "space": space and {"name": space.name, "labels": list(space.labels)},
                "language": question.language,
                "words": question.words,
            },
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Plan":
        """The plan that `as_json` gave."""
        asked = dict(data["question"])
        space = asked["space"] and LabelSpace(
            asked["space"]["name"], tuple(asked["space"]["labels"])
        )
        return Plan(
            task=data["task"],
            corpus=Part.from_json(data["corpus"]),
            root=Path(data["root"]).expanduser(),
            limit=data["limit"],
            question=Question(**asked | {"asks": frozenset(asked["asks"]), "space": space}),
        )


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run lies."""

    path: Path

    @property
    def ledger(self) -> Ledger:
        """The predictions."""
        return Ledger(self.path / "predictions.jsonl", outcome.SCHEMA)

    @property
    def timings(self) -> Ledger:
        """A line for each session."""
        return Ledger(self.path / "timings.jsonl", TIMING)

    def config(self) -> dict[str, Any]:
        """What was asked of whom.

        Raises:
            InputError: there is no run, or another version made it.
        """
        place = self.path / "config.json"
        if not place.is_file():
            raise InputError(f"{self.path} is no folder of a run: it has no config.json.")
        try:
            found: dict[str, Any] = json.loads(place.read_text("utf-8"))
            schema = found["schema"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{place} cannot be read: {error!r}. Choose a new folder.") from None
        if schema != SCHEMA:
            raise InputError(f"{place} is of {schema!r}, wanted {SCHEMA!r}. Choose a new folder.")
        for key, kinds in _KINDS.items():
            if not isinstance(found.get(key), kinds):
                raise InputError(f"{place} is damaged at {key!r}. Choose a new folder.")
        return found

    def plan(self) -> Plan:
        """What was to be predicted; raises as `config`."""
        config = self.config()
        try:
            return Plan.from_json(config)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{self.path / 'config.json'} is damaged: {error!r}. Choose a new folder."
            ) from None

    def scored_by(self) -> list[Part]:
        """The metrics by which it was scored last, none if it was not yet; raises as `config`."""
        scoring = self.config().get("scoring") or {"metrics": ()}
        try:
            return [Part.from_json(one) for one in scoring["metrics"]]
        except (KeyError, TypeError, AttributeError):
            raise InputError(
                f"{self.path / 'config.json'} is damaged at 'scoring': name a metric with --metric."
            ) from None

    def begin(self, plan: Plan, subject: Mapping[str, Any], notes: Sequence[str]) -> None:
        """Write the configuration, or see that the one that stands there is the same.

        Raises:
            ConfigError: what is predicted here is something else; tells what differs.
        """
        new = {"schema": SCHEMA, **plan.as_json(), "subject": _plain(subject)}
        new["notes"] = list(notes)
        if (self.path / "config.json").exists():
            old = self.config()
            self._refuse_other(old, new)
            new["scoring"] = old.get("scoring")
        self._write_config(new)

    def note_scoring(self, scoring: Mapping[str, Any]) -> None:
        """Keep how the predictions were scored last."""
        self._write_config({**self.config(), "scoring": _plain(scoring)})

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Put a file of the folder into place, whole."""
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(self.path / name, f"{text}\n")

    def predictions(self) -> dict[str, Prediction]:
        """What is there, by id; of a sample that was predicted again, the last.

        Raises:
            InputError: the file is damaged.
        """
        return {id_: outcome.from_json(row) for id_, row in self.rows().items()}

    def rows(self) -> dict[str, dict[str, Any]]:
        """The lines of `predictions` as they are written, by id; raises as it does."""
        found: dict[str, dict[str, Any]] = {}
        for number, row in enumerate(self.ledger.read(), start=1):
            try:
                found[outcome.from_json(row).id] = row
            except TypeError as error:
                raise InputError(
                    f"{self.ledger.path}, line {number} is no whole prediction ({error}). Remove "
                    "the line and run again: the sample is predicted anew."
                ) from None
        return found

    def outcomes(self, corpus: Corpus | None = None) -> list[Outcome]:
        """Every sample with its prediction, in the order of the corpus (None: the plan's).

        Raises:
            InputError: the run is not complete, or the corpus cannot be read.
        """
        return outcomes(corpus or self._corpus(), self.predictions())

    def _corpus(self) -> Corpus:
        plan = self.plan()
        if not plan.root.exists():
            raise InputError(
                f"{self.path} is of data at {plan.root}, where nothing is: scores want the labels. "
                "Put the data back, or run it again with their new place: what is predicted stays."
            )
        return plan.load()

    def _write_config(self, config: Mapping[str, Any]) -> None:
        self.write("config.json", config)

    def _refuse_other(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        differing = [
            line for part in _DECIDES for line in differences(old.get(part), new[part], part)
        ]
        if differing:
            more = f"; and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
            raise ConfigError(
                f"{self.path} holds another run: {'; '.join(differing[:_SHOWN])}{more}. "
                "Choose a new folder, or ask as before."
            )


def outcomes(corpus: Corpus, predictions: Mapping[str, Prediction]) -> list[Outcome]:
    """Every sample with its prediction, in the order of the corpus.

    Raises:
        InputError: samples have none.
    """
    absent = [sample.id for sample in corpus.samples if sample.id not in predictions]
    if absent:
        raise InputError(
            f"{len(absent)} of {len(corpus.samples)} samples have no prediction, such as "
            f"{absent[0]!r}. Run the same command again: it goes on where it stopped."
        )
    return [Outcome(sample, predictions[sample.id]) for sample in corpus.samples]


def differences(old: Any, new: Any, name: str) -> Iterator[str]:
    """What differs between two values of JSON, each in a few words."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), f"{name}.{key}")
    elif old != new:
        yield f"{name} is {_short(old)} there and {_short(new)} now"


def find(root: Path) -> list[RunFolder]:
    """The runs at and below a folder, in the order of their names."""
    return [RunFolder(path.parent) for path in sorted(root.rglob("config.json")) if _is_run(path)]


def _is_run(config: Path) -> bool:
    try:
        found = json.loads(config.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("schema") == SCHEMA


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from the disk."""
    plain: dict[str, Any] = json.loads(json.dumps(value, allow_nan=False))
    return plain


def _without_home(path: Path) -> str:
    """A path whose beginning does not name who uses this machine."""
    home = Path.home()
    return str(Path("~") / path.relative_to(home)) if path.is_relative_to(home) else str(path)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
