"""
Questions that no cache may answer: what it stored may be older than the order that the question is about.

A proxy that stores answers would go on saying that an order is not there, and it would be sent again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsframe.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsframe.gateway.transport import Exchange

HEADERS = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}
"""Neither answer from what is stored nor store the answer (RFC 9111, 5.2.1; 5.4 for the oldest caches)."""

CACHE_BUSTER = "_"
"""The query value that makes each question another one, for caches that do not obey; it means nothing."""


def random_token() -> str:
    """A value that nobody has seen before."""
    return secrets.token_hex(8)


@dataclass(slots=True)
class Freshness:
    """
    How one gateway's questions are asked; used by several threads.

    Attributes:
        token: Gives a value that no cache has seen; a simulation sets its own.
        proven: Whether the gateway itself must have answered. False for good once the account refused a
            question for its extra value: from then on an absence proves nothing.
    """

    token: Callable[[], str] = random_token
    proven: bool = True

    def ask(self, params: Mapping[str, str], send: Callable[[Mapping[str, str]], Exchange]) -> Exchange:
        """
        Ask; once more, without the extra value, where the gateway refuses that.

        Args:
            params: The query of the question.
            send: Sends it with a query.

        Raises:
            Unavailable: A cache answered, which proves nothing.
        """
        if self.proven:
            response = send({**params, CACHE_BUSTER: self.token()})
        if not self.proven or response.status == 400:  # noqa: PLR2004 - an HTTP status
            response = send(params)
            if response.status in (200, 404):  # an answer: so it was the value that was refused
                self.proven = False
        if response.age > 0:
            raise Unavailable(
                "a cache on the way to the gateway answered, which proves nothing; this call sent nothing. "
                "Whoever runs it must let it store nothing of this address; then call again",
                status=response.status,
            )
        return response
