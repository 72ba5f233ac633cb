"""A LiteRT net as a function of one array."""

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import UnavailableError
from affectlens.perception.percepts import Floats

Net = Callable[[NDArray[np.float32]], Mapping[str, Floats]]

_STDERR = 2
_ONE_AT_A_TIME = threading.Lock()


def load_net(model: bytes, *, threads: int) -> Net:
    """A net with one input; it gives its outputs by name, copied. Threads may share it.

    Raises:
        UnavailableError: ai-edge-litert is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise UnavailableError(
            "Faces need the package ai-edge-litert: pip install ai-edge-litert."
        ) from error

    with _without_chatter():
        interpreter = Interpreter(model_content=model, num_threads=threads)
        interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    outputs = [(d["name"], d["index"]) for d in interpreter.get_output_details()]

    busy = threading.Lock()  # an interpreter holds its input and outputs between its calls

    def run(values: NDArray[np.float32]) -> Mapping[str, Floats]:
        with busy:
            interpreter.set_tensor(source, values)
            interpreter.invoke()
            return {name: interpreter.get_tensor(index) for name, index in outputs}

    return run


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    """Hold back what is written to stderr, then pass it on without LiteRT's INFO lines.

    LiteRT writes "INFO: Created TensorFlow Lite XNNPACK delegate" to the file descriptor itself and
    has no switch for it. What other threads write meanwhile comes late, never lost.
    """
    with _ONE_AT_A_TIME, tempfile.TemporaryFile() as held:
        try:
            real = os.dup(_STDERR)
        except OSError:  # the process has no stderr
            yield
            return
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(real, _STDERR)
            os.close(real)
            held.seek(0)
            for line in held:
                if not line.startswith(b"INFO:"):
                    os.write(_STDERR, line)
