"""Requests to a review server as bytes, as an attacker would send them."""

import contextlib
import json
import re
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    head: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who knows the address, with or without its token."""

    url: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def cookie(self) -> str:
        """The cookie that the first visit gives."""
        head = self.get(f"/?{urlsplit(self.url).query}", cookie="").head
        found = re.search(r"set-cookie: ([^;\r]+)", head, re.IGNORECASE)
        assert found is not None, head
        return found[1]

    def get(self, path: str, *, cookie: str | None = None, **headers: str) -> Answer:
        return self.send("GET", path, cookie=cookie, headers=headers)

    def post(self, body: object, *, cookie: str | None = None, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {
            "Origin": f"http://{self.host}",
            "Content-Type": "application/json",
            "Content-Length": str(len(raw)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.send("POST", "/api/decisions", cookie=cookie, headers=given, body=raw)

    def send(
        self,
        method: str,
        path: str,
        *,
        cookie: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """One request on a connection of its own; a cookie of None is the right one."""
        key = self.cookie() if cookie is None else cookie
        given = {"Host": self.host, "Cookie": key, "Connection": "close", **(headers or {})}
        lines = [f"{name}: {value}" for name, value in given.items() if value]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""])
        name, port = urlsplit(self.url).hostname, urlsplit(self.url).port
        with socket.create_connection((str(name), int(port or 0)), timeout=20) as link:
            link.sendall(head.encode("latin-1"))
            with contextlib.suppress(OSError):  # it is free to hang up on too much
                link.sendall(body)
            received = b""
            while True:
                try:
                    piece = link.recv(65536)
                except ConnectionResetError:
                    break
                if not piece:
                    break
                received += piece
        top, _, rest = received.partition(b"\r\n\r\n")
        return Answer(int(top.split()[1]), top.decode("latin-1"), rest)
