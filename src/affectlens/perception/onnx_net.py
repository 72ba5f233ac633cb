"""An ONNX net as a session on this machine's processor."""

from pathlib import Path
from typing import Any


def load_session(model: Path, *, threads: int) -> Any:
    """An `onnxruntime.InferenceSession`; sessions may be used by several threads at once."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
