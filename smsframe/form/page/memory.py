"""
The rows of a table that need a hand, kept for as long as the server of the page runs.

The journal keeps people, not rows: of a row whose number could not be read it has nothing. Each page that is
opened has a process of its own, so these rows are in a folder of the server that only this user can read, and
that goes with the server. What it holds is bounded: the oldest go first.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import is_object_dtype

from smsframe.arrow import TEXT
from smsframe.contacts.file_rows import file_rows
from smsframe.form.page.origin import table_token
from smsframe.outcomes.columns import PHONE_KEY
from smsframe.phones.match import among
from smsframe.planning.problems import problems

if TYPE_CHECKING:
    from collections.abc import Hashable
    from pathlib import Path

    from numpy.typing import NDArray

    from smsframe.planning.plan import Plan

MOST = 50
"""Campaigns whose rows are kept."""

LARGEST = 100_000_000
"""Bytes that all of them may have, as files."""

PHONE = "sms_phone"
"""Kept beside the rows, not handed out with them: whether a row's person was texted since."""


class KeptRows:
    """
    Rows that need a hand, by campaign.

    Args:
        folder: Where they are kept; None keeps them for this page alone.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._own: dict[str, pd.DataFrame] = {}

    def of(self, campaign: str) -> pd.DataFrame | None:
        """
        The rows of a campaign, none of which may need a hand; None where nothing is known of its table.

        Returns:
            As `smsframe.problems`, and the column ``sms_phone``; in ``attrs`` the phone column and the table,
            whether the table is known as a whole, and the numbers that rows had before they were corrected.
        """
        if self._folder is None:
            return self._own.get(campaign)
        try:
            return pd.read_parquet(_file(self._folder, campaign))
        except (OSError, ValueError, pa.ArrowException):  # not there, or it was deleted while it was read
            return None

    def keep(self, campaign: str, rows: pd.DataFrame) -> None:
        """Keep the rows of a campaign instead of those that were kept before."""
        if self._folder is None:
            self._own[campaign] = rows
            return
        path = _file(self._folder, campaign)
        part = path.with_suffix(f".{secrets.token_hex(4)}")  # another page may write at the same time
        try:
            writable(rows).to_parquet(part)
            part.replace(path)
            _forget_oldest(self._folder)
        except (OSError, ValueError, TypeError, pa.ArrowException):
            for file in (part, path):  # a page that is opened later says that it does not know them
                with suppress(OSError):
                    file.unlink(missing_ok=True)


class TableRows:
    """
    What of one table needs a hand: before it is sent, while it is, and afterwards.

    Args:
        kept: Where it is written down.
        table: As it was uploaded.
        of: The `TableRows` of the table that this one corrects, or None for a whole table.
        token: The table that this one corrects, where only what was kept of it is known.
        part: Whether these are rows to correct, also where nothing is known of their table.
    """

    def __init__(
        self,
        kept: KeptRows,
        table: pd.DataFrame,
        *,
        of: TableRows | None = None,
        token: str = "",
        part: bool = False,
    ) -> None:
        self._kept, self._of = kept, of
        self.token: str = of.token if of is not None else token or table_token(table)
        corrects = (part or of is not None or bool(token)) and "sms_row" in table.columns
        self._corrects = corrects
        known = corrects and "sms_cell" in table.columns
        self._cells = set(table["sms_cell"].astype(TEXT).dropna()) if known else set()
        """What stood in the rows that this table corrects."""
        numbers = table["sms_row"] if corrects else file_rows(table)
        self.numbers: pd.Series[Any] = numbers.astype(TEXT)
        """The row of each row in the file that was uploaded first."""
        self._phone: Hashable | None = None
        """The phone column of the plan that is being sent, or was."""
        self._corrected: set[str] = set()
        """Rows that were corrected in another file, and sent."""

    def begun(self, plan: Plan) -> None:
        """A plan of the table is being sent: what it says of each row, in case nobody sees the end."""
        self._phone = plan.phone
        if plan.campaign is not None:
            self._keep(plan.campaign, plan.frame, plan)

    def over(self, campaign: str, results: pd.DataFrame) -> None:
        """What became of each row."""
        self._keep(campaign, results, None)

    def _keep(self, campaign: str, frame: pd.DataFrame, plan: Plan | None) -> None:
        rows = plan.problems() if plan is not None else problems(frame)
        rows = rows.assign(**{PHONE: frame.loc[rows.index, PHONE].astype(TEXT)})
        numbers = self.numbers.reindex(rows.index)
        rows["sms_row"] = rows["sms_row"].astype(TEXT).where(numbers.isna(), numbers)
        rows = rows[~rows["sms_row"].isin(self._corrected).to_numpy(dtype=bool)]
        before = self._kept.of(campaign)
        same = before is not None and before.attrs.get("table") == self.token
        if self._corrects and before is not None and not same:
            return  # what is kept is of another table of the campaign
        earlier, whole = self._cells.copy(), not self._corrects
        if before is not None and same:
            mine = self._is_here(before)
            earlier |= {*before[PHONE][mine].dropna(), *before.attrs.get("corrected", ())}
            whole = before.attrs.get("whole", True) or whole
            left = before[~mine]
            if len(left):
                rows = stacked(left, rows) if len(rows) else left
        label = frame.attrs.get(PHONE_KEY, self._phone)  # what a run returns does not say it
        rows.attrs = {
            "phone": None if label is None else str(label),
            "table": self.token,
            "whole": whole,
            # The journal goes on calling them refused, and nobody has to correct them any more.
            "corrected": sorted(earlier - set(frame[PHONE].dropna())),
        }
        self._kept.keep(campaign, rows)
        if self._of is not None:
            self._of._corrected |= set(self.numbers.dropna())  # noqa: SLF001 - of the same class

    def _is_here(self, kept: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows that were kept are in this table; by their cell where they have no row number."""
        left = self.numbers[~self.numbers.isin(self._corrected).to_numpy(dtype=bool)]
        here = kept["sms_row"].isin(left).to_numpy(dtype=bool)
        if self._corrects:
            by_cell = kept["sms_cell"].isin(self._cells).to_numpy(dtype=bool)
            here = np.where(kept["sms_row"].isna().to_numpy(dtype=bool), by_cell, here)
        return here


def stacked(left: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """One table below the other; older pandas warns of columns that are empty in one and of another dtype."""
    same = [name for name in rows if name in left and left[name].dtype == rows[name].dtype]
    stacked = pd.concat([left.astype(object), rows.astype(object)], ignore_index=True)
    return stacked.astype({name: rows[name].dtype for name in same})


def with_refused(kept: pd.DataFrame | None, results: pd.DataFrame) -> pd.DataFrame:
    """
    The rows of a campaign that need a hand now.

    Args:
        kept: As `KeptRows.of` gives them.
        results: What the journal knows: whom the gateway refused, and who was texted since.
    """
    found = problems(results)
    phones = results.loc[found.index, PHONE]
    label = "mobile" if kept is None else kept.attrs.get("phone") or "mobile"
    # What stood in each row's cell is what the row is known by, once it is corrected.
    found = found.assign(**{"sms_column": label, "sms_cell": phones, label: phones}).astype(
        {"sms_row": TEXT, "sms_column": TEXT, "sms_cell": TEXT}
    )
    if kept is None:
        return found
    texted = results.loc[results["sms_status"].isin(["accepted", "scheduled"]).to_numpy(), PHONE]
    rows = kept[~among(kept[PHONE], texted).to_numpy(dtype=bool)]
    known = among(phones, rows[PHONE].dropna()) | phones.isin(kept.attrs.get("corrected", ()))
    more = found[~known.to_numpy(dtype=bool)]
    rows = rows.drop(columns=PHONE)
    if len(more):
        rows = stacked(rows, more) if len(rows) else more
    return rows


def writable(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of two tables may have words and numbers in one column, which a file cannot have."""
    mixed = [label for label, kind in rows.dtypes.items() if is_object_dtype(kind)]
    return rows.astype(dict.fromkeys(mixed, TEXT)) if mixed else rows


def _file(folder: Path, campaign: str) -> Path:
    return folder / f"{sha256(campaign.encode()).hexdigest()}.parquet"


def _forget_oldest(folder: Path) -> None:
    kept = sorted(((path.stat().st_mtime_ns, path) for path in folder.glob("*.parquet")), reverse=True)
    size = 0
    for place, (_, path) in enumerate(kept):
        size += path.stat().st_size
        if place >= MOST or size > LARGEST:
            path.unlink(missing_ok=True)
