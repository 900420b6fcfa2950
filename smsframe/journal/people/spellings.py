"""
Under which spellings of its address a journal has a gateway: earlier versions kept it as it was typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from smsframe.orders.addresses import gateway_identity

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def spellings(connection: Connection, column: sa.Column[str], base_url: str) -> list[str]:
    """The addresses in a column that are this one, with this one."""
    address = gateway_identity(base_url)
    stored = connection.execute(sa.select(column).distinct()).scalars()
    return [base_url, *(each for each in stored if each != base_url and gateway_identity(each) == address)]
