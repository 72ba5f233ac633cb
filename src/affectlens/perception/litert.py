"""A LiteRT net as a function of one array."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from affectlens.foundation.errors import UnavailableError
from affectlens.perception.percepts import Floats

Net = Callable[[NDArray[np.float32]], Mapping[str, Floats]]


def load_net(model: bytes, *, threads: int) -> Net:
    """A net with one input; it gives its outputs by name, copied.

    Raises:
        UnavailableError: ai-edge-litert is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise UnavailableError(
            "Faces need the package ai-edge-litert: pip install ai-edge-litert."
        ) from error

    interpreter = Interpreter(model_content=model, num_threads=threads)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    outputs = [(d["name"], d["index"]) for d in interpreter.get_output_details()]

    def run(values: NDArray[np.float32]) -> Mapping[str, Floats]:
        interpreter.set_tensor(source, values)
        interpreter.invoke()
        return {name: interpreter.get_tensor(index) for name, index in outputs}

    return run
