"""A tiny Emotion-LLaMA on the disk, made once per process."""

import tempfile
from functools import cache
from pathlib import Path

from affectlens.foundation.device import Place
from affectlens.model import checkpoint
from affectlens.model.published import published
from affectlens.model.tiny import shrink


@cache
def tiny_model() -> Path:
    """The folder of a model with random weights; it stays until the machine tidies up."""
    folder = Path(tempfile.mkdtemp(prefix="affectlens-test-")) / "tiny"
    loaded = checkpoint.create(shrink(published("emotion_llama")), place=Place(device="cpu"))
    checkpoint.save_trained(loaded.model, loaded.processor, folder)
    return folder
