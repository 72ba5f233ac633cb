"""From the rows of a run to the data set: what people decided, twins, balance, splits, files.

The same rows in the same plan give the same bytes, whoever made them and in whatever order.
"""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from affectlens.annotation import document, sealing, twins
from affectlens.annotation.annotation import Annotation, Made
from affectlens.annotation.card.card import Facts, card
from affectlens.annotation.folder import DataFolder, Place
from affectlens.annotation.format import GROUP, About
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.review import decisions
from affectlens.annotation.review.decisions import Book
from affectlens.annotation.review.settling import came_back, settled, unsettled
from affectlens.annotation.rows import Key
from affectlens.annotation.splits import split
from affectlens.annotation.stored import Stored
from affectlens.annotation.twins import Pair
from affectlens.annotation.work import key_of
from affectlens.foundation import config, plugins
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.records import write_atomically, write_pieces

VERSION = 2  # raised when the same rows give another data set
COMPARING, WRITING = "comparing clips", "writing"
_NAMED = 5  # clips that a note names
_OUT = Missing("it is not in the data set")

Gone = Sequence[tuple[str, str]]  # ids of samples that have no media, with the reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a data set came to."""

    kept: int
    rejected: Mapping[str, int]  # by the name of the check or step that spoke against it
    failed: int
    sha256: str  # of all its files
    notes: tuple[str, ...]  # sentences for people
    unwritten: tuple[str, ...]  # formats that could not be written, with the reasons


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What all clips together say of one."""

    split: str | Missing
    rejected: tuple[str, ...]


def finish(
    folder: DataFolder,
    keys: Sequence[Key],
    gone: Gone,
    recipe: Recipe,
    *,
    progress: Progress = silent,
) -> Finished:
    """Write the data set of these rows of the ledger, in their order.

    Raises:
        InputError: the ledger or the reviews are damaged.
    """
    index = folder.index()
    there = [index[key] for key in keys if key in index]
    made_of = _made_of(folder, there, gone, recipe)
    said = sealing.manifest(folder)
    if said is not None and said.get("made_of") == made_of and sealing.is_whole(folder):
        return _finished(said)
    folder.manifest.unlink(missing_ok=True)  # until it is written, the data set is not whole
    good = [row.start for row in there if not row.failed]
    found = _Reviewed(folder.rows(good), folder.path)
    progress(COMPARING, 0.0)
    compared = _compare(found, recipe)
    progress(COMPARING, 1.0)
    bad = [folder.row(row.start) for row in there if row.failed]
    write_pieces(folder.annotations, _lines(found, compared.verdicts, kept=True))
    write_pieces(folder.rejected, _lines(found, compared.verdicts, kept=False))
    write_pieces(folder.failures, _failures(bad, gone))
    write_atomically(folder.path / "recipe.json", _pretty(_without_places(config.as_dict(recipe))))
    kept, rejected = Stored.of(folder.annotations), Stored.of(folder.rejected)
    about = About(
        root=folder.path,
        name=recipe.output.name,
        licence=recipe.output.licence,
        recipe_sha256=recipe.of_items,
    )
    unwritten = _formats(kept, recipe, about, progress)
    reasons = Counter(why.partition(":")[0] for one in rejected for why in one.rejected[:1])
    facts = Facts(
        failed=len(bad) + len(gone),
        notes=compared.notes,
        decisions=found.decisions,
        twins=compared.twins,
    )
    card(kept, rejected, about, recipe, facts)
    counts = {
        "name": about.name,
        "licence": about.licence,
        "recipe_sha256": about.recipe_sha256,
        "kept": len(kept),
        "rejected": dict(sorted(reasons.items())),
        "failed": facts.failed,
        "notes": [*_unsettled(found), *compared.notes],
        "unwritten": unwritten,
        "made_of": made_of,
    }
    return _finished(sealing.seal(folder, counts, recipe.output.formats))


class _Reviewed(Sequence[Annotation]):
    """Annotations with what people decided about them, read one at a time."""

    def __init__(self, rows: Stored, root: Path) -> None:
        self._rows = rows
        self.decisions = decisions.read(root)
        self._book = Book.of(self.decisions)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        found = self._rows[index]
        if isinstance(found, Annotation):
            return settled(found, self._book)
        return [settled(one, self._book) for one in found]

    def __iter__(self) -> Iterator[Annotation]:
        return (settled(one, self._book) for one in self._rows)


@dataclass(frozen=True, slots=True)
class _Compared:
    """What comparing all clips gave."""

    verdicts: Mapping[str, _Verdict]  # by id, in the order of the clips
    notes: tuple[str, ...]
    twins: tuple[Pair, ...]  # that are both kept


def _compare(found: Sequence[Annotation], recipe: Recipe) -> _Compared:
    """Split and rejection of each clip, seen beside all others."""
    light = [_light(one) for one in found]
    against = {one.id: one.rejected for one in light}
    safe = {one.id for one in light if came_back(one)}
    pairs = twins.twins([one for one in light if not one.rejected], recipe.twins)
    for worse, better in twins.dropped([one for one in light if not one.rejected], pairs).items():
        if worse not in safe:
            against[worse] = (f"twin: it is {better} once more, which is kept",)
    against |= _beyond([one for one in light if not against[one.id]], safe, recipe)
    kept = [one for one in light if not against[one.id]]
    splits, notes = split(kept, recipe.splits, twins.groups(pairs))
    verdicts = {one.id: _Verdict(splits.get(one.id, _OUT), against[one.id]) for one in light}
    both = tuple(pair for pair in pairs if not against[pair.first] and not against[pair.second])
    return _Compared(verdicts, notes, both)


def _light(one: Annotation) -> Annotation:
    """Without what is large and says nothing beside other clips."""
    made = {name: by for name, by in one.provenance.items() if name == "rejected"}
    return replace(one, clues=(), claims=(), checks=(), provenance=made, fine=_OUT, coarse=_OUT)


def _unsettled(found: "_Reviewed") -> Iterator[str]:
    """What reviewers said and is not in the data set."""
    if not found.decisions:
        return
    told = unsettled(found, found.decisions)
    for ids, why in (
        (told.unresolved, "Reviewers do not agree; what has no majority stays as it was"),
        (told.stale, "Changed since they were reviewed, so that what was decided does not count"),
        (told.unknown, "Reviewed, and not among these clips"),
    ):
        if ids:
            more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
            yield f"{why}: {', '.join(ids[:_NAMED])}{more}."


def _beyond(
    kept: Sequence[Annotation], safe: set[str], recipe: Recipe
) -> dict[str, tuple[str, ...]]:
    """Clips that are more than there shall be of their label, the best of which stay."""
    most = recipe.output.most_per_label
    if most is None:
        return {}
    by_label: dict[str | Missing, list[Annotation]] = defaultdict(list)
    for one in kept:
        by_label[one.label].append(one)
    why = (f"balance: there are {most} better ones of its label",)
    return {
        one.id: why
        for some in by_label.values()
        for one in sorted(some, key=lambda one: (one.id not in safe, -_score(one), one.id))[most:]
        if one.id not in safe
    }


def _score(one: Annotation) -> float:
    return 0.0 if isinstance(one.score, Missing) else one.score


def _lines(
    found: Sequence[Annotation], verdicts: Mapping[str, _Verdict], *, kept: bool
) -> Iterator[bytes]:
    for place, verdict in enumerate(verdicts.values()):  # in the order of those found
        if bool(verdict.rejected) != kept:
            yield sealing.line_of(document.to_json(_judged(found[place], verdict)))


def _judged(one: Annotation, verdict: _Verdict) -> Annotation:
    """With what all clips together say of it."""
    made = dict(one.provenance)
    if isinstance(one.split, Missing) and not isinstance(verdict.split, Missing):
        made["split"] = Made(step="finish", by="splits by speaker, source and twins", key="")
    return replace(one, split=verdict.split, rejected=verdict.rejected, provenance=made)


def _failures(bad: Sequence[Mapping[str, Any]], gone: Gone) -> Iterator[bytes]:
    for row in bad:
        told = {"id": row["input"]["id"], "path": row["input"]["path"], "error": row["error"]}
        yield sealing.line_of({**told, "exit_code": row["exit_code"]})
    for id_, why in gone:
        yield sealing.line_of({"id": id_, "path": None, "error": why, "exit_code": 4})


def _formats(
    kept: Sequence[Annotation], recipe: Recipe, about: About, progress: Progress
) -> list[str]:
    """Write every format that the recipe names; gives those that have no place for these clips."""
    for name in set(plugins.names(GROUP)) - set(recipe.output.formats):
        shutil.rmtree(about.root / name, ignore_errors=True)  # it would tell what once was
    unwritten = []
    for number, name in enumerate(recipe.output.formats):
        progress(WRITING, number / len(recipe.output.formats))
        folder = about.root / name
        shutil.rmtree(folder, ignore_errors=True)  # of an earlier time: no file of it may stay
        try:
            if kept:
                plugins.load(GROUP, name).write(kept, folder, about)
        except (ConfigError, UnavailableError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            unwritten.append(f"{name}: {error}")
    progress(WRITING, 1.0)
    return unwritten


def _made_of(folder: DataFolder, there: Sequence[Place], gone: Gone, recipe: Recipe) -> str:
    """SHA-256 in hex of all that a data set depends on; rows of a ledger stay where they are."""
    said = [str(decision) for decision in decisions.read(folder.path)]
    made = [row.sha256 for row in there]
    return key_of(VERSION, made, [list(one) for one in gone], config.as_dict(recipe), said)


def _finished(said: Mapping[str, Any]) -> Finished:
    return Finished(
        kept=said["kept"],
        rejected=said["rejected"],
        failed=said["failed"],
        sha256=said["dataset_sha256"],
        notes=tuple(said["notes"]),
        unwritten=tuple(said["unwritten"]),
    )


def _without_places(value: Any) -> Any:
    """Settings without the folders of this machine: of a model or a file of prompts, its name."""
    if isinstance(value, dict):
        return {key: _without_places(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_places(part) for part in value]
    is_place = isinstance(value, str) and (Path(value).is_absolute() or value.startswith("~"))
    return Path(value).name if is_place else value


def _pretty(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
