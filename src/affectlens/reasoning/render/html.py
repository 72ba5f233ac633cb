"""The report as one HTML page, here without its clip; `reasoning.report` puts the clip inside."""

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.report import html_report

SUFFIX = ".html"
LONG = "a page with timeline, clues and explanation; `affectlens report` adds the player"


def render(analysis: Analysis) -> str:
    """The page, which says that the media file is not inside."""
    return html_report(analysis, None)
