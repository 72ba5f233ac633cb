"""`html_report`: an analysis and its clip as one self-contained page."""

import base64
import html
import json
import re
from importlib import resources
from pathlib import PurePath

from affectlens.clues.phrasebook import phrasebook
from affectlens.foundation.hashing import policy_hash
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.media.clip import Clip
from affectlens.perception.percepts import ACTION_UNITS
from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.document import to_json
from affectlens.reasoning.one_line import one_line
from affectlens.reasoning.report.excerpt import Excerpt, excerpt

# In the order in which they are read; together they are one script.
_SCRIPTS = (
    "page.js", "player.js", "overlay.js", "timeline.js", "units.js", "answers.js", "clues.js",
    "start.js",
)  # fmt: skip
_STYLES = ("page.css", "timeline.css", "clues.css")


def html_report(
    analysis: Analysis, clip: Clip | None, *, redact: bool = False, progress: Progress = silent
) -> str:
    """The page with the clip inside; without a clip, or with one too long, it says so and works.

    `redact` blurs every face that was followed or is found in any frame. Words are kept.
    """
    if clip is None:
        shown: Excerpt | Missing = Missing("the media file was not given to the report")
    else:
        shown = excerpt(clip, analysis.people, redact=redact, progress=progress)
    script = "".join(["(() => {\n'use strict';\n", *map(_file, _SCRIPTS), "})();\n"])
    style = "".join(map(_file, _STYLES))
    parts = {
        "title": html.escape(one_line(PurePath(analysis.input.path).name)),
        "policy": _policy(script, style),
        "style": style,
        "media": "" if isinstance(shown, Missing) else _element(shown),
        "data": _data(analysis, shown, redact=redact),
        "script": script,
    }
    # One pass, so that nothing inside a part is taken for a place of another.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _file("page.html"))


def _file(name: str) -> str:
    """A file of this folder."""
    return resources.files("affectlens.reasoning.report").joinpath(name).read_text("utf-8")


def _policy(script: str, style: str) -> str:
    """What the page may do: run its own script, use its own style, play what is inside it."""
    return (
        f"default-src 'none'; script-src '{policy_hash(script)}'; "
        f"style-src '{policy_hash(style)}'; "
        "img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
    )


def _element(shown: Excerpt) -> str:
    """The element that plays or shows the clip."""
    source = f"data:{shown.mime};base64,{base64.b64encode(shown.data).decode()}"
    if shown.mime.startswith("image/"):
        return f'<img id="media" alt="The analyzed picture" src="{source}">'
    kind = "audio" if shown.mime.startswith("audio/") else "video"
    return f'<{kind} id="media" preload="auto" playsinline src="{source}"></{kind}>'


def _data(analysis: Analysis, shown: Excerpt | Missing, *, redact: bool) -> str:
    """What the script reads, as JSON that cannot end its own element."""
    book = phrasebook()
    data = {
        "analysis": to_json(analysis),
        "units": {unit: book.phrase(unit) for unit in ACTION_UNITS},
        "absent": shown.reason if isinstance(shown, Missing) else None,
        "redacted": redact and not isinstance(shown, Missing),
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")
