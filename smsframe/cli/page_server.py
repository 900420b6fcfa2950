"""
Voilà, answering to the names of this machine alone, with what the page of smsframe needs besides.

A page elsewhere can have its own name point at 127.0.0.1 (DNS rebinding), and a browser then takes what is
served here for that page's. The name is in every request: one that is not this machine's is refused.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.base.handlers import JupyterHandler
from tornado.routing import Matcher, Rule
from tornado.web import ErrorHandler, HTTPError, authenticated
from traitlets import Unicode
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from tornado.httputil import HTTPServerRequest

FORBIDDEN = 403
NOT_FOUND = 404
CHUNK = 1 << 20

LARGEST_MESSAGE = 64 << 20
"""Bytes of a message between page and kernel: a file that is uploaded is one."""


class OtherHost(Matcher):
    """Requests that name another host, or another port, than the server's own."""

    def __init__(self, own: AbstractSet[str]) -> None:
        self._own = own

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """None for a request to this server; otherwise the arguments of the handler that refuses it."""
        return None if request.host.lower() in self._own else {}


class ClosePage(VoilaShutdownKernelHandler):  # type: ignore[misc]  # Voilà has no types
    """
    Ends the process of a page that is closed.

    The browser sends this while the page goes, without a header or a token of ours. It comes with the cookie
    of who opened the page; that it comes from the page itself is what its ``Origin`` says.
    """

    def check_xsrf_cookie(self) -> None:
        """Only from a page of this server."""
        if self.request.headers.get("Origin") != f"{self.request.protocol}://{self.request.host}":
            raise HTTPError(FORBIDDEN)


class Download(JupyterHandler):
    """A file that a page has made, once: it is gone when it was sent."""

    def initialize(self, folder: str) -> None:
        """Where the pages put their files."""
        self._folder = Path(folder)

    @authenticated
    async def get(self, key: str) -> None:
        """Send the one file in the folder of that name."""
        place = self._folder / key
        found = [*place.iterdir()] if place.is_dir() else []
        if not found:
            raise HTTPError(NOT_FOUND)
        name = found[0].name.encode("ascii", "replace").decode().replace('"', "").replace("?", "_")
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.set_header("Cache-Control", "no-store")
        try:
            with found[0].open("rb") as file:
                while part := file.read(CHUNK):
                    self.write(part)
                    await self.flush()
        finally:
            shutil.rmtree(place, ignore_errors=True)


class PageServer(Voila):  # type: ignore[misc]  # as above
    """The server of the page."""

    downloads = Unicode(help="Where the pages put files to be downloaded.").tag(config=True)

    def init_handlers(self) -> list[Any]:
        """Voilà's own, behind one that takes all requests to other hosts."""
        self.tornado_settings["websocket_max_message_size"] = LARGEST_MESSAGE
        own = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")}
        refused = Rule(OtherHost(own), ErrorHandler, {"status_code": FORBIDDEN})
        return [
            refused,
            (r"/voila/api/shutdown/([\w-]+)", ClosePage),
            (r"/smsframe/files/([\w-]+)", Download, {"folder": self.downloads}),
            *super().init_handlers(),
        ]
