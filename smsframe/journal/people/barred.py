"""
Who may not be texted now: by the opt-outs of an account, by the ``suppress=`` of the calls of a
campaign, and by a policy that lists who may.

It is asked for a plan, when people are written down, when a batch is claimed, and immediately before each
request. Between the last two nothing is read again as long as no list was changed, which one number per list
says.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from smsframe.arrow import STRING, TEXT
from smsframe.journal.journal import Journal
from smsframe.journal.people.frequency import NOBODY as NOBODY_TEXTED
from smsframe.journal.people.frequency import Texted, texted
from smsframe.journal.people.optout_rows import (
    OptOutList,
    Since,
    count,
    persons_on,
    since_when,
    which_listed,
)
from smsframe.journal.privacy.forgotten import erased_count
from smsframe.journal.tables import optout_lists
from smsframe.journal.versions import has_people_over_time
from smsframe.orders.addresses import gateway_identity
from smsframe.orders.optouts import UsedList
from smsframe.outcomes.codes import CODES
from smsframe.phones.match import are_among, keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection, Row

    from smsframe.clock import Clock
    from smsframe.contacts.policy import Policy

FEW = 5_000
"""So many people are asked about one by one; for more, the lists are read."""

MANY = 200_000
"""Of so many people, lists are read with since when and from where at once, and not twice."""

PRECEDENCE = ("opted_out", "suppressed")
"""Of the codes of lists, which is said of somebody on several."""

NOBODY = np.array([], dtype=np.int64)

State = tuple[tuple[Any, ...], ...]
EMPTY = (0,)
"""The state of a journal without lists, in which nobody was erased."""


@dataclass(frozen=True, kw_only=True)
class Barred:
    """
    Who may not be texted through one account of a gateway.

    Attributes:
        journals: Where its lists may be: the campaign's own journal first.
        base_url: The address of the gateway; None for the lists of all gateways.
        accounts: Every name of the account that is known.
        others: Whether other accounts of the gateway may be this one under a name that is not known: a list
            too many holds back a text, a list too few sends it.
        campaign: The key of the campaign in the first journal, or 0.
        allowed: The canonical numbers of the only people who may be texted; None for everybody.
    """

    journals: tuple[Journal, ...]
    base_url: str | None
    accounts: Callable[[], Sequence[str]] = tuple
    others: bool = False
    campaign: int = 0
    allowed: NDArray[np.int64] | None = None

    @classmethod
    def of(
        cls,
        journal: Journal,
        base_url: str | None,
        accounts: Callable[[], Sequence[str]],
        *,
        others: bool = False,
        own: str | Path | None = None,
        clock: Clock,
    ) -> Barred:
        """
        By the lists in the journal of a call and in the default one.

        Args:
            journal: Of the call.
            base_url: The address of the gateway; None where nobody named one.
            accounts: Every name of the account.
            others: As the attribute.
            own: The gateway's own journal, if it has one.
            clock: What time it is.
        """
        elsewhere = [Journal.default(clock=clock)]
        if own is not None:
            elsewhere.insert(0, Journal(own, clock=clock))
        journals = {each.place: each for each in (*reversed(elsewhere), journal)}
        first = journals.pop(journal.place)
        return cls(journals=(first, *journals.values()), base_url=base_url, accounts=accounts, others=others)

    def within(self, campaign: int) -> Barred:
        """The same for a campaign of the first journal."""
        return replace(self, campaign=campaign)

    def under(self, policy: Policy | None) -> Barred:
        """The same under a policy."""
        return replace(self, allowed=None if policy is None else policy.allowed)

    def reads(self, owner: OptOutList) -> bool:
        """Whether a list of an account is one of those that are read."""
        if self.base_url is None:
            return True
        same = gateway_identity(owner.base_url) == gateway_identity(self.base_url)
        return same and (self.others or owner.account in self.accounts())

    @property
    def state(self) -> State:
        """
        What changes with each change of a list, when somebody is erased, and when a file is another one.

        One entry per journal; of one without lists, in which nobody was erased, it is ``EMPTY``.
        """
        return tuple(self._state_of(journal) for journal in self.journals)

    def _state_of(self, journal: Journal) -> tuple[Any, ...]:
        """How many were erased from a journal, and the lists in it; in one question, as each request asks."""
        found = journal.latest(erased_and_lists(self._own(journal)), has_people_over_time)
        if found is None:
            return EMPTY  # is also what an empty journal says, which is made after this was asked
        lists = [one for one in found if one.id is not None and self._of_this_account(one)]
        said = (found[0].erased, *((one.id, one.changes) for one in lists))
        # Of a file that is put back from a copy, or made anew, the numbers may come again.
        return (*said, _file(journal.path)) if said != EMPTY and journal is not self.journals[0] else said

    @property
    def lists_anybody(self) -> bool:
        """Whether there is a list of the account, or anybody was erased."""
        return any(erased or lists for erased, *lists in self.state)

    @property
    def used(self) -> list[UsedList]:
        """The lists of the account that there are."""

        def read(journal: Journal, connection: Connection, lists: Sequence[Row[Any]]) -> list[UsedList]:
            return [
                UsedList(journal.place, one.base_url, one.account, count(connection, one.id))
                for one in lists
                if one.campaign == 0
            ]

        parts = [self._read(each, partial(read, each), []) for each in self.journals]
        return [used for part in parts for used in part if used.people]

    def texted(self, since: datetime, until: datetime) -> Texted:
        """Who was texted by the account between two instants, by the campaigns of the first journal."""
        with self.journals[0].opened() as connection:
            if connection is None or self.base_url is None:
                return NOBODY_TEXTED
            return texted(connection, self.base_url, None if self.others else self.accounts(), since, until)

    def erased(self, campaign: str | None) -> Callable[[pd.Series[Any]], pd.Series[Any] | None]:
        """
        Says why some people, who were erased from any of the journals, may not be texted.

        As `smsframe.journal.privacy.forgotten.Forgotten.reasons`, of the campaign of that name.
        """
        say = [journal.forgotten.reasons(campaign) for journal in self.journals]

        def reasons(phones: pd.Series[Any]) -> pd.Series[Any] | None:
            found: pd.Series[Any] | None = None
            for reason in say:
                if (more := reason(phones)) is not None:
                    found = more if found is None else found.fillna(more)
            return found

        return reasons

    def among(self, phones: pd.Series[Any]) -> pd.Series[bool]:
        """Whether each of some people may not be texted."""
        persons = keys(phones)
        nobody: NDArray[np.bool_] = np.zeros(len(phones), dtype=bool)

        def read(journal: Journal, connection: Connection, lists: Sequence[Row[Any]]) -> NDArray[np.bool_]:
            erased = journal.forgotten.within(connection, phones)
            return erased | are_among(persons, _listed(persons, connection, lists))

        barred = nobody.copy()
        for journal in self.journals:
            barred |= self._read(journal, partial(read, journal), nobody)
        if self.allowed is not None:
            barred |= ~are_among(persons, self.allowed)
        return pd.Series(barred, index=phones.index)

    def find(self, phones: pd.Series[Any]) -> pd.DataFrame:
        """
        Who of some people may not be texted, and why.

        Returns:
            ``person`` (the canonical number), ``code`` and ``reason``, a row per person, in their order.
        """

        @cache
        def persons() -> NDArray[np.int64]:
            asked = np.sort(keys(phones))
            return asked[np.diff(asked, prepend=0) > 0]

        def read(connection: Connection, lists: Sequence[Row[Any]]) -> list[_Reasons]:
            return _reasons(persons(), connection, lists) if lists else []

        found = chain(*(self._read(each, read, []) for each in self.journals))
        parts: list[_Reasons] = sorted(found, key=lambda part: PRECEDENCE.index(part.code))
        if self.allowed is not None:
            strangers = persons()[~are_among(persons(), self.allowed)]
            why = pa.repeat(CODES["not_allowed"], len(strangers)).cast(STRING)
            parts.append(_Reasons(strangers, "not_allowed", why))
        parts = [part for part in parts if len(part.persons)]
        if not parts:
            return pd.DataFrame({"person": NOBODY, "code": "", "reason": ""})
        who = np.concatenate([part.persons for part in parts])
        first = np.argsort(who, kind="stable")  # of several parts the one that comes before
        first = first[np.diff(who[first], prepend=-1) > 0]
        codes = pa.array([part.code for part in parts], STRING)
        which = np.repeat(np.arange(len(parts)), [len(part.persons) for part in parts])
        reasons = pa.concat_arrays([part.reason for part in parts])
        return pd.DataFrame(
            {
                "person": who[first],
                "code": pd.array(codes.take(pa.array(which[first])), TEXT),
                "reason": pd.array(reasons.take(pa.array(first)), TEXT),
            }
        )

    def _read(
        self, journal: Journal, read: Callable[[Connection, Sequence[Row[Any]]], Any], without: Any
    ) -> Any:
        """What is read of a journal and its lists in one transaction; something else where it has none."""
        with journal.opened() as connection:
            if connection is None or not has_people_over_time(connection):
                return without
            query = sa.select(optout_lists).where(optout_lists.c.campaign.in_(self._own(journal)))
            found = connection.execute(query.order_by(optout_lists.c.id))
            lists = [one for one in found if self._of_this_account(one)]
            return read(connection, lists)

    def _own(self, journal: Journal) -> tuple[int, ...]:
        """Whose lists are read: those of accounts; in the journal of the campaign those of its calls too."""
        return (0, self.campaign) if journal is self.journals[0] else (0,)

    def _of_this_account(self, owner: Row[Any]) -> bool:
        """Whether a list is of this gateway, under whatever spelling of its address, and of this account."""
        if self.base_url is None:
            return True
        if gateway_identity(owner.base_url) != gateway_identity(self.base_url):
            return False
        return self.others or owner.campaign > 0 or owner.account in self.accounts()


def _file(path: Path | None) -> tuple[int, int, int] | None:
    """
    Which file a journal is in now; None of one on a server.

    Device, number, and when it was last changed: the number of a deleted file is given to the next one, and
    a copy may be written into the file itself. A change that is none of the lists only has them read again.
    """
    if path is not None:
        with suppress(OSError):
            status = path.stat()
            return status.st_dev, status.st_ino, status.st_ctime_ns
    return None


@lru_cache
def erased_and_lists(campaigns: tuple[int, ...]) -> sa.Select[Any]:
    """How many were erased, and each list of these campaigns; a row also where there is no list."""
    row = sa.select(sa.literal(1)).subquery()
    lists = row.outerjoin(optout_lists, optout_lists.c.campaign.in_(campaigns))
    asked = sa.select(erased_count().label("erased"), optout_lists).select_from(lists)
    return asked.order_by(optout_lists.c.id)


def _listed(
    persons: NDArray[np.int64], connection: Connection, lists: Sequence[Row[Any]]
) -> NDArray[np.int64]:
    """Those of some people who are on these lists."""
    names = [one.id for one in lists]
    if not names:
        return NOBODY
    if len(persons) <= FEW:
        return which_listed(connection, names, persons)
    return persons[are_among(persons, persons_on(connection, names))]


class _Reasons(NamedTuple):
    """People who may not be texted, once each, in order; the code of all, and each one's reason."""

    persons: NDArray[np.int64]
    code: str
    reason: Any


def _reasons(persons: NDArray[np.int64], connection: Connection, lists: Sequence[Row[Any]]) -> list[_Reasons]:
    """Who of some people is on these lists, and since when, from where: by an account's first."""
    accounts = [one for one in lists if one.campaign == 0]
    by_account = persons if len(persons) > MANY else _listed(persons, connection, accounts)
    opted_out = since_when(connection, [one.id for one in accounts], by_account)
    by_call = np.sort(_listed(persons, connection, [one for one in lists if one.campaign]))
    reason = CODES["suppressed"] + " that a call of this campaign was given"
    return [
        _Reasons(opted_out.persons, "opted_out", _since_words(opted_out)),
        _Reasons(by_call, "suppressed", pa.repeat(reason, len(by_call)).cast(STRING)),
    ]


def _since_words(optouts: Since) -> Any:
    """Why each may not be texted, as Arrow's strings; a day and a source are written once for all."""
    sources = optouts.source.dictionary_encode()
    kinds = max(len(sources.dictionary), 1)
    place, different = pd.factorize(optouts.since // _DAY * kinds + np.asarray(sources.indices))
    pairs = (divmod(int(kind), kinds) for kind in different)
    words = [
        f"opted out since {np.datetime64(day, 'D')}, {sources.dictionary[source].as_py()}"
        for day, source in pairs
    ]
    return pa.array(words, STRING).take(pa.array(place))


_DAY = 86_400_000_000
"""Microseconds."""
