"""The report: one HTML file with the clip, the timeline, every clue and the explanation inside.

`page.html_report` puts it together. The page itself is `page.html` with the `.css` and `.js` files
of this folder; they are written into it, so it works from a disk without a network.
"""

from affectlens.reasoning.report.page import html_report

__all__ = ["html_report"]
