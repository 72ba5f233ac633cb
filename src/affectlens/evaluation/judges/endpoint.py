"""A model that is served: by vLLM, Ollama or llama.cpp on this machine, or by a company."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from affectlens.evaluation.judge import Judge
from affectlens.foundation import responses
from affectlens.foundation.chat import Reply, conversation
from affectlens.foundation.endpoint import Client, Endpoint
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent
from affectlens.foundation.responses import Responses


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """As `Endpoint`, which says what each means; temperature is 0."""

    url: str = "http://127.0.0.1:8000/v1"
    model: str = ""
    revision: str = ""
    key_variable: str | None = None
    seed: int = 0
    max_tokens: int = 512
    timeout_s: float = 120.0
    retries: int = 4
    backoff_s: float = 0.5
    requests_per_minute: float | None = None
    concurrency: int = 4
    insecure: bool = False
    cache: str = "usual"  # where replies of all runs are kept: a file, the usual one, or "none"


@dataclass(slots=True)
class Served:
    """Asks over HTTP; known replies come from the cache."""

    client: Client
    cache: Responses | None
    found: set[str] = field(default_factory=set)

    @property
    def identity(self) -> str:
        """The endpoint's."""
        return self.client.settings.identity

    @property
    def served(self) -> tuple[str, ...]:
        """What the server said of the models and setups that replied."""
        return tuple(sorted(self.found))

    def ask(self, prompts: Sequence[str], *, progress: Progress = silent) -> list[str | Missing]:
        """A reply to each.

        Raises:
            UnavailableError: there is no such server or model.
        """
        requests = [conversation(prompt) for prompt in prompts]
        with self.client:
            replies = responses.complete_all(
                self.client, requests, responses=self.cache, progress=progress
            )
        self.found.update(_name(reply) for reply in replies if isinstance(reply, Reply))
        return [reply.text if isinstance(reply, Reply) else reply for reply in replies]


def _name(reply: Reply) -> str:
    return " ".join(word for word in (reply.model, reply.fingerprint) if word)


def build(config: Config) -> Judge:
    """A judge behind an address; nothing is sent yet.

    Raises:
        ConfigError: a setting is wrong, or the key is not there.
    """
    if not config.model:
        raise ConfigError(
            "The judge endpoint wants model=NAME, as its server calls it, and url=… unless that is "
            f"{config.url}."
        )
    settings = {f.name: getattr(config, f.name) for f in fields(config) if f.name != "cache"}
    return Served(Client(Endpoint(**settings)), _cache(config.cache))


def _cache(name: str) -> Responses | None:
    if name == "none":
        return None
    return Responses.usual() if name == "usual" else Responses(Path(name).expanduser())
