"""Which subject a name means: rules, nano, an endpoint's address, a model's folder or hub id."""

import dataclasses
from collections.abc import Sequence
from dataclasses import replace

from affectlens.analyzer.settings import RULES, Settings
from affectlens.evaluation.subject import Subject
from affectlens.foundation import config
from affectlens.foundation.endpoint_settings import Endpoint
from affectlens.foundation.errors import ConfigError

_ADDRESSES = ("http://", "https://")


def subject(
    model: str,
    settings: Settings | None = None,
    *,
    batch_size: int = 8,
    workers: int | None = None,
    options: Sequence[str] = (),
) -> Subject:
    """A subject by name; nothing is loaded yet.

    The address of an endpoint is followed by # and what the server calls the model. `options`,
    NAME=VALUE, are those of an endpoint: key_variable, revision, max_tokens, frames …

    Raises:
        ConfigError: there is no such model or option.
    """
    settings = settings or Settings()
    if model.startswith(_ADDRESSES):
        return _served(model, settings, batch_size, options)
    if options:
        raise ConfigError(f"{model} has no such settings: {', '.join(options)}.")
    if model == RULES:
        from affectlens.evaluation.subjects import rules

        chosen = replace(settings, model=RULES)
        return rules.build(rules.Config(settings=chosen, workers=workers))
    from affectlens.evaluation.subjects import language

    chosen = replace(settings, model=model)
    return language.build(language.Config(settings=chosen, batch_size=batch_size))


def _served(model: str, settings: Settings, batch_size: int, options: Sequence[str]) -> Subject:
    from affectlens.evaluation.subjects import endpoint

    url, mark, name = model.partition("#")
    if not mark:
        raise ConfigError(f"Which model does {url} serve? Say {url}#NAME, as the server calls it.")
    own = [field.name for field in dataclasses.fields(endpoint.View)]
    view = [option for option in options if option.partition("=")[0].strip() in own]
    rest = [option for option in options if option not in view]
    where = config.read(Endpoint, file=None, env={}, sets=[f"url={url}", f"model={name}", *rest])
    shown = config.read(endpoint.View, file=None, env={}, sets=view)
    made = endpoint.Config(endpoint=where, view=shown, batch_size=batch_size, settings=settings)
    return endpoint.build(made)
