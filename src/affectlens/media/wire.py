"""The words between the decoder's process and ours: a JSON header and raw bytes, both with length.

Nothing is unpickled: whatever a hijacked decoder sends stays numbers, text and bytes.
"""

import json
import os
import struct
from collections.abc import Mapping, Sequence
from typing import Any

LENGTHS = struct.Struct(">II")  # of the header, of the payload; in bytes
LONGEST_HEADER = 1 << 20


def send(pipe: int, header: Mapping[str, Any], payload: memoryview | None = None) -> None:
    """Write one message, waiting for the reader as long as it takes."""
    body = memoryview(b"") if payload is None else payload.cast("B")
    words = json.dumps(header).encode()
    front = LENGTHS.pack(len(words), body.nbytes) + words
    _write_all(pipe, [memoryview(front), body])


def _write_all(pipe: int, parts: Sequence[memoryview]) -> None:
    """Write every byte; a pipe may take fewer at once."""
    left = [part for part in parts if part.nbytes]
    while left:
        written = os.writev(pipe, left)
        while left and written >= left[0].nbytes:
            written -= left.pop(0).nbytes
        if left:
            left[0] = left[0][written:]
