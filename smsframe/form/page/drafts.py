"""
The table that is being worked on, and what was typed for it, kept while the server of the page runs.

A page that is reloaded is a process of its own, and knows nothing of the one before. So both are in the
folder of the server that only this user can read, and that goes with the server. What was sent is in the
journal.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import asdict
from datetime import date, time
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import pyarrow as pa

from smsframe.form.draft import Draft
from smsframe.form.page.memory import LARGEST, writable
from smsframe.form.page.origin import table_token

if TYPE_CHECKING:
    from pathlib import Path

LEFT = "This table, and what was typed for it, are as they were left."
"""Said when they are shown again."""


class Left(NamedTuple):
    """What somebody was working on: a table, the name of its file, and what was typed."""

    table: pd.DataFrame
    name: str
    draft: Draft


class UnsentDraft:
    """
    The one table that was worked on last.

    Args:
        folder: Where it is kept; None where nothing is.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._kept: tuple[pd.DataFrame, str] | None = None
        """The table that was kept last, and its token."""

    def keep(self, table: pd.DataFrame, name: str, draft: Draft) -> None:
        """Keep this instead of what was kept before; of a table that cannot be written, nothing is kept."""
        if self._folder is None:
            return
        if self._kept is None or self._kept[0] is not table:
            self._kept = table, table_token(table)
        token = self._kept[1]
        words = asdict(draft) | {
            "phone": draft.phone if isinstance(draft.phone, str) else None,
            "region": draft.region if isinstance(draft.region, str) else None,
            "day": draft.day and draft.day.isoformat(),
            "at": draft.at and draft.at.isoformat(),
        }
        try:
            self._keep_table(table, token)
            part = self._folder / f"{secrets.token_hex(4)}.part"  # another page may write at the same time
            part.write_text(json.dumps({"table": token, "name": name, "draft": words}), "utf-8")
            part.replace(self._folder / "unsent.json")
        except (OSError, ValueError, TypeError, pa.ArrowException):
            self.forget()

    def left(self) -> Left | None:
        """What was kept; None where there is nothing, or it cannot be read."""
        if self._folder is None:
            return None
        try:
            kept = json.loads((self._folder / "unsent.json").read_text("utf-8"))
            table = pd.read_parquet(self._folder / f"{kept['table']}.unsent")
            words: dict[str, Any] = kept["draft"]
            words["day"] = words["day"] and date.fromisoformat(words["day"])
            words["at"] = words["at"] and time.fromisoformat(words["at"])
            return Left(table, kept["name"], Draft(**words))
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            return None

    def forget(self) -> None:
        """It was sent, or cannot be kept."""
        if self._folder is not None:
            for path in (self._folder / "unsent.json", *self._folder.glob("*.unsent")):
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def _keep_table(self, table: pd.DataFrame, token: str) -> None:
        if self._folder is None or (path := self._folder / f"{token}.unsent").exists():
            return
        self.forget()
        part = path.with_suffix(f".{secrets.token_hex(4)}")
        try:
            writable(table).to_parquet(part)
            if part.stat().st_size > LARGEST:
                raise ValueError("too large to be kept")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
