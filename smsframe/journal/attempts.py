"""
The earlier attempts of people who were texted again in the same campaign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import sqlalchemy as sa

from smsframe.journal.recipients import DTYPES
from smsframe.journal.sqlite import frame
from smsframe.journal.sqlite_migrations import has_attempts
from smsframe.journal.tables import attempts

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def read_earlier(connection: Connection, campaign: int) -> pd.DataFrame:
    """
    What people of a campaign were before their latest attempt, in order of their number and attempt.

    Returns:
        The columns of `recipients.read`; no rows of a file of a version that had no attempts.
    """
    if not has_attempts(connection):
        return pd.DataFrame({name: pd.array([], dtype) for name, dtype in DTYPES.items()})
    rows = sa.select(*(attempts.c[name] for name in DTYPES)).where(attempts.c.campaign == campaign)
    found = frame(connection, rows.order_by(attempts.c.person, attempts.c.attempt))
    return pd.DataFrame({name: found[name].astype(dtype) for name, dtype in DTYPES.items()})
