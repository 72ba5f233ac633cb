"""A backend by name, loaded once per process and setting, or why it cannot run here."""

import functools
import importlib
import threading
from typing import Any

from affectlens.foundation import plugins
from affectlens.foundation.missing import Missing
from affectlens.foundation.privacy import refuse_telemetry

GROUP = "perception.backends"
_BUILDING = threading.Lock()  # two threads that ask at once get one and the same


def ready(name: str, **options: object) -> Any | Missing:
    """The built backend; one of the interfaces of `perception.observers`, for any thread.

    Raises:
        ConfigError: there is no backend of that name.
    """
    refuse_telemetry()
    module = plugins.load(GROUP, name)
    config = module.Config(**options)
    reason: Missing | None = module.available(config)
    if reason is not None:
        return reason
    with _BUILDING:
        return _built(module.__name__, config)


@functools.cache
def _built(module: str, config: Any) -> Any:
    return importlib.import_module(module).build(config)
