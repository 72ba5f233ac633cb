"""A served model describes: by vLLM, Ollama or llama.cpp on this machine, or by a company.

Pictures and sounds of people leave this machine only where `upload` says so.
"""

import atexit
import functools
import os
from dataclasses import dataclass, fields, replace

from affectlens.annotation.describer import Request
from affectlens.foundation import responses
from affectlens.foundation.chat import Medium, Reply, media
from affectlens.foundation.endpoint import Client, Endpoint
from affectlens.foundation.errors import ConfigError, UnavailableError
from affectlens.foundation.responses import Responses

# How many processes ask together: whoever starts them tells them so before they build describers.
WORKERS = "AFFECTLENS_WORKERS"


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """As `Endpoint`, which says what each means, and what the model takes beside text."""

    url: str = "http://127.0.0.1:8000/v1"
    model: str = ""
    revision: str = ""
    key_variable: str | None = None
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 512
    timeout_s: float = 120.0
    retries: int = 4
    backoff_s: float = 0.5
    requests_per_minute: float | None = None  # of all workers together
    insecure: bool = False
    pictures: bool = False  # whether the model takes images
    sounds: bool = False  # whether it takes audio
    upload: bool = False  # whether images and audio may go to another machine
    cache: bool = True  # keep replies at temperature 0, for other runs too


_OWN = {"pictures", "sounds", "upload", "cache"}  # of Config, and not of Endpoint


@dataclass(frozen=True, slots=True)
class Served:
    """Asks over HTTP; known replies come from the cache."""

    client: Client
    takes: frozenset[Medium]
    cache: Responses | None
    reads: bool = True

    @property
    def identity(self) -> str:
        """The endpoint's, and what else decides a reply."""
        settings = self.client.settings
        most = f"at most {settings.max_tokens} tokens"
        return f"{settings.identity}, temperature {settings.temperature:g}, {most}"

    def describe(self, request: Request) -> str:
        """The model's words.

        Raises:
            ConfigError: the prompt shows what the model does not take.
            UnavailableError: there is no such server or model, or this request had no reply.
        """
        assert request.messages, "a model is asked in words"
        model = self.client.settings.model
        for medium in sorted(media(request.messages) - self.takes):
            raise ConfigError(
                f"The prompt for {request.task!r} shows a {medium}, which {model} is not said to "
                f"take. Set {medium}s = true if it does; else choose another describer or prompt."
            )
        [reply] = responses.complete_all(self.client, [request.messages], responses=self.cache)
        if not isinstance(reply, Reply):
            raise UnavailableError(f"{model} gave no {request.task!r}: {reply.reason}.")
        return reply.text.strip()


def build(config: Config) -> Served:
    """A describer behind an address; nothing is sent yet.

    Raises:
        ConfigError: a setting is wrong, the key is not there, or media would leave this machine.
    """
    if not config.model:
        raise ConfigError(
            "The describer endpoint wants model=NAME, as its server calls it, and url=… unless "
            f"that is {config.url}."
        )
    endpoint = Endpoint(
        **{f.name: getattr(config, f.name) for f in fields(config) if f.name not in _OWN}
    )
    takes = _taken(config)
    if takes and not endpoint.is_local and not config.upload:
        raise ConfigError(
            f"Every {' and '.join(sorted(takes))} that a prompt shows would be sent to "
            f"{endpoint.url}, which is not this machine. Set upload = true if they may be; else "
            "serve the model here, or leave out what it is shown."
        )
    cache = Responses.usual() if config.cache else None
    return Served(_client(_own_share(endpoint)), takes, cache)


def _taken(config: Config) -> frozenset[Medium]:
    said: dict[Medium, bool] = {"picture": config.pictures, "sound": config.sounds}
    return frozenset(medium for medium, taken in said.items() if taken)


def _own_share(endpoint: Endpoint) -> Endpoint:
    """With this process's share of the requests per minute."""
    told = os.environ.get(WORKERS) or "1"
    if not told.isascii() or not told.isdigit() or int(told) < 1:
        raise ConfigError(f"{WORKERS} is the number of processes, got {told!r}.")
    if endpoint.requests_per_minute is None:
        return endpoint
    return replace(endpoint, requests_per_minute=endpoint.requests_per_minute / int(told))


@functools.cache
def _client(endpoint: Endpoint) -> Client:
    """One for all tasks that are asked alike, so that they keep to the limits together."""
    client = Client(endpoint)
    atexit.register(client.close)
    return client
