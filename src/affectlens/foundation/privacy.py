"""Switches off what libraries would send home about the people who use them."""

import os

# onnxruntime's wheels from 1.29 on upload usage events to Microsoft unless this is set before it is
# loaded (its Privacy.md); pyproject.toml asks for an older one, this guards those who have a newer.
# huggingface_hub adds usage data to its requests.
_SWITCHES = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


def refuse_telemetry() -> None:
    """Call before such a library is loaded; what somebody has set on purpose stays."""
    for name, value in _SWITCHES.items():
        os.environ.setdefault(name, value)
