"""What trainers read of an annotation; helper F owns this file."""

from typing import Any

from affectlens.annotation.annotation import Annotation


def trainer_fields(annotation: Annotation) -> dict[str, Any]:
    """messages, videos, audios, images and ov_labels."""
    del annotation
    return {}
