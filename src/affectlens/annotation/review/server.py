"""The review page over HTTP, on this machine alone.

FastAPI on uvicorn, as the big server will be: a parser of HTTP that many have attacked already,
and ranges of files, which videos need, come with them.
"""

import asyncio
import contextlib
import json
import logging
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, JSONResponse, Response

from affectlens.annotation.annotation import Annotation
from affectlens.annotation.review.desk import Desk, RefusedError, shown
from affectlens.annotation.review.gate import Gate
from affectlens.annotation.review.material import MIME, Material, kind_of
from affectlens.foundation.errors import AffectlensError, ConfigError
from affectlens.foundation.missing import Missing

HOST = "127.0.0.1"
MOST_BYTES = 256 * 1024  # of a request's body
_START_S = 20.0

_HERE = "affectlens.annotation.review"
_PARTS = {  # by the name in the address: package, file, type
    "icon.svg": (_HERE, "icon.svg", "image/svg+xml"),
    "look.css": ("affectlens.reasoning.report", "page.css", "text/css"),
    "page.css": (_HERE, "page.css", "text/css"),
    "page.js": (_HERE, "page.js", "text/javascript"),
    "draft.js": (_HERE, "draft.js", "text/javascript"),
    "facts.js": (_HERE, "facts.js", "text/javascript"),
    "parts.js": (_HERE, "parts.js", "text/javascript"),
    "stage.js": (_HERE, "stage.js", "text/javascript"),
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page is."""

    url: str  # with the token; opens it as often as one likes
    once: str  # opens it once


@contextlib.contextmanager
def serving(desk: Desk, port: int = 0) -> Iterator[Address]:
    """Serve the page of a data set while the context lasts; port 0 is any that is free.

    Raises:
        ConfigError: the port cannot be had.
    """
    with tempfile.TemporaryDirectory(prefix="affectlens-review-") as scratch:
        listener = _listen(port)
        at = listener.getsockname()[1]
        gate = Gate(app(desk, Material(desk.root, Path(scratch))), at)
        server = uvicorn.Server(
            uvicorn.Config(
                gate,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        log = logging.getLogger("uvicorn.error")
        log.addFilter(_matters)
        try:
            _await_start(server, thread)
            page = f"http://{HOST}:{at}/"
            yield Address(f"{page}?token={gate.token}", f"{page}?ticket={gate.ticket()}")
        finally:
            server.should_exit = True
            thread.join()
            log.removeFilter(_matters)


def app(desk: Desk, material: Material) -> FastAPI:
    """The routes, without the gate before them."""
    made = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    doors = _Doors(desk, material)
    made.add_api_route("/api/set", doors.set, methods=["GET"])
    made.add_api_route("/api/places/{name}", doors.places, methods=["GET"])
    made.add_api_route("/api/items/{place}", doors.item, methods=["GET"])
    made.add_api_route("/api/items/{place}/wave", doors.wave, methods=["GET"])
    made.add_api_route("/api/decisions", doors.decide, methods=["POST"])
    made.add_api_route("/media/{place}", doors.media, methods=["GET", "HEAD"])
    made.add_api_route("/excerpt/{place}", doors.excerpt, methods=["GET", "HEAD"])
    made.add_api_route("/peak/{place}", doors.peak, methods=["GET"])
    made.add_api_route("/", _page, methods=["GET"])
    made.add_api_route("/{name}", _part, methods=["GET"])
    made.add_exception_handler(RefusedError, _say)
    made.add_exception_handler(AffectlensError, _say)
    made.add_exception_handler(OSError, _say)
    return made


class _Doors:
    """One method a route. Clips are named by their place, files never."""

    def __init__(self, desk: Desk, material: Material) -> None:
        self._desk = desk
        self._material = material

    def set(self) -> Response:
        return JSONResponse(self._desk.overview())

    def places(self, name: str) -> Response:
        return JSONResponse(self._desk.places(name))

    def item(self, place: int) -> Response:
        item = self._desk.item(place)
        told = shown(item, self._desk.reviewer)
        media = self._media_of(item.annotation)
        return JSONResponse({**told, "labels": list(self._desk.labels), "media": media})

    def wave(self, place: int) -> Response:
        return JSONResponse(self._material.wave(self._file(place)))

    async def decide(self, request: Request) -> Response:
        data = await _body(request)
        await run_in_threadpool(self._desk.decide, data)
        return JSONResponse(await run_in_threadpool(self._desk.overview))

    def media(self, place: int) -> Response:
        file = self._file(place)
        mime = MIME.get(file.suffix.lower())
        if mime is None:
            raise RefusedError(415, f"{file.name} is nothing that a browser plays.")
        return FileResponse(file, media_type=mime)

    def excerpt(self, place: int) -> Response:
        file = self._material.excerpt(self._file(place))
        return FileResponse(file, media_type=MIME[file.suffix])

    def peak(self, place: int) -> Response:
        peak = self._desk.item(place).annotation.peak
        if isinstance(peak, Missing):
            raise RefusedError(404, f"There is no peak frame: {peak}.")
        return Response(
            self._material.peak(self._file(place), peak.time_s), media_type="image/jpeg"
        )

    def _media_of(self, annotation: Annotation) -> dict[str, Any]:
        """What the page shows a clip as, whether the browser gets it as it is, or why it cannot."""
        file = self._material.file(annotation)
        kind = kind_of(annotation)
        if isinstance(file, Missing):
            return {"kind": None, "plays": False, "absent": str(file)}
        return {"kind": kind, "plays": file.suffix.lower() in MIME, "absent": None}

    def _file(self, place: int) -> Path:
        file = self._material.file(self._desk.item(place).annotation)
        if isinstance(file, Missing):
            raise RefusedError(404, f"The clip cannot be shown: {file}.")
        return file


def _page() -> Response:
    """The page itself."""
    page = resources.files(_HERE).joinpath("page.html").read_bytes()
    return Response(page, media_type="text/html")


def _part(name: str) -> Response:
    """A file of the page."""
    if name not in _PARTS:
        raise RefusedError(404, "There is no such page.")
    package, file, mime = _PARTS[name]
    return Response(resources.files(package).joinpath(file).read_bytes(), media_type=mime)


async def _body(request: Request) -> object:
    """The JSON that was sent."""
    received = b""
    async for piece in request.stream():
        received += piece
        if len(received) > MOST_BYTES:
            raise RefusedError(413, f"A decision has {MOST_BYTES:,} bytes at most.")
    try:
        return json.loads(received)
    except (ValueError, RecursionError):
        raise RefusedError(422, "A decision is sent as JSON.") from None


async def _say(request: Request, error: Exception) -> Response:
    """An error in words; what the disk refuses is told as such, and nothing was written."""
    del request
    if isinstance(error, OSError):
        said = f"It could not be written or read: {error.strerror or error}. Nothing is lost here."
        return JSONResponse({"error": said}, 500, {"connection": "close"})
    status = error.status if isinstance(error, RefusedError) else 422
    return JSONResponse({"error": str(error)}, status, {"connection": "close"})


def _matters(record: logging.LogRecord) -> bool:
    """Whether something is to be told: not that a browser was still loading when all ended."""
    cancelled = record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not (cancelled or "graceful shutdown" in str(record.msg))


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"Port {port} cannot be had ({error}). Choose another, or 0 for any that is free."
        ) from None


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + _START_S
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.005)
    if not server.started:
        raise ConfigError("The server did not start. Try again, or another port.")
