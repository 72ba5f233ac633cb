"""`Client`: asks a server that speaks OpenAI's chat completions: vLLM, Ollama, llama.cpp, OpenAI.

Nothing is sent but to the address that was set: redirects are not followed, and without TLS only
this machine is talked to, unless `insecure` allows more.
"""

import concurrent.futures
import email.utils
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from affectlens.foundation import chat
from affectlens.foundation.chat import Message, Reply
from affectlens.foundation.endpoint_settings import Endpoint
from affectlens.foundation.errors import UnavailableError
from affectlens.foundation.missing import Missing
from affectlens.foundation.progress import Progress, silent

if TYPE_CHECKING:
    import httpx2

__all__ = ["Client", "Endpoint", "Message", "Reply"]

_CONNECT_S = 10.0
_LONGEST_WAIT_S = 120.0  # asked to wait longer, a request counts as failed
_IN_A_ROW = 8  # failed requests after which the server counts as not there
_OK, _BAD_REQUEST, _NO_KEY, _NOT_FOUND, _BROKEN = 200, 400, 401, 404, 500
_LATER = {408, 425, 429}


@dataclass(frozen=True, slots=True)
class _Failed:
    """A request without an answer; whether to try again, and when."""

    reason: str
    again: bool = True
    after_s: float | None = None  # as the server asks
    unreachable: bool = False


class Client:
    """Asks one endpoint, from any thread."""

    def __init__(self, settings: Endpoint, env: Mapping[str, str] = os.environ) -> None:
        """Nothing is sent yet.

        Raises:
            ConfigError: the variable that should hold the key does not.
        """
        self.settings = settings
        self._key = settings.key(env)
        self._lock = threading.Lock()
        self._next_s = 0.0  # before this time nothing is sent
        self._in_a_row = 0
        self._has_answered = False
        self._http: httpx2.Client | None = None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let connections go; the next request makes new ones."""
        with self._lock:
            http, self._http = self._http, None
        if http is not None:
            http.close()

    def complete(self, messages: Sequence[Message]) -> Reply | Missing:
        """One reply; Missing where the model refused, was cut off, or the request failed for good.

        Raises:
            UnavailableError: there is no such server or model, it wants a key, or nothing works.
        """
        return self._complete(messages, threading.Event())

    def complete_all(
        self,
        requests: Sequence[Sequence[Message]],
        *,
        on_reply: Callable[[int, Reply | Missing], None] | None = None,
        progress: Progress = silent,
    ) -> list[Reply | Missing]:
        """A reply to each, several at a time; `on_reply` hears of each at once, with its place.

        Raises:
            UnavailableError: as `complete`; what was replied before was told to `on_reply`.
        """
        stop = threading.Event()
        replies: dict[int, Reply | Missing] = {}

        def take(place: int, reply: Reply | Missing) -> None:
            replies[place] = reply
            if on_reply is not None:
                on_reply(place, reply)

        with concurrent.futures.ThreadPoolExecutor(self.settings.concurrency) as pool:
            places = {pool.submit(self._complete, r, stop): i for i, r in enumerate(requests)}
            try:
                for future in concurrent.futures.as_completed(places):
                    take(places[future], future.result())
                    progress(f"asking {self.settings.model}", len(replies) / len(requests))
            except BaseException as error:  # also an interrupt: what is not sent yet never is
                stop.set()
                pool.shutdown(cancel_futures=True)
                if isinstance(error, UnavailableError):
                    for place, reply in _replied(places):
                        if place not in replies:
                            take(place, reply)
                raise
        return [replies[i] for i in range(len(requests))]

    def _complete(self, messages: Sequence[Message], stop: threading.Event) -> Reply | Missing:
        request = json.dumps(self.settings.request(messages)).encode()
        failed = _Failed("nothing was tried")
        for attempt in range(self.settings.retries + 1):
            self._await_turn(stop)
            if stop.is_set():
                return Missing("stopped")
            found = self._send(request)
            if not isinstance(found, _Failed):
                self._in_a_row, self._has_answered = 0, True
                return found
            failed = found
            if not failed.again or attempt == self.settings.retries:
                break
            self._pause(failed, attempt, stop)
        return self._give_up(failed)

    def _give_up(self, failed: _Failed) -> Missing:
        """Missing while the server is at least there, else the end of all asking."""
        if failed.unreachable:
            raise UnavailableError(
                f"There is no server at {self.settings.url} ({failed.reason}). Start one, such as "
                f"`vllm serve {self.settings.model}` or `ollama serve`, or set url to where it is."
            )
        with self._lock:
            self._in_a_row += 1
            hopeless = self._in_a_row >= _IN_A_ROW and (failed.again or not self._has_answered)
        if hopeless:
            raise UnavailableError(
                f"{self._in_a_row} requests in a row failed at {self.settings.completions}, the "
                f"last one so: {failed.reason}. What was replied before is kept; run again later."
            )
        return Missing(failed.reason)

    def _await_turn(self, stop: threading.Event) -> None:
        """Wait until the server wants to hear of us, and within the requests per minute."""
        per_minute = self.settings.requests_per_minute
        with self._lock:
            now_s = time.monotonic()
            turn_s = max(now_s, self._next_s)
            self._next_s = turn_s + (60 / per_minute if per_minute else 0)
        stop.wait(turn_s - now_s)

    def _pause(self, failed: _Failed, attempt: int, stop: threading.Event) -> None:
        """Before trying again; what a server asks for holds for all threads."""
        if failed.after_s is None:
            stop.wait(min(self.settings.backoff_s * 2**attempt, _LONGEST_WAIT_S))
            return
        with self._lock:
            self._next_s = max(self._next_s, time.monotonic() + failed.after_s)

    def _send(self, request: bytes) -> Reply | Missing | _Failed:
        import httpx2

        timeout_s = self.settings.timeout_s
        try:
            status, headers, raw = self._exchange(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            return _Failed(self._clean(str(error) or type(error).__name__), unreachable=True)
        except (httpx2.TimeoutException, TimeoutError):
            return _Failed(f"no whole reply within timeout_s = {timeout_s:g} s")
        except httpx2.TransportError as error:
            return _Failed(f"the connection broke ({self._clean(str(error))})")
        except OverflowError:
            most = self.settings.max_reply_bytes
            return Missing(f"the reply is larger than max_reply_bytes = {most}")
        if status != _OK:
            return self._refused(status, headers, raw)
        try:
            return chat.read(raw)
        except ValueError as error:
            return _Failed(self._clean(str(error)), again=False)

    def _exchange(self, request: bytes) -> tuple[int, "httpx2.Headers", bytes]:
        """Send and take in at most so many bytes in so much time, whatever the server does."""
        end_s = time.monotonic() + self.settings.timeout_s
        raw = bytearray()
        with self._connection().stream(
            "POST", self.settings.completions, content=request
        ) as response:
            for piece in response.iter_raw():
                raw += piece
                if len(raw) > self.settings.max_reply_bytes:
                    raise OverflowError
                if time.monotonic() > end_s:
                    raise TimeoutError
        return response.status_code, response.headers, bytes(raw)

    def _refused(self, status: int, headers: "httpx2.Headers", raw: bytes) -> _Failed:
        """An answer that is no reply.

        Raises:
            UnavailableError: no other request would fare better.
        """
        where, why = self.settings.completions, self._clean(chat.error_in(raw))
        if _OK < status < _BAD_REQUEST:
            to = self._clean(headers.get("location", "nowhere"))
            raise UnavailableError(
                f"{where} redirects to {to!r}, and redirects are not followed. Set url to where "
                "the server is."
            )
        if status == _NO_KEY:
            raise UnavailableError(
                f"{where} wants a key, or another one ({why}). Put the key into an environment "
                "variable and give its name as key_variable."
            )
        if status == _NOT_FOUND:
            raise UnavailableError(
                f"{where} is not there, or does not have the model {self.settings.model!r} "
                f"({why}). The url commonly ends in /v1."
            )
        again = status in _LATER or status >= _BROKEN
        after_s = _retry_after(headers) if again else None
        if after_s is not None and after_s > _LONGEST_WAIT_S:
            return _Failed(f"HTTP {status}, try again in {after_s:.0f} s: {why}", again=False)
        return _Failed(f"HTTP {status}: {why}", again, after_s)

    def _connection(self) -> "httpx2.Client":
        import httpx2

        with self._lock:
            if self._http is None:
                headers = {"content-type": "application/json", "accept-encoding": "identity"}
                if self._key:
                    headers["authorization"] = f"Bearer {self._key}"
                timeout_s = self.settings.timeout_s
                self._http = httpx2.Client(
                    headers=headers,
                    timeout=httpx2.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
                    follow_redirects=False,
                    # A proxy cannot reach this machine's own servers.
                    trust_env=not self.settings.is_local,
                )
            return self._http

    def _clean(self, text: str) -> str:
        """Without the key, should a server repeat it."""
        return text.replace(self._key, "***") if self._key else text


def _replied(
    places: Mapping[concurrent.futures.Future[Reply | Missing], int],
) -> Iterator[tuple[int, Reply]]:
    """Those that came while another request failed."""
    for future, place in places.items():
        if not future.cancelled() and future.exception() is None:
            reply = future.result()
            if isinstance(reply, Reply):
                yield place, reply


def _retry_after(headers: "httpx2.Headers") -> float | None:
    """Seconds to wait, said as a number or as a date."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, date.timestamp() - time.time())
