"""
What an account has sent and received, page by page from the gateway's histories.

``newsrsmsmessage`` is not used: it answers what came since it was last called, so what is lost on the way is
lost for good (smSend docs, received SMS).
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from smsframe.errors import GatewayError
from smsframe.gateway import responses, wire_format
from smsframe.gateway.base import GatewayProtocol
from smsframe.gateway.calls import Calls
from smsframe.orders.records import HistoryPage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from smsframe.gateway.transport import Exchange


@runtime_checkable
class ReceivingGateway(GatewayProtocol, Protocol):
    """A gateway that can also say what an account received; one that cannot is a `GatewayProtocol`."""

    def received_page(
        self, since: datetime, number: int, size: int, until: datetime | None = None
    ) -> HistoryPage:
        """As `history_page`, of the messages that were received, up to a time if there is one."""


class HistoryCalls(Calls):
    """The calls of `smsframe.Gateway` about what was sent and received."""

    def probe(
        self, method: str, path: str, params: Mapping[str, str] | None = None, *, json: object = None
    ) -> tuple[int | None, Any]:
        """
        One call, whatever it is, for ``smsframe conformance``.

        Returns:
            The status, and the answer's JSON or None.

        Raises:
            GatewayError: There was no answer, or no way to log in.
        """
        answer = self._call(method, path, params=params, json=json)
        if answer.status is None:
            raise GatewayError("the gateway did not answer", status=None)
        return answer.status, answer.json()

    def history_page(self, since: datetime, number: int, size: int) -> HistoryPage:
        """
        One page of the orders created since a time (``smshistory``).

        Args:
            since: An aware time.
            number: From 1.
            size: Orders per page; the default of the gateway is 10, and a maximum is documented nowhere.

        Raises:
            GatewayError: The gateway did not say.
        """
        page = {"from": _stamp(since), "timezone": "UTC", "pageNumber": str(number), "pageSize": str(size)}
        return responses.history_page(self._get("smshistory", **page))

    def received_page(
        self, since: datetime, number: int, size: int, until: datetime | None = None
    ) -> HistoryPage:
        """
        One page of the messages received since a time (``srsmshistory``), as the gateway gives them.

        Receiving is a service that the provider activates, and no source says what a message looks like;
        `smsframe.replies` reads them all, keeps them, and knows the names of their fields from the profile.

        Args:
            since: An aware time.
            number: From 1.
            size: Messages per page.
            until: An aware time; now when not given.

        Raises:
            GatewayError: The gateway did not say.
        """
        page = {"from": _stamp(since), "timezone": "UTC", "pageNumber": str(number), "pageSize": str(size)}
        if until is not None:
            page["to"] = _stamp(until)
        return received(self._get("srsmshistory", **page))


def received(response: Exchange) -> HistoryPage:
    """
    The messages on a page, under whatever name the list has, and how many there are in all.

    Raises:
        GatewayError: The answer could not be read.
    """
    body = response.json()
    rows = the_list(body) if isinstance(body, dict) and responses.is_ok(body, silent=True) else None
    if rows is None:
        raise GatewayError(
            "the gateway's answer about received messages could not be read: it has no list of them, or "
            "several",
            status=response.status,
        )
    total = responses.number(body.get("total") if isinstance(body, dict) else None)
    return HistoryPage(rows, total, response.date)


def the_list(body: dict[str, Any]) -> list[dict[str, Any]] | None:
    """
    The only list of objects in an answer, whose name no source says; None where there is none, or several.

    Example:
        >>> the_list({"result": "OK", "total": 1, "messages": [{"text": "STOP"}]})
        [{'text': 'STOP'}]
    """
    lists = [value for value in body.values() if isinstance(value, list)]
    if len(lists) != 1 or not all(isinstance(row, dict) for row in lists[0]):
        return None
    return lists[0]


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(wire_format.DATE)
