"""One file's annotation, step by step: the factory on one screen (Emotion-LLaMA, Algorithm 1)."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from affectlens.annotation import media
from affectlens.annotation.annotation import Annotation, Made, Media, Source
from affectlens.annotation.describer import Describer, Task
from affectlens.annotation.draft import Draft
from affectlens.annotation.item import Item
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.steps.checked import checked, score_of
from affectlens.annotation.steps.described import build_describers, described, fine
from affectlens.annotation.steps.labelled import pseudo, settled, why_rejected
from affectlens.annotation.steps.peaked import peaked
from affectlens.annotation.steps.seen import seen
from affectlens.annotation.work import Work
from affectlens.foundation.decoding import encode
from affectlens.foundation.missing import Missing
from affectlens.reasoning.analysis import Person

WORK = "work"
VERSION = 1  # raised when a step's result changes for the same recipe

# The describers of the last recipe: a model is loaded once in a process.
_tools: dict[str, Mapping[Task, Describer]] = {}


def annotate(item: Item, recipe: Recipe, root: Path) -> Annotation:
    """All that the recipe makes of one file; each step is found again when nothing changed.

    Raises:
        InputError: the file cannot be used.
        LimitError: it reached a cap, or the disk is full.
        UnavailableError: a describer could not be asked.
    """
    describers = tools(recipe)
    work = Work(root / WORK, item.id)
    draft = Draft(item=item, seen=seen(item, recipe, work))
    draft = peaked(draft, recipe)
    draft = pseudo(draft, recipe)
    draft = described(draft, recipe, work, describers)
    draft = fine(draft, recipe, work, describers)
    draft = checked(draft, recipe, work, describers)
    draft = settled(draft, recipe)
    return replace(_annotation(draft, recipe), media=_placed(draft, recipe, root, work))


def tools(recipe: Recipe) -> Mapping[Task, Describer]:
    """The recipe's describers.

    Raises:
        ConfigError: one of them cannot be as the recipe says.
    """
    key = recipe.of_items
    if key not in _tools:
        _tools.clear()
        _tools[key] = build_describers(recipe)
    return _tools[key]


def _placed(draft: Draft, recipe: Recipe, root: Path, work: Work) -> Media:
    """The clip's media; what was deleted, or replaced by those of another file, is there again."""
    item, sha256 = draft.item, draft.seen.sha256

    def bring() -> dict[str, Any]:
        found = media.bring(item, draft.seen.clip(), root, recipe.output)
        sums = media.checksums(found, item, sha256, root)
        return {"files": encode(found), "sha256": sums}

    key = f"{sha256} {recipe.output.media} {recipe.output.sound}"
    told = work.step("media", key, bring)
    if media.checksums(Media(**told["files"]), item, sha256, root) != told["sha256"]:
        told = bring()
    return Media(**told["files"])


def _annotation(draft: Draft, recipe: Recipe) -> Annotation:
    person = _person(draft)
    score = score_of(draft.checks)
    told = {
        name: Made(step="told", by=draft.item.corpus or "the caller", key="")
        for name in ("speaker", "origin", "given", "split")
        if not isinstance(_told(draft.item)[name], Missing)
    }
    return Annotation(
        id=draft.item.id,
        source=_source(draft, recipe),
        split=draft.item.split,
        label=draft.label,
        given=draft.item.label,
        read=draft.read,
        labels=draft.labels,
        valence=_number(person, "valence"),
        arousal=_number(person, "arousal"),
        person=draft.person,
        peak=draft.peak,
        units=draft.units,
        face=draft.face,
        objective=draft.objective,
        tone=draft.tone,
        subtitle=draft.subtitle,
        coarse=draft.coarse,
        fine=draft.fine,
        claims=draft.claims,
        clues=draft.seen.analysis.clues,
        checks=draft.checks,
        score=score,
        rejected=why_rejected(draft, recipe),
        provenance={**_measured(draft), **draft.made, **told},
        fingerprint=draft.seen.fingerprint,
        recipe_sha256=recipe.of_items,
    )


def _told(item: Item) -> dict[str, object]:
    return {
        "speaker": item.speaker, "origin": item.source, "given": item.label, "split": item.split,
    }  # fmt: skip


def _measured(draft: Draft) -> dict[str, Made]:
    """Who made what comes straight out of perception and the analysis."""
    seen_by = Made(step="seen", by="affectlens perception", key=draft.seen.key)
    read_by = Made(step="analysis", by=draft.seen.analysis.run.model, key=draft.seen.key)
    clues_by = Made(step="analysis", by="affectlens clues", key=draft.seen.key)
    made = {"source": seen_by, "fingerprint": seen_by, "clues": clues_by, "claims": clues_by}
    made["media"] = Made(step="media", by="the file, and its sound as WAV", key=draft.seen.sha256)
    return made | dict.fromkeys(("valence", "arousal"), read_by)


def _person(draft: Draft) -> Person | None:
    return next((one for one in draft.seen.analysis.people if one.id == draft.person), None)


def _number(person: Person | None, name: str) -> float | Missing:
    if person is None:
        return Missing("nobody was seen or heard")
    found: float | None = getattr(person, name)
    return Missing("the analysis gives none") if found is None else found


def _source(draft: Draft, recipe: Recipe) -> Source:
    facts, item = draft.seen.analysis.input, draft.item
    no_video = Missing("there are no pictures")
    return Source(
        path=item.path.name,
        sha256=draft.seen.sha256,
        duration_s=facts.duration_s,
        frames=draft.seen.frames,
        width=no_video if facts.width is None else facts.width,
        height=no_video if facts.height is None else facts.height,
        rate_hz=no_video if facts.rate_hz is None else facts.rate_hz,
        streams=facts.streams,
        speaker=item.speaker,
        origin=item.source,
        corpus=item.corpus,
        licence=item.licence or recipe.output.licence,
        columns=item.columns,
    )
