"""PLUG: one file per format that an analysis can be written in.

A file offers `SUFFIX` (".eaf"), `LONG` (a line for people) and `render(analysis) -> str`. The text
depends on nothing but the analysis; only `table` also asks how wide the terminal is.
`html.html_report` adds the clip itself to the page that `html.render` gives.
"""
