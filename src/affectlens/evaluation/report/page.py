"""`html_report`: the scores of a run as one self-contained page, without a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

from affectlens.evaluation.outcome import Outcome
from affectlens.evaluation.report import metric, samples
from affectlens.evaluation.score import Scores
from affectlens.foundation.hashing import policy_hash

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{hash}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Affectlens</title>
<style>{style}</style>
</head>
<body>
<header>
<p class="brand">Affectlens evaluation</p>
<h1>{title}</h1>
</header>
<main>
{body}
</main>
</body>
</html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a report is of."""

    title: str
    facts: Mapping[str, str]  # what made it, by name: model, data, settings' checksum
    scores: Sequence[Scores]
    outcomes: Sequence[Outcome] = ()  # for the list of what went wrong


def html_report(run: Run) -> str:
    """The page; it depends on the run alone, so that the same run gives the same page."""
    style = resources.files("affectlens.evaluation.report").joinpath("page.css").read_text("utf-8")
    sections = [*map(metric.section, run.scores), samples.section(run.outcomes), _made(run.facts)]
    return _PAGE.format(
        hash=policy_hash(style),
        title=escape(run.title),
        style=style,
        body="\n".join(section for section in sections if section),
    )


def _made(facts: Mapping[str, str]) -> str:
    pairs = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items())
    return f"<section><h2>What made this</h2><dl>{pairs}</dl></section>"
