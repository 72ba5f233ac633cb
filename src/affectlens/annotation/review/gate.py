"""`Gate`: lets in who has the token, from a page of ours on this machine, and nobody else."""

import json
import re
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The port is not looked at: it is another one where somebody forwards it.
_HOST = re.compile(rb"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Gate:
    """Stands before an app; every answer gets the headers that keep a page to itself.

    The address that is printed has a token. The first visit changes it for a cookie that scripts
    cannot read and other sites cannot use. Requests under another host name are refused, so that
    no foreign name can be bound to this machine; so is what another site posts.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._cookie = f"affectlens_review_{port}"  # cookies of a host are shared by its ports
        self.token = secrets.token_urlsafe(32)
        self._tickets: set[str] = set()

    def ticket(self) -> str:
        """A token that opens the page once: other users see the arguments of a browser."""
        made = secrets.token_urlsafe(32)
        self._tickets.add(made)
        return made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            headers[name] = b"," if name in headers else value  # one that comes twice fits nothing
        enters = self._enters(scope)
        why = _foreign(headers, scope["method"], linked=enters)
        if why is None and not enters and not self._known(headers):
            why = "Open the address that `affectlens review` printed: it has the key to this page."
        if why is not None:
            await _refuse(send, why)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = self._cookie_line() if enters else None
                message = {**message, "headers": [*message["headers"], *_lines(_HEADERS, cookie)]}
            await send(message)

        await self._app(scope, receive, with_headers)

    def _enters(self, scope: Scope) -> bool:
        """Whether this is a visit of the page with a token in its address."""
        if scope["path"] != "/" or scope["method"] != "GET":
            return False
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        ticket = asked.get("ticket", [""])[0]
        if ticket in self._tickets:
            self._tickets.discard(ticket)
            return True
        return _same(asked.get("token", [""])[0], self.token)

    def _known(self, headers: Mapping[bytes, bytes]) -> bool:
        try:
            found = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(self._cookie)
        except CookieError:
            return False
        return found is not None and _same(found.value, self.token)

    def _cookie_line(self) -> str:
        return f"{self._cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/"


def _foreign(headers: Mapping[bytes, bytes], method: str, *, linked: bool) -> str | None:
    """Why a request does not come from a page of ours; None where it does.

    A link with a token may stand on any page. Pages of other ports count as the same site, so that
    the cookie alone would let them in.
    """
    host = headers.get(b"host", b"")
    if not _HOST.fullmatch(host):
        return "This page is only served as 127.0.0.1 or localhost."
    if not linked and headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
        return "Another page may not do this."
    if method in ("GET", "HEAD"):
        return None
    if headers.get(b"origin") != b"http://" + host:
        return "Only the page itself may do this."
    if headers.get(b"content-type", b"").split(b";")[0].strip() != b"application/json":
        return "Only JSON is taken."
    return None


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _lines(headers: Mapping[str, str], cookie: str | None) -> list[tuple[bytes, bytes]]:
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    return lines if cookie is None else [*lines, (b"set-cookie", cookie.encode())]


async def _refuse(send: Send, why: str) -> None:
    body = json.dumps({"error": why}).encode()
    told: dict[str, Any] = {
        **_HEADERS,
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
    }
    await send({"type": "http.response.start", "status": 403, "headers": _lines(told, None)})
    await send({"type": "http.response.body", "body": body})
