"""Published systems by the names of their files."""

from typing import Any

from affectlens.foundation import plugins
from affectlens.foundation.part import Part, configured
from affectlens.model.declaration import GROUP, System


def names() -> list[str]:
    """Every system, sorted."""
    return plugins.names(GROUP)


def published(name: str, **settings: Any) -> System:
    """A system with some of its settings, such as `compat`.

    Raises:
        ConfigError: there is no such system or setting; the nearest is named.
    """
    module, config = configured(GROUP, Part(name, settings))
    system: System = module.build(config)
    return system
