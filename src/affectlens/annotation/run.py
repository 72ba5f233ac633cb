"""A run: annotate what the ledger does not have yet; `finish` makes the data set of it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from affectlens.analyzer.engine import Crew, Died, spread, usual_workers
from affectlens.analyzer.settings import RULES
from affectlens.annotation import rows
from affectlens.annotation.describers.endpoint import WORKERS
from affectlens.annotation.folder import DataFolder
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.rows import Job, Row
from affectlens.foundation.progress import Progress, silent

READING = "reading files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How a run went, in files."""

    now: int  # annotated or failed now
    before: int  # there from an earlier run
    failed: int  # now or before
    left: int  # not tried, because the disk is full


def jobs(
    folder: DataFolder, items: Sequence[Item], recipe: Recipe, *, progress: Progress = silent
) -> list[Job]:
    """Each item with what its row will be known by; every file is read once for it."""
    made = rows.made_with(recipe)
    found = []
    for number, item in enumerate(items, 1):
        found.append(Job(item, recipe, folder.path, rows.key(item, made)))
        progress(READING, number / len(items))
    return found


def run(
    folder: DataFolder,
    jobs: Sequence[Job],
    crew: Crew,
    *,
    retry_failed: bool = False,
    note: Callable[[Row], None] = lambda row: None,
) -> Tally:
    """Annotate the items whose rows are not in the ledger; `note` hears of each new row.

    A row is on the disk before the next file counts as done. On a full disk the run ends there.
    """
    todo, failed = left_to_do(folder, jobs, retry_failed=retry_failed)
    now = 0
    workers = min(_workers(jobs[0].recipe), len(todo)) if todo else 1
    os.environ[WORKERS] = str(crew.workers or workers)  # they share what a server allows
    results = spread(rows.work, todo, crew, workers_default=workers)
    try:
        for job, result in results:
            row = rows.failure(job, result) if isinstance(result, Died) else result
            folder.append(row)
            now += 1
            failed += rows.failed(row)
            note(row)
            if row.get("disk_full"):
                break
    finally:
        results.close()
    return Tally(now=now, before=len(jobs) - len(todo), failed=failed, left=len(todo) - now)


def left_to_do(
    folder: DataFolder, jobs: Sequence[Job], *, retry_failed: bool = False
) -> tuple[list[Job], int]:
    """What is to be annotated, and how many of the others failed before."""
    there = folder.index()
    todo, failed = [], 0
    for job in jobs:
        found = there.get(job.key)
        again = found is None or (found.failed and retry_failed)
        if found is None or again or not rows.stands(folder.row(found.start), job):
            todo.append(job)
        else:
            failed += found.failed
    return todo, failed


def _workers(recipe: Recipe) -> int:
    """Each worker loads models of its own, so there is one where there are any."""
    parts = (recipe.face, recipe.objective, recipe.tone, recipe.fine)
    loads = recipe.analysis.model != RULES or any(part.name == "transformers" for part in parts)
    return 1 if loads else usual_workers()
