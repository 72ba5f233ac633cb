"""The descriptions of a clip, each by the recipe's describer and found again when it was made."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from affectlens.annotation.annotation import Made
from affectlens.annotation.describer import GROUP, TASKS, Describer, Request, Task
from affectlens.annotation.draft import Draft
from affectlens.annotation.prompts import Prompts, prompts
from affectlens.annotation.recipe import Recipe
from affectlens.annotation.steps import captioned, showing
from affectlens.annotation.work import Work, key_of
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.part import configured
from affectlens.reasoning.neutral import neutral

VERSION = 1  # raised when the same reply gives another description

_PARTS: tuple[Task, ...] = ("face", "objective", "tone")

Describers = Mapping[Task, Describer]


def build_describers(recipe: Recipe) -> Describers:
    """Who does which task; equal parts of the recipe are one describer.

    Raises:
        ConfigError: no such describer or setting, or it would be shown what it cannot take.
    """
    built: dict[str, Describer] = {}
    found: dict[Task, Describer] = {}
    for task in TASKS:
        part = getattr(recipe, "fine" if task == "rewrite" else task)
        key = json.dumps(part.as_json(), sort_keys=True)
        if key not in built:
            module, config = configured(GROUP, part)
            built[key] = module.build(config)
        found[task] = built[key]
        _refuse_media(task, found[task], recipe)
    return found


def _refuse_media(task: Task, describer: Describer, recipe: Recipe) -> None:
    asked = prompts(recipe.prompts).tasks[task]
    if describer.reads and (lacking := set(asked.media) - describer.takes):
        what = " and ".join(sorted(lacking))
        raise ConfigError(
            f"The prompt for {task!r} shows a {what}, which {describer.identity} is not said to "
            "take. Set pictures or sounds = true if it does; else choose another describer, or "
            "prompts that show none."
        )


def described(draft: Draft, recipe: Recipe, work: Work, describers: Describers) -> Draft:
    """With face, objective, tone, subtitle and the coarse caption.

    Raises:
        UnavailableError: a describer could not be asked.
    """
    face, by_face = describe("face", draft, recipe, work, describers)
    objective, by_objective = describe("objective", draft, recipe, work, describers)
    tone, by_tone = describe("tone", draft, recipe, work, describers)
    subtitle, by_subtitle = _subtitle(draft)
    draft = replace(draft, face=face, objective=objective, tone=tone, subtitle=subtitle)
    caption = captioned.coarse(draft)
    texts = [one if isinstance(one, str) else None for one in (face, objective, tone, subtitle)]
    key = key_of("coarse", captioned.VERSION, *texts)
    made = {
        "face": by_face,
        "objective": by_objective,
        "tone": by_tone,
        "subtitle": by_subtitle,
        "coarse": Made(step="captioned", by=f"template {captioned.VERSION}", key=key),
    }
    return _with(replace(draft, coarse=caption), made)


def fine(draft: Draft, recipe: Recipe, work: Work, describers: Describers) -> Draft:
    """With the fine description, which explains the label that the draft has.

    Raises:
        UnavailableError: the describer could not be asked.
    """
    text, made = describe("fine", draft, recipe, work, describers)
    return _with(replace(draft, fine=text), {"fine": made})


def describe(
    task: Task,
    draft: Draft,
    recipe: Recipe,
    work: Work,
    describers: Describers,
    *,
    faults: Sequence[str] = (),
) -> tuple[str | Missing, Made]:
    """What the describer says, or said when it was asked the same, and who made it.

    Raises:
        UnavailableError: it could not be asked, or answered nothing.
    """
    describer, asked = describers[task], prompts(recipe.prompts)
    nothing = _nothing(task, draft) if describer.reads else None
    key = _key(task, draft, asked, describer, faults)
    made = Made(step=task, by=describer.identity, key=key)
    if nothing is not None:
        return nothing, made

    def make() -> dict[str, str]:
        messages = asked.fill(task, draft, faults) if describer.reads else ()
        if isinstance(messages, Missing):
            return {"missing": messages.reason}
        request = Request(task=task, draft=draft, messages=messages, faults=tuple(faults))
        found = describer.describe(request)
        if isinstance(found, Missing):
            return {"missing": found.reason}
        if not (text := _tidy(found)):
            raise UnavailableError(f"{describer.identity} gave an empty text for {task}.")
        # What a model says of gender, age or origin nobody measured; `fine` is checked later.
        return {"text": neutral(text) if task in _PARTS and describer.reads else text}

    kept: dict[str, Any] = work.step(task, key, make)
    return (kept["text"] if "text" in kept else Missing(kept["missing"])), made


def _key(
    task: Task, draft: Draft, asked: Prompts, describer: Describer, faults: Sequence[str]
) -> str:
    """Of all that decides an answer, and of nothing else: a model is not asked twice in vain."""
    of = _read_by_a_model if describer.reads else _looked_at_by_rule
    return key_of(task, VERSION, describer.identity, of(task, draft, asked, faults))


def _read_by_a_model(
    task: Task, draft: Draft, asked: Prompts, faults: Sequence[str]
) -> tuple[object, ...]:
    """The words, and what is shown: the file and the moment stand for it, so it is not opened."""
    prompt = asked.tasks[task]
    words = prompt.system, asked.text(task, draft, faults)
    if not prompt.media:
        return words
    return *words, prompt.media, draft.seen.sha256, draft.item.path.name, showing.moment_s(draft)


def _looked_at_by_rule(
    task: Task, draft: Draft, asked: Prompts, faults: Sequence[str]
) -> tuple[object, ...]:
    """Everything but, where face, picture or tone are described, the label: they must not know."""
    del asked
    peak = None if isinstance(draft.peak, Missing) else (draft.peak.time_s, draft.peak.active)
    seen = draft.seen.sha256, draft.seen.key, str(draft.person), peak
    if task in _PARTS:
        return seen
    return *seen, str(draft.label), str(draft.fine) if task == "rewrite" else "", list(faults)


def _nothing(task: Task, draft: Draft) -> Missing | None:
    """Why a model need not be asked: it would describe what is not there."""
    percepts = draft.seen.percepts
    if task == "face" and isinstance(draft.peak, Missing) and percepts.faces == ():
        return draft.peak
    if task == "tone" and percepts.utterances == ():
        return Missing("nobody speaks")
    if task == "fine" and isinstance(draft.coarse, Missing):
        return draft.coarse
    return None


def _subtitle(draft: Draft) -> tuple[str | Missing, Made]:
    """What the main person says, or everybody where nothing is known to be theirs."""
    told = draft.item.words
    if told is not None:
        made = Made(step="subtitle", by="told with the file", key="")
        return _tidy(told) or Missing("nothing is said in it, as was told with the file"), made
    transcript = draft.seen.percepts.transcript
    if isinstance(transcript, Missing):
        return transcript, Made(step="subtitle", by="transcript", key=draft.seen.key)
    own = [s.text for s in transcript.sentences if s.person == draft.person]
    texts = own or [s.text for s in transcript.sentences]
    made = Made(step="subtitle", by=f"transcript of {transcript.source}", key=draft.seen.key)
    return _tidy(" ".join(texts)) or Missing("nobody speaks"), made


def _tidy(text: str) -> str:
    """On one line, blanks collapsed, without control characters and what stands for lost bytes."""
    plain = "".join(" " if sign.isspace() else sign for sign in text)
    kept = (s for s in plain if unicodedata.category(s) not in ("Cc", "Cs") and s != "\ufffd")
    return " ".join("".join(kept).split())


def _with(draft: Draft, made: Mapping[str, Made]) -> Draft:
    """With who made what is there."""
    there = {name: one for name, one in made.items() if isinstance(getattr(draft, name), str)}
    return replace(draft, made={**draft.made, **there})
