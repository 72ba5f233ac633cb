"""Rows of conversations as LLaMA-Factory and ms-swift read them, checked before they are written.

A row is `{id, messages, videos, audios, images}`. Each split is a file for each task; a clip that
has no answer to a task is left out of its file, and README.md tells which.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.conversation import PLACEHOLDERS, TASKS, Task, media_of, turns
from affectlens.annotation.splits import name_of
from affectlens.emotions.labels import LabelSpace
from affectlens.emotions.spaces import MER9, SPACES
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing

_TRAIN = "train"
_SHOWN = 10

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One file: the answers of a split's clips to one task."""

    split: str
    task: Task
    places: tuple[int, ...]  # of its clips in the sequence of annotations
    media: tuple[tuple[str, ...], ...]  # for each of them, the keys of PLACEHOLDERS that it uses

    @property
    def stem(self) -> str:
        """The file's name without its suffix, such as dev_emotion."""
        return self.split if self.task == "reason" else f"{self.split}_{self.task}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which clips go where."""

    parts: tuple[Part, ...]
    space: LabelSpace  # of the question for one label
    unanswered: Mapping[Task, tuple[str, ...]]  # ids of clips that have no answer


def plan(annotations: Sequence[Annotation]) -> Plan:
    """Divide clips into files: train, dev and test first, other splits by name.

    Raises:
        ConfigError: an id stands twice, or two splits would have the same name.
    """
    ids: set[str] = set()
    splits: dict[str, str] = {}
    labels: set[str] = set()
    found: dict[tuple[str, Task], dict[int, tuple[str, ...]]] = defaultdict(dict)
    unanswered: dict[Task, list[str]] = {task: [] for task in TASKS}
    for place, annotation in enumerate(annotations):
        _refuse_twice(annotation, ids)
        ids.add(annotation.id)
        split = _split(annotation, splits)
        if not isinstance(annotation.label, Missing):
            labels.add(annotation.label)
        for task in TASKS:
            if not turns(annotation, task):
                unanswered[task].append(annotation.id)
                continue
            media = tuple(key for key, paths in media_of(annotation).items() if paths)
            found[split, task][place] = media
    parts = [
        Part(split, task, tuple(media), tuple(media.values()))
        for (split, task), media in sorted(found.items(), key=_order)
    ]
    _refuse_one_file(parts)
    return Plan(tuple(parts), _space(labels), {t: tuple(ids_) for t, ids_ in unanswered.items()})


def rows(annotations: Sequence[Annotation], part: Part, space: LabelSpace) -> Iterator[Row]:
    """The rows of a file in the order of their clips.

    Raises:
        ConfigError: a row's placeholders are not as many as its media, or an answer is empty.
    """
    for place in part.places:
        annotation = annotations[place]
        row = {
            "id": annotation.id,
            "messages": turns(annotation, part.task, space),
            **media_of(annotation),
        }
        check(row)
        yield row


def check(row: Row) -> None:
    """Refuse a row that a trainer would fail on, or learn the wrong thing from.

    Raises:
        ConfigError: its placeholders are not as many as its media, or an answer is empty.
    """
    texts = [str(turn["content"]) for turn in row["messages"]]
    for key, placeholder in PLACEHOLDERS.items():
        told = sum(text.count(placeholder) for text in texts)
        if told != len(row[key]):
            raise ConfigError(
                f"{row['id']!r} has {len(row[key])} {key} and {told} times {placeholder}: there "
                "must be one for each."
            )
    answers = [turn["content"] for turn in row["messages"] if turn["role"] == "assistant"]
    if not answers or not all(answer.strip() for answer in answers):
        raise ConfigError(f"{row['id']!r} has an empty answer: nothing can be learnt from it.")


def line(row: Row) -> str:
    """A row as JSON on one line."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def encoded(texts: Iterable[str]) -> Iterator[bytes]:
    """Texts as UTF-8; what has no bytes there is JSON's escape."""
    for text in texts:
        yield text.encode(errors="backslashreplace")


def table(made: Plan, names: Mapping[str, str]) -> str:
    """The files as a Markdown table, and what is left out; `names` by the parts' stems."""
    told = [f"| `{names[p.stem]}` | {p.split} | {p.task} | {len(p.places)} |" for p in made.parts]
    lines = ["| file | split | task | rows |", "| --- | --- | --- | ---: |", *told]
    why = {"reason": "no description", "emotion": "no label"}
    for task, ids in made.unanswered.items():
        if ids:
            shown = ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
            lines += ["", f"Left out of {task!r} are {len(ids)} clips with {why[task]}: {shown}."]
    return "\n".join(lines)


def _refuse_twice(annotation: Annotation, ids: set[str]) -> None:
    if annotation.id in ids:
        raise ConfigError(f"The id {annotation.id!r} stands twice: ids tell clips apart.")


def _refuse_one_file(parts: Sequence[Part]) -> None:
    stems = Counter(part.stem for part in parts)
    twice = [part.split for part in parts if stems[part.stem] > 1]
    if twice:
        raise ConfigError(
            f"The splits {' and '.join(map(repr, twice))} would be one file: rename one."
        )


def _split(annotation: Annotation, known: dict[str, str]) -> str:
    """The split's name as that of a file; `known` are those so far, by these."""
    split = annotation.split
    name = name_of(split)
    if isinstance(split, str) and known.setdefault(name, split) != split:
        raise ConfigError(
            f"The splits {known[name]!r} and {split!r} would both be called {name!r}: rename one."
        )
    return name


def _order(found: tuple[tuple[str, Task], object]) -> tuple[int, str, int]:
    (split, task), _ = found
    known = (_TRAIN, "dev", "test")
    return known.index(split) if split in known else len(known), split, TASKS.index(task)


def _space(labels: set[str]) -> LabelSpace:
    """The first known space that has all the labels, MERR's before others; else just them."""
    for space in (MER9, *SPACES.values()):
        if labels <= set(space.labels):
            return space
    return LabelSpace("own", tuple(sorted(labels)))
