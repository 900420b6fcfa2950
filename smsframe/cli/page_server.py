"""
Voilà, answering to the names of this machine alone.

A page elsewhere can have its own name point at 127.0.0.1 (DNS rebinding), and a browser then takes what is
served here for that page's. The name is in every request: one that is not this machine's is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado.routing import Matcher, Rule
from tornado.web import ErrorHandler
from voila.app import Voila

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from tornado.httputil import HTTPServerRequest

FORBIDDEN = 403


class OtherHost(Matcher):
    """Requests that name another host, or another port, than the server's own."""

    def __init__(self, own: AbstractSet[str]) -> None:
        self._own = own

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """None for a request to this server; otherwise the arguments of the handler that refuses it."""
        return None if request.host.lower() in self._own else {}


class PageServer(Voila):  # type: ignore[misc]  # Voilà has no types
    """The server of the page."""

    def init_handlers(self) -> list[Any]:
        """Voilà's own, behind one that takes all requests to other hosts."""
        own = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")}
        refused = Rule(OtherHost(own), ErrorHandler, {"status_code": FORBIDDEN})
        return [refused, *super().init_handlers()]
