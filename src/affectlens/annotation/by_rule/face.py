"""Visual expression description (C_ved) by rule: a phrase for each action unit at the peak."""

import re
from typing import Literal

from affectlens.annotation.by_rule.choice import chosen
from affectlens.annotation.draft import Draft
from affectlens.clues.phrasebook import phrasebook
from affectlens.clues.tables import phrases
from affectlens.foundation.missing import Missing

Phrases = Literal["merr", "plain"]
_CODE = re.compile(r"\s*\([^()]*\)")


def face(draft: Draft, source: Phrases) -> str | Missing:
    """Such as "Eyes widened, Wide-mouthed.": published phrases as MERR joins them, or our own.

    A unit that the published table leaves out (AU45) is told in our own words.
    """
    if isinstance(draft.peak, Missing):
        return draft.peak
    if not draft.peak.active:
        return "A face at rest." if draft.peak.action_units else Missing("no action unit measured")
    told = [_phrase(unit, draft, source) for unit in draft.peak.active]
    joined = ", ".join(told) if source == "merr" else phrasebook().join(told)
    return f"{joined[0].upper()}{joined[1:]}."


def _phrase(unit: str, draft: Draft, source: Phrases) -> str:
    published = phrases("merr").get(unit) if source == "merr" else None
    if published:
        return chosen(published, draft, unit)
    own = plain(phrasebook().phrase(unit))
    return f"{own[0].upper()}{own[1:]}" if source == "merr" else own


def plain(text: str) -> str:
    """A clue's text without the codes and numbers in brackets."""
    return _CODE.sub("", text)
