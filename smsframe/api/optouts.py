"""
`smsframe.optouts`: who may not be texted through an account, whatever the campaign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe.api.options import journal_of, suppressed_numbers
from smsframe.api.prepare import barred_by
from smsframe.api.tracebacks import hide_frames
from smsframe.arrow import TEXT
from smsframe.audience.optout_sync import SyncedOptouts
from smsframe.audience.optout_sync import sync as sync_lists
from smsframe.gateway.retry import RetryPolicy
from smsframe.gateway.smsend import Gateway
from smsframe.gateway.stop_list import OptOutGateway
from smsframe.journal.people.optout_rows import OptOutList
from smsframe.phones.match import keys

if TYPE_CHECKING:
    import os

    from smsframe.api.options import JournalLocation, Suppress
    from smsframe.gateway.base import GatewayProtocol


class Optouts:
    """
    The opt-outs of an account: a frame when it is called, and what changes the list.

    One list per gateway and account is in the default journal. Every plan and every call that texts reads it,
    beside the list in the campaign's own journal; those people are ``suppressed`` (code ``opted_out``), and
    who is put on it while a campaign is sent is in no request that leaves later.

    Example:
        >>> smsframe.optouts.add(["+393331234567"], why="called us", gateway=gateway)
        1
        >>> smsframe.optouts(gateway=gateway)[["number", "why"]].values.tolist()
        [['+393331234567', 'called us']]
        >>> smsframe.optouts.sync(gateway=gateway).pushed
        1
        >>> gone = smsframe.optouts.remove(["+393331234567"], why="signed up again", gateway=gateway)
        >>> len(smsframe.optouts(gateway=gateway))
        0
    """

    @hide_frames
    def __call__(
        self,
        *,
        gateway: GatewayProtocol | None = None,
        journal: JournalLocation | None = None,
        removed: bool = False,
    ) -> pd.DataFrame:
        """
        Who may not be texted through an account, by all lists that are read for it.

        Args:
            gateway: Whose account; that of the environment when not given, and without one all accounts.
            journal: The journal whose list is read beside the default one.
            removed: Whether to see those who were taken off the list instead.

        Returns:
            RangeIndex: ``number`` (string, E.164), ``since`` (datetime64[us, UTC]), ``why`` and ``source``
            (string), ``account`` (string); with ``removed`` also ``removed_at`` (UTC) and ``removed_why``.

        Raises:
            JournalError: A journal cannot be read.

        Example:
            >>> smsframe.optouts(gateway=gateway).columns.tolist()
            ['number', 'since', 'why', 'source', 'account']
        """
        barred = barred_by(gateway, journal_of(journal, gateway))
        parts = []
        for memory in barred.journals:
            for owner in memory.optouts.owners():
                if barred.reads(owner):
                    found = memory.optouts.removed(owner) if removed else memory.optouts.frame(owner)
                    parts.append(found.assign(account=pd.Series(owner.account, found.index, dtype=TEXT)))
        if not parts:
            nobody = OptOutList("", "")
            memory = barred.journals[0]
            found = memory.optouts.removed(nobody) if removed else memory.optouts.frame(nobody)
            return found.assign(account=pd.Series([], dtype=TEXT))
        together = pd.concat(parts, ignore_index=True)
        if removed:
            return together
        person = together[["account"]].assign(person=keys(together["number"]))
        return together[~person.duplicated().to_numpy()].reset_index(drop=True)

    @hide_frames
    def add(
        self,
        numbers: Suppress | str | os.PathLike[str],
        *,
        why: str | None = None,
        source: str = "added by hand",
        region: str | None = None,
        gateway: GatewayProtocol | None = None,
        journal: JournalLocation | None = None,
    ) -> int:
        """
        Put people on the list; who is on it stays as they are.

        Args:
            numbers: Numbers as ``suppress=`` takes them: a frame, series, list or file.
            why: The reason, which is kept with them.
            source: How it is known.
            region: The country (an ISO code such as ``IT``) of numbers in national form.
            gateway: Whose account; that of the environment when not given.
            journal: Where the list is; else the gateway's own journal, else the default one.

        Returns:
            How many people were not on it.

        Raises:
            ContactsError: A line cannot be read as a number; nobody was put on the list.
            NotAuthorised: Neither ``gateway`` nor the environment names an account.
            JournalError: The journal cannot be written.

        Example:
            >>> smsframe.optouts.add(["+393337654321"], gateway=gateway)
            1
            >>> smsframe.optouts.add(["0039 333 7654321"], gateway=gateway)
            0
        """
        owner, gateway = _owner(gateway)
        phones = suppressed_numbers(numbers, region, now=gateway.clock.now())
        memory = journal_of(journal, gateway)
        return memory.optouts.add(owner, pd.Series(phones, dtype=TEXT), source=source, why=why)

    @hide_frames
    def remove(
        self,
        numbers: Suppress | str | os.PathLike[str],
        *,
        why: str,
        region: str | None = None,
        campaign: str | None = None,
        gateway: GatewayProtocol | None = None,
        journal: JournalLocation | None = None,
    ) -> pd.DataFrame:
        """
        Take people off the list, here and not at the gateway; what was known of them is kept.

        The gateway documents no call that takes a number off its own list: have the provider do that. As
        long as it lists somebody, it does not text them, and `sync` and a delivery code put them on this list
        again.

        Args:
            numbers: Numbers as ``suppress=`` takes them.
            why: The reason why they may be texted again, which is kept.
            region: The country (an ISO code such as ``IT``) of numbers in national form.
            campaign: A campaign that has them in its ``suppress=`` lists, which later calls apply too; then
                they are taken off those lists, and not off the list of the account.
            gateway: Whose account; that of the environment when not given.
            journal: Where the list is; else the gateway's own journal, else the default one.

        Returns:
            Who was on it: ``number``, ``since``, ``why``, ``source``.

        Raises:
            ContactsError: A line cannot be read as a number.
            ValueError: There is no reason.
            UnknownCampaign: There is no such campaign in this journal.
            NotAuthorised: Neither ``gateway`` nor the environment names an account.
            JournalError: The journal cannot be written.

        Example:
            >>> gone = smsframe.optouts.remove(["+393337654321"], why="a mistake", gateway=gateway)
            >>> gone["number"].tolist()
            ['+393337654321']
        """
        if not isinstance(why, str) or not why.strip():
            raise ValueError("why= must say why they may be texted again; it is kept")
        owner, gateway = _owner(gateway)
        memory = journal_of(journal, gateway)
        if campaign is not None:
            owner = owner._replace(campaign=memory.get(campaign).id)
        phones = suppressed_numbers(numbers, region, now=gateway.clock.now(), extra_digits="certain")
        return memory.optouts.remove(owner, pd.Series(phones, dtype=TEXT), why)

    @hide_frames
    def sync(
        self,
        *,
        gateway: GatewayProtocol | None = None,
        journal: JournalLocation | None = None,
        push: bool = True,
    ) -> SyncedOptouts:
        """
        Read the gateway's own list into this one, and put this one's numbers on the gateway's.

        Nobody is taken off either list. A number that the gateway refuses keeps no other number off its list.

        Args:
            gateway: Whose account; that of the environment when not given.
            journal: Where the list is; else the gateway's own journal, else the default one.
            push: False reads only.

        Returns:
            `SyncedOptouts`: how many numbers the gateway lists, how many of them were new here, how many were
            pushed, which ones it refuses, and how many of its entries cannot be read.

        Raises:
            Unavailable: Not all of the gateway's list could be read; what was read is on the list here.
            GatewayError: The gateway refused or did not answer.
            ValueError: This gateway has no list of opt-outs.
            JournalError: The journal cannot be written.

        Example:
            >>> smsframe.optouts.sync(gateway=gateway, push=False).listed
            1
        """
        owner, gateway = _owner(gateway)
        if not isinstance(gateway, OptOutGateway):
            raise ValueError("this gateway has no list of opt-outs of its own")  # noqa: TRY004 - what it is
        memory, policy = journal_of(journal, gateway), RetryPolicy(clock=gateway.clock)
        return sync_lists(memory.optouts, owner, gateway, policy, push=push)

    def __repr__(self) -> str:
        return "<smsframe.optouts: call it for the frame; .add, .remove, .sync>"


optouts = Optouts()


def _owner(gateway: GatewayProtocol | None) -> tuple[OptOutList, Any]:
    """Whose list it is, and the gateway."""
    named: Any = gateway or Gateway.from_env()
    return OptOutList(named.base_url, named.account), named
