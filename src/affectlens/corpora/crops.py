"""Which face detector a corpus' pictures want: some sets hand out faces that are cut out already.

The file of such a corpus has `DETECTOR = "whole"` beside its `TITLE`.
"""

from affectlens.foundation import plugins

GROUP = "corpora.sets"


def detector_for(corpus: str | None) -> str | None:
    """The detector by its name; None: the usual one, as for a corpus that is not known here."""
    if corpus is None or corpus not in plugins.names(GROUP):
        return None
    found: str | None = getattr(plugins.load(GROUP, corpus), "DETECTOR", None)
    return found
