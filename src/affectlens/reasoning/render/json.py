"""The whole analysis as one indented JSON document."""

import json
import re

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.document import to_json

SUFFIX = ".json"
LONG = "everything, as an indented JSON document of the published schema"

# Inside a string there is no line break, so this finds nothing there.
_NUMBERS = re.compile(r"\[\n\s+([-+.\deE,\s]+?)\n\s+\]")


def render(analysis: Analysis) -> str:
    """The document, keys in the order of the schema; a list of numbers stands in one line."""
    text = json.dumps(to_json(analysis), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text)
