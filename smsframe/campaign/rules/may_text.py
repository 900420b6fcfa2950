"""
Whom a run may text: its own people, without those who were put on a list of opt-outs since it began.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from smsframe.errors import JournalError
from smsframe.journal.people.barred import EMPTY
from smsframe.phones.match import among

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from smsframe.journal.people.barred import Barred, State


class MayText:
    """
    The people of one run.

    Args:
        phones: Whom it may text by the lists as they were at the beginning.
        barred: What is asked for who may not be texted now.
        seen: The state of the lists before they were read for ``phones``.

    Attributes:
        phones: Whom it may text, as far as the thread that decides knows.
    """

    def __init__(self, phones: pd.Series[Any], barred: Barred, seen: State) -> None:
        self.phones, self._barred, self._seen = phones, barred, seen

    def barred_now(self, phones: pd.Series[Any]) -> bool:
        """Whether one of these people was put on a list; called by workers, immediately before a request."""
        return self._changed() and bool(self._barred.among(phones).any())

    def leave_out(self, phones: pd.Series[Any]) -> bool:
        """Leave out those of these people who were put on a list; whether there are any."""
        return self._changed() and self._leave_out_listed(phones)

    def looking_once(self) -> Callable[[pd.DataFrame], bool]:
        """The same for the people of several orders; the lists are asked once whether they have changed."""
        changed = cache(self._changed)
        return lambda people: changed() and self._leave_out_listed(people["phone"])

    def of(self, phones: pd.Series[Any]) -> pd.Series[Any]:
        """Those of these people who may be texted."""
        self.leave_out(phones)
        return phones[among(phones, self.phones)]

    def _leave_out_listed(self, phones: pd.Series[Any]) -> bool:
        listed = phones[self._barred.among(phones).to_numpy(dtype=bool)]
        if listed.empty:
            return False
        self.phones = self.phones[~among(self.phones, listed)]
        return True

    def _changed(self) -> bool:
        """
        Whether anybody was put on a list since the lists were read; if not, nothing else is read.

        Raises:
            JournalError: Lists that were read are not there any more.
        """
        now = self._barred.state
        if now == self._seen:
            return False
        # What became of the campaign's own journal, the first one, others say.
        others = zip(self._seen[1:], now[1:], strict=True)
        if any(before != EMPTY and after == EMPTY for before, after in others):
            raise JournalError(
                "a journal with a list of opt-outs was deleted or replaced since this run began, so nobody "
                "knows who has opted out and nothing more is sent: put it back, and resume the campaign"
            )
        return True
