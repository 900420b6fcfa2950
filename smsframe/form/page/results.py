"""
The results of a campaign as a file: what the journal knows of its people, beside the columns of their rows.

The journal has no column of the user's own. They are in the tables that this page has sent, for as long as it
is open; of another campaign the file has the journal's columns, and the page says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as widgets
import numpy as np
import pandas as pd

from smsframe.form import html
from smsframe.form.page.files import Download
from smsframe.form.page.memory import stacked
from smsframe.outcomes.columns import COLUMNS
from smsframe.phones.match import among, find

if TYPE_CHECKING:
    from pathlib import Path

    from smsframe.form.page.memory import TableRows
    from smsframe.form.session import FormSession
    from smsframe.orders.records import CampaignRecord

MOST = 5
"""Campaigns whose rows are kept, the latest."""

OTHER_TABLE = (
    "The file of results has no columns of your table, which this page does not have: it was opened again "
    "since, or the campaign was sent from elsewhere."
)
PHONE, STATUS = "sms_phone", "sms_status"


class _Sent(NamedTuple):
    """Rows that were sent, with the row of each in its file, and the table that it is of."""

    rows: pd.DataFrame
    numbers: pd.Series[Any]
    tables: pd.Series[Any]


class SentRows:
    """The rows that this page has sent, by campaign, with the columns of their tables."""

    def __init__(self) -> None:
        self._of: dict[str, _Sent] = {}

    def __contains__(self, campaign: str) -> bool:
        return campaign in self._of

    def over(self, campaign: str, results: pd.DataFrame, table: TableRows) -> None:
        """
        Keep the rows of a table that was sent; a corrected row takes the place of the one that it corrects.

        Args:
            campaign: The campaign.
            results: As from `smsframe.send`, with the columns of the table.
            table: The table.
        """
        numbers = table.numbers.reindex(results.index) if table.numbers.index.is_unique else None
        sent = _Sent(
            results.reset_index(drop=True),
            pd.Series(None if numbers is None else numbers.to_numpy(), range(len(results)), dtype=object),
            pd.Series(table.token, range(len(results)), dtype=object),
        )
        before = self._of.pop(campaign, None)
        if before is not None and before.rows.columns.is_unique and results.columns.is_unique:
            left = np.flatnonzero(~_replaced(before, sent))
            if len(left):
                kept = _Sent(before.rows.iloc[left], before.numbers.iloc[left], before.tables.iloc[left])
                sent = _Sent(
                    _in_order(stacked(kept.rows, sent.rows)),
                    pd.concat([kept.numbers, sent.numbers], ignore_index=True),
                    pd.concat([kept.tables, sent.tables], ignore_index=True),
                )
        self._of[campaign] = sent
        for oldest in [*self._of][:-MOST]:
            del self._of[oldest]

    def joined(self, campaign: str, results: pd.DataFrame) -> pd.DataFrame | None:
        """
        The rows of a campaign with what the journal knows of their people now; None where there are none.

        Args:
            campaign: The campaign.
            results: One row per person, as the journal has them; who is of no row comes last.
        """
        if campaign not in self._of:
            return None
        rows = self._of[campaign].rows
        place = find(rows[PHONE], results[PHONE])
        known = (place >= 0) & ~rows[STATUS].isin(["invalid", "duplicate"]).to_numpy(dtype=bool)
        for name in COLUMNS:
            now = results[name].astype(object).take(place.clip(0)).to_numpy() if len(results) else None
            cells = rows[name].astype(object).mask(known, now)
            rows = rows.assign(**{name: cells.astype(results[name].dtype)})
        others = results[~among(results[PHONE], rows[PHONE].dropna()).to_numpy(dtype=bool)]
        return _in_order(stacked(rows, others)) if len(others) and rows.columns.is_unique else rows


class ResultsFile:
    """
    The button that makes the file of a campaign's results, and what is to be known of it.

    Args:
        session: The journal.
        entry: The campaign.
        folder: Where the server of the page finds files to be downloaded.
        sent: The rows that this page has sent.
    """

    def __init__(
        self, session: FormSession, entry: CampaignRecord, folder: Path | None, sent: SentRows
    ) -> None:
        self._session, self._entry, self._sent = session, entry, sent
        self._download = Download("Download results", folder, self._rows)
        self._folder = folder
        self.box, self.note = self._download.box, widgets.HTML()

    def show(self, *, shown: bool) -> None:
        """Show the button, or hide it."""
        self._download.show(shown=shown)
        alone = self._entry.name not in self._sent and self._entry.purged_at is None
        self.note.value = html.note(OTHER_TABLE) if shown and alone and self._folder is not None else ""

    def _rows(self) -> tuple[pd.DataFrame, str]:
        results = self._session.results(self._entry)
        rows = self._sent.joined(self._entry.name, results)
        return results if rows is None else rows, f"{self._entry.name} results"


def has_own(results: pd.DataFrame) -> bool:
    """Whether they have columns of a table: of a run of somebody else the journal knows people, not rows."""
    return any(not str(label).startswith("sms_") for label in results.columns)


def _replaced(before: _Sent, sent: _Sent) -> Any:
    """Which rows are there anew: by their place in one table, else by their number."""
    same = before.tables.eq(sent.tables.iloc[0]) if len(sent.tables) else before.tables.ne(before.tables)
    placed = before.numbers.notna() & same
    anew = among(before.rows[PHONE], sent.rows[PHONE].dropna())
    by_number = anew | (~same & before.rows[PHONE].isna())  # of a row without one nobody knows whether
    return by_number.mask(placed, before.numbers.isin(sent.numbers.dropna())).to_numpy(dtype=bool)


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of the tables before those of smsframe."""
    own = [name for name in rows.columns if name not in COLUMNS]
    return rows[[*own, *COLUMNS]]
