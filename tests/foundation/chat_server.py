"""A chat server on this machine that answers by a script, for tests of who asks."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from affectlens.foundation.endpoint import Endpoint


@dataclass(frozen=True)
class Answer:
    """What is sent back; `pieces` come one after another with pauses between."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    pieces: int = 1


def completion(text: str | None, ending: str = "stop", **message: Any) -> Answer:
    """A chat completion."""
    content = {"role": "assistant", "content": text, **message}
    data = {
        "model": "served-model",
        "system_fingerprint": "fp_1",
        "choices": [{"index": 0, "message": content, "finish_reason": ending}],
    }
    return Answer(body=json.dumps(data).encode())


Script = Callable[[dict[str, Any]], Answer]


@dataclass
class Server:
    """Its address, and what it was asked."""

    port: int
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def endpoint(self, **settings: Any) -> Endpoint:
        """Settings that wait shortly."""
        return Endpoint(**{"url": self.url, "model": "m", "backoff_s": 0.01, **settings})


def in_turn(answers: Sequence[Answer]) -> Script:
    """One answer after another; the last one for ever."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def serving(script: Script | Sequence[Answer]) -> Iterator[Server]:
    """A server while the block runs."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    http.daemon_threads = True
    server = Server(http.server_address[1])
    answer = script if callable(script) else in_turn(script)
    http.RequestHandlerClass = _handler(server, answer)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def _handler(server: Server, answer: Script) -> type[BaseHTTPRequestHandler]:
    """What notes each request with the server and sends the script's answer."""
    lock = threading.Lock()
    now = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer takes 40 ms

        def do_POST(self) -> None:
            nonlocal now
            raw = self.rfile.read(int(self.headers["content-length"]))
            with lock:
                now += 1
                server.most_at_once = max(server.most_at_once, now)
                server.requests.append(json.loads(raw))
                server.headers.append({k.lower(): v for k, v in self.headers.items()})
                server.paths.append(self.path)
                server.times_s.append(time.monotonic())
                found = answer(server.requests[-1])
            if found.pieces == 1:
                time.sleep(found.pause_s)
            with lock:
                now -= 1
            self._send(found)

        def _send(self, found: Answer) -> None:
            try:
                self.send_response(found.status)
                for name, value in found.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(found.body)))
                self.end_headers()
                step = -(-len(found.body) // found.pieces) or 1
                for start in range(0, len(found.body), step):
                    self.wfile.write(found.body[start : start + step])
                    self.wfile.flush()
                    time.sleep(found.pause_s if found.pieces > 1 else 0)
            except OSError:  # whoever asked has left
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler
