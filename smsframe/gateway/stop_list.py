"""
The gateway's own list of numbers that are never texted: its pages are read, and numbers are put on it.

The documentation names no call that takes a number off it, and does not show the items of a page: a number
and a date are looked for under the names that lists of this platform use.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from smsframe.errors import GatewayError, Rejected
from smsframe.gateway.base import GatewayProtocol
from smsframe.gateway.calls import Calls
from smsframe.gateway.refusals import question_refused
from smsframe.gateway.responses import is_ok, number
from smsframe.orders.optouts import OptOutPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsframe.gateway.transport import Exchange

PATH: Final = "blacklist/sms"
BATCH: Final = "blacklist/smsbatch"
NUMBERS: Final = ("number", "phonenumber", "phone", "recipient", "destination", "msisdn")
DATES: Final = ("date", "create_time", "insert_date", "since", "time")
_DAY: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})[ T]?(\d{2}):?(\d{2}):?(\d{2})")


@runtime_checkable
class OptOutGateway(GatewayProtocol, Protocol):
    """A gateway with a list of opt-outs of its own."""

    def optouts_page(self, number: int, size: int) -> OptOutPage:
        """One page of its list, from page 1; raises as `credits`, and `Rejected` as `history_page`."""

    def add_optouts(self, phones: Sequence[str]) -> None:
        """
        Put numbers on its list, all or none; those that are on it stay.

        Raises:
            Rejected: One of them is refused, so that none was put on it.
            GatewayError: As `credits`.
        """


def page(response: Exchange, zone: ZoneInfo) -> OptOutPage:
    """
    The numbers on a page, and how many there are in all.

    Raises:
        GatewayError: The answer could not be read.
    """
    body = response.json()
    lists = []
    if isinstance(body, dict) and is_ok(body, silent=True):
        lists = [value for value in body.values() if isinstance(value, list)]
    if len(lists) != 1:
        raise GatewayError("the gateway's list of opt-outs could not be read", status=response.status)
    return OptOutPage([_item(item, zone) for item in lists[0]], number(body.get("total")))


def require_taken(response: Exchange, base_url: str) -> None:
    """
    Refuse an answer by which numbers are not known to be on the list.

    Raises:
        Rejected: One of them is malformed, so that none was taken.
        GatewayError: As of a question.
    """
    if response.status in (200, 201):
        return
    if response.status == 400:  # noqa: PLR2004 - an HTTP status
        raise Rejected("the gateway refused numbers for its list of opt-outs", status=400)
    raise question_refused(response, base_url)


def _item(item: Any, zone: ZoneInfo) -> tuple[str, datetime | None, str]:
    """The number as the gateway writes it, since when it is listed, and how it came there."""
    if not isinstance(item, dict):
        return str(item), None, ""
    cells = {str(name).replace("_", "").replace("-", "").lower(): value for name, value in item.items()}
    found = next((cells[name] for name in NUMBERS if cells.get(name)), "")
    written = next((cells[name.replace("_", "")] for name in DATES if cells.get(name.replace("_", ""))), "")
    return str(found), _moment(str(written), zone), str(cells.get("origin") or "")


def _moment(written: str, zone: ZoneInfo) -> datetime | None:
    match = _DAY.match(written)
    if match is None:
        return None
    try:
        return datetime(*map(int, match.groups()), tzinfo=zone)  # type: ignore[misc, arg-type]  # six of them
    except ValueError:
        return None


class StopListCalls(Calls):
    """The calls about the list, of a `smsframe.Gateway`."""

    def optouts_page(self, number: int, size: int) -> OptOutPage:
        """
        One page of the gateway's own list of opt-outs.

        Args:
            number: From 1.
            size: Numbers per page.

        Raises:
            GatewayError: The gateway did not say.
        """
        paging = {"timezone": "UTC", "pageNumber": str(number), "pageSize": str(size)}
        return page(self._get(PATH, **paging), ZoneInfo("UTC"))

    def add_optouts(self, phones: Sequence[str]) -> None:
        """
        Put numbers on the gateway's own list of opt-outs, all or none.

        Args:
            phones: In E.164.

        Raises:
            Rejected: It refuses one of them, so that none was put on it.
            GatewayError: It did not answer; what is on the list twice does no harm, so it may be repeated.
        """
        answer = self._call("POST", BATCH, json=[*phones])
        require_taken(answer, self.base_url)
