"""
What the calls of a `smsframe.Gateway`, which stand in several files by their subject, have in common.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from smsframe.clock import SYSTEM, Clock
from smsframe.gateway.refusals import question_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from smsframe.gateway.transport import Exchange


class Calls(ABC):
    """An address, a clock, and one call with the keys of the session."""

    base_url: str
    clock: Clock = SYSTEM

    @abstractmethod
    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        check: Callable[[], None] | None = None,
    ) -> Exchange:
        """One call; ``check`` is asked immediately before its first byte."""

    def _get(self, path: str, **params: str) -> Exchange:
        """
        One question.

        Raises:
            GatewayError: There is no answer to it.
        """
        response = self._call("GET", path, params=params)
        if response.status != 200:  # noqa: PLR2004 - an HTTP status
            raise question_refused(response, self.base_url)
        return response
