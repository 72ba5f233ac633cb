"""`Endpoint`: where a chat model is served and how it is asked, checked before anything is sent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from affectlens.foundation import chat
from affectlens.foundation.chat import Message
from affectlens.foundation.errors import ConfigError
from affectlens.foundation.loopback import is_loopback

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Where a model is served and how it is asked."""

    url: str = "http://127.0.0.1:8000/v1"  # vLLM's; Ollama's is http://127.0.0.1:11434/v1
    model: str = ""  # as the server calls it
    revision: str = ""  # of the model, in your words: replies to it hold at any address
    key_variable: str | None = None  # the environment variable that holds the key
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 512
    timeout_s: float = 120.0  # for a whole reply
    retries: int = 4
    backoff_s: float = 0.5  # before the first retry; doubled before each further one
    requests_per_minute: float | None = None
    concurrency: int = 4  # requests at a time
    insecure: bool = False  # plain http to other machines
    max_reply_bytes: int = 4 * 1024 * 1024

    def __post_init__(self) -> None:
        _check_url(self.url, insecure=self.insecure)
        # The name is not repeated: it may be the key itself.
        if self.key_variable is not None and not _PLAIN_NAME.fullmatch(self.key_variable):
            raise ConfigError(
                "key_variable wants the name of an environment variable that holds the key, such "
                "as OPENAI_API_KEY, never the key itself."
            )
        if not self.model.strip():
            raise ConfigError("An endpoint wants model=NAME: what its server calls the model.")
        least: dict[str, float] = {"max_tokens": 1, "retries": 0, "concurrency": 1}
        least |= {"temperature": 0, "backoff_s": 0, "max_reply_bytes": 1}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ConfigError(f"{name} is at least {bound}, got {getattr(self, name)}.")
        if self.timeout_s <= 0 or (self.requests_per_minute or 1) <= 0:
            raise ConfigError("timeout_s and requests_per_minute are above 0.")

    @property
    def completions(self) -> str:
        """The address that requests go to."""
        return f"{self.url.rstrip('/').removesuffix('/chat/completions')}/chat/completions"

    @property
    def is_local(self) -> bool:
        """Whether it is this very machine."""
        return is_loopback(urlsplit(self.url).hostname or "")

    @property
    def identity(self) -> str:
        """What decides replies at temperature 0, in one line.

        Whoever says a revision says that it is the same model wherever it is served.
        """
        which = f"@{self.revision}" if self.revision else f" at {self.url}"
        return f"endpoint {self.model}{which}, seed {self.seed}"

    def key(self, env: Mapping[str, str]) -> str:
        """The key, or nothing where none is wanted.

        Raises:
            ConfigError: the variable that should hold it does not.
        """
        if self.key_variable is None:
            return ""
        key = env.get(self.key_variable, "").strip()
        if not key or not key.isascii() or not key.isprintable():
            raise ConfigError(
                f"The environment variable {self.key_variable} holds no key: it is not set, empty, "
                "or has letters that no key has."
            )
        return key

    def request(self, messages: Sequence[Message]) -> dict[str, Any]:
        """The body that asks for a reply."""
        return chat.body(
            self.model,
            messages,
            temperature=self.temperature,
            seed=self.seed,
            max_tokens=self.max_tokens,
        )


def _check_url(url: str, *, insecure: bool) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"The url of an endpoint is no address: {error}.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError(f"An endpoint's url is http://… or https://…, got {url!r}.")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("An endpoint's url holds no key: set key_variable instead.")
    if parts.query or parts.fragment:
        raise ConfigError("An endpoint's url has nothing behind its path: no ? and no #.")
    if parts.scheme == "http" and not insecure and not is_loopback(host):
        raise ConfigError(
            f"{host} is another machine, and over http everybody between reads what is sent. Use "
            "https, or say insecure=true where the network is your own."
        )
