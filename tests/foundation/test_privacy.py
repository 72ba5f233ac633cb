"""Nothing in this package lets a library send usage data home."""

import os
import subprocess
import sys

from affectlens.foundation.privacy import refuse_telemetry


def test_telemetry_is_refused_before_a_backend_is_built() -> None:
    code = (
        "import os; os.environ.pop('ORT_DISABLE_TELEMETRY', None)\n"
        "from affectlens.perception.ready import ready; ready('face_api')\n"
        "print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_what_somebody_set_on_purpose_stays() -> None:
    before = dict(os.environ)
    try:
        os.environ["DO_NOT_TRACK"] = "0"
        refuse_telemetry()
        assert os.environ["DO_NOT_TRACK"] == "0"
    finally:
        os.environ.clear()
        os.environ.update(before)
