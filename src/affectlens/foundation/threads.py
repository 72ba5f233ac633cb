"""How the threads of compiled libraries wait for each other."""

import os

# OpenMP's threads spin while they wait. On two cores that something else uses too, a step of a
# language model on two threads then took 15 times as long as on one; asleep, as long as on one.
_WAITING = ("OMP_WAIT_POLICY", "PASSIVE")


def sleep_while_waiting() -> None:
    """Call before torch is loaded, which reads it once; what somebody has set on purpose stays."""
    os.environ.setdefault(*_WAITING)
