"""
Where rows to correct come from: written into their file, and read when the file is uploaded again.

Rows of another table or campaign are refused, because they would be texted with this campaign's text.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.arrow import TEXT
from smsframe.errors import ContactsError
from smsframe.formatting import many
from smsframe.texts.values import words

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    import numpy as np

TABLE, CAMPAIGN = "sms_table", "sms_campaign"
"""The columns that say which table a row is of, and which campaign it was downloaded from."""
_CELLS = ["sms_row", "sms_column", "sms_cell"]
"""The columns of rows to correct by which a row is known, in a file that says nothing of its table."""

OTHER_CAMPAIGN = (
    "Nothing of this file is used: it was downloaded from the campaign {}, and this is {}. Open that "
    "campaign and upload it there, or download the rows of this one."
)
OTHER_TABLE = (
    "Nothing of this file is used: its rows are not of this table. Open the campaign or the table that they "
    "were downloaded from, or download the rows that need a hand here."
)
UNMARKED = (
    "{} of this file {} not downloaded from this campaign, as far as the file says: people of these rows "
    "who have no text of the campaign would be texted. Is this the right file?"
)


def table_token(table: pd.DataFrame) -> str:
    """The same few letters for each upload of the same table, and others for another one."""
    cells = table.astype("str").astype(object)
    hashes = pd.util.hash_pandas_object(cells, index=False).to_numpy()
    heading = "\0".join(map(str, table.columns)).encode()
    return "t" + sha256(heading + hashes.tobytes()).hexdigest()[:12]


def marked(rows: pd.DataFrame, *, table: str | None = None, campaign: str | None = None) -> pd.DataFrame:
    """Rows to correct, with what they are of, as far as it is known."""
    columns = {TABLE: table, CAMPAIGN: campaign}
    return rows.assign(**{name: value for name, value in columns.items() if value})


def unmarked(rows: pd.DataFrame) -> pd.DataFrame:
    """Uploaded rows without these columns."""
    return rows.drop(columns=[name for name in (TABLE, CAMPAIGN) if name in rows.columns])


def are_marked(rows: pd.DataFrame, token: str) -> np.ndarray[Any, Any]:
    """Which of uploaded rows say that they are of a table."""
    return _marks(rows, TABLE).eq(token).to_numpy(dtype=bool) & bool(token)


def of_table(rows: pd.DataFrame, token: str, campaign: str) -> pd.DataFrame:
    """
    Uploaded rows without their marks, before their table is sent.

    Raises:
        ContactsError: They are of another table.
    """
    tables, campaigns = _said(rows, TABLE), _said(rows, CAMPAIGN)
    if tables - {token}:
        raise ContactsError(OTHER_TABLE)
    if not tables and campaigns - {campaign}:
        raise ContactsError(_other_campaign(campaigns, campaign))
    return unmarked(rows)


def of_campaign(
    rows: pd.DataFrame, campaign: str, kept: pd.DataFrame | None
) -> tuple[pd.DataFrame, str, str]:
    """
    Uploaded rows without their marks, for a campaign that was sent.

    Args:
        rows: As uploaded.
        campaign: Its name.
        kept: Its rows that need a hand, as `KeptRows.of` gives them.

    Returns:
        The rows, the table that they are of, and what is to be said of those of which the file does not say
        that they are of the campaign.

    Raises:
        ContactsError: They are of another campaign, or of another table than it.
    """
    tables, campaigns = _said(rows, TABLE), _said(rows, CAMPAIGN)
    token = "" if kept is None else str(kept.attrs.get("table", ""))
    if campaigns - {campaign}:
        raise ContactsError(_other_campaign(campaigns, campaign))
    mine = _marks(rows, CAMPAIGN).eq(campaign)  # several tables may have been sent in one campaign
    if token and {*_marks(rows, TABLE)[~mine]} - {"", token}:
        raise ContactsError(OTHER_TABLE)
    certain = mine | (_marks(rows, TABLE).eq(token) & bool(token))
    if not certain.any() and set(_CELLS) <= set(rows.columns):
        if kept is not None and not _found(rows, kept).all():
            raise ContactsError(OTHER_TABLE)
        certain |= kept is not None
    strangers = int((~certain).sum())
    remark = UNMARKED.format(many(strangers, "row"), "was" if strangers == 1 else "were") if strangers else ""
    return unmarked(rows), min(tables) if len(tables) == 1 else token, remark


def _other_campaign(said: AbstractSet[str], campaign: str) -> str:
    return OTHER_CAMPAIGN.format(" and ".join(sorted(said - {campaign})), campaign or "another one")


def _marks(rows: pd.DataFrame, label: str) -> pd.Series[Any]:
    """What the rows say of themselves in a column; empty where nothing."""
    if (rows.columns == label).sum() != 1:
        return pd.Series("", index=rows.index, dtype=object)
    return (
        pd.Series(words(rows[label]), dtype=TEXT).fillna("").str.strip().astype(object).set_axis(rows.index)
    )


def _said(rows: pd.DataFrame, label: str) -> set[str]:
    return {*_marks(rows, label)} - {""}


def _found(rows: pd.DataFrame, kept: pd.DataFrame) -> pd.Series[Any]:
    """Which of the rows need a hand in a campaign: the same row, column and cell as was faulty there."""
    here, there = ([_marks(frame, label) for label in _CELLS] for frame in (rows, kept))
    known = {*zip(*there, strict=True)}
    return pd.Series([row in known for row in zip(*here, strict=True)], index=rows.index, dtype=bool)
