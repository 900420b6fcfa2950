"""
The senders that an account has registered (``alias``, TPOA in the gateway's words), and their states.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pandas as pd

from smsframe.errors import GatewayError
from smsframe.gateway import responses
from smsframe.gateway.calls import Calls
from smsframe.gateway.paging import PagedReading
from smsframe.gateway.received import the_list
from smsframe.gateway.retry import RetryPolicy
from smsframe.masking import mask
from smsframe.orders.records import HistoryPage

NAME, STATE = "alias", "alias-state"
"""The fields of a registered sender: the first of POST ``alias``, the second of GET ``alias``."""

STATES = {
    0: ("unconfirmed", False),
    1: ("confirmed by the brand", True),
    2: ("confirmed by AGCOM", True),
    3: ("blocked by the brand", False),
    4: ("blocked by AGCOM", False),
    9: ("pre-confirmed by the brand", False),
}
"""What each ``alias-state`` means (smSend docs, GET alias), and whether it is one that confirms.

No source says from which of them on a sender may be used, so only the two that say "confirmed" count.
"""

MOST_PAGES = 100


class AliasCalls(Calls):
    """The calls of `smsframe.Gateway` about registered senders."""

    def senders(self) -> pd.DataFrame:
        """
        The senders that the account has registered (``alias``).

        Returns:
            RangeIndex: ``sender`` (string, as it was registered: capitals matter), ``state`` (string, in
            words), ``state_code`` (Int64, the gateway's), ``confirmed`` (boolean, missing for a state that no
            source describes).

        Raises:
            GatewayError: The gateway did not say, its list is of another shape than its documentation
                suggests, or is not whole.

        Example:
            >>> with smsframe.Sandbox(senders={"ACME": 2}) as sandbox:
            ...     sandbox.gateway().senders()[["sender", "state"]].values.tolist()
            [['ACME', 'confirmed by AGCOM']]
        """
        reading = PagedReading(
            self._alias_page,
            lambda row: json.dumps(row, sort_keys=True),
            RetryPolicy(clock=self.clock),
            of="senders",
            pages=MOST_PAGES,
        )
        reading.read()
        if reading.problem:
            raise GatewayError(f"the gateway did not show all of its registered senders: {reading.problem}")
        rows = [*reading.rows.values()]
        codes = [int(row[STATE]) for row in rows]
        known = [STATES.get(code, (f"state {code}, which no source describes", None)) for code in codes]
        return pd.DataFrame(
            {
                "sender": pd.array([str(row[NAME]) for row in rows], "string"),
                "state": pd.array([words for words, _ in known], "string"),
                "state_code": pd.array(codes, "Int64"),
                "confirmed": pd.array([confirmed for _, confirmed in known], "boolean"),
            }
        )

    def _alias_page(self, number: int, size: int) -> HistoryPage:
        params = {"pageNumber": str(number), "pageSize": str(size), "hide-not-approved": "false"}
        response = self._get("alias", **params)
        body = response.json()
        rows = the_list(body) if isinstance(body, dict) and responses.is_ok(body, silent=True) else None
        wrong = partial(GatewayError, status=response.status)
        if rows is None:
            raise wrong(
                "the gateway's answer about registered senders could not be read: no list, or several"
            )
        for row in rows:
            if not _is_alias(row):
                fields = mask(", ".join(map(repr, sorted(row)[:20])))[:200]
                raise wrong(
                    f"the gateway's list of registered senders has another shape: each needs {NAME!r} and a "
                    f"whole {STATE!r}, and one has the fields {fields}"
                )
        return HistoryPage(rows, responses.number(body.get("total")), response.date)


def _is_alias(row: dict[str, Any]) -> bool:
    """Whether this is a registered sender, as the documentation suggests it."""
    state = row.get(STATE)
    whole = isinstance(state, int) or (isinstance(state, str) and state.isascii() and state.isdigit())
    return isinstance(row.get(NAME), str) and bool(row[NAME]) and whole and not isinstance(state, bool)
