"""The whole analysis as one line of JSON, for files that hold many."""

import json

from affectlens.reasoning.analysis import Analysis
from affectlens.reasoning.document import to_json

SUFFIX = ".jsonl"
LONG = "everything, as one line of JSON"


def render(analysis: Analysis) -> str:
    """The line, its end included."""
    # Some readers of lines also break at U+2028, U+2029 and U+0085; JSON may escape them.
    line = json.dumps(to_json(analysis), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "\u2028\u2029\u0085":
        line = line.replace(mark, f"\\u{ord(mark):04x}")
    return line + "\n"
