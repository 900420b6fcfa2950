"""
Where the partitions of a table are sent to and remembered: what each worker opens for itself.

An engine copies the task of a partition to its workers, keeps it in its scheduler, and shows it on its
dashboard. So a task names the account, and has none of its secrets: they come from the environment of each
worker.
"""

from __future__ import annotations

import os
import re
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from smsframe.api.options import journal_of
from smsframe.clock import SYSTEM
from smsframe.errors import JournalError, NotAuthorised
from smsframe.gateway import environment
from smsframe.gateway.smsend import Gateway
from smsframe.journal.journal import JOURNAL, Journal
from smsframe.journal.people.barred import Barred
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smsframe.api.options import JournalLocation
    from smsframe.journal.same_journal import Mark
    from smsframe.orders.ramp import RampState
    from smsframe.planning.erased_people import ErasedReasons

SECRETS = {"password", "sslpassword"}
"""Parameters of libpq that must not be in a task."""

_PREFIX = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Place:
    """
    What a worker opens.

    Attributes:
        prefix: What the names of the variables with the credentials begin with.
        journal: Where the journal is, or None for the worker's ``SMSFRAME_JOURNAL``.
        account: Address and account of the gateway that the call was made for; None for the worker's own.
        identities: Every name of that account that is known: its lists of opt-outs are under each of them.
        others: Whether another account there may be this one, under a name that is not known.
    """

    prefix: str = environment.PREFIX
    journal: str | None = None
    account: tuple[str, str] | None = None
    identities: tuple[str, ...] = ()
    others: bool = False

    @classmethod
    def of(cls, gateway: Any, journal: JournalLocation | None) -> Place:
        """
        The place that a call names.

        Raises:
            TypeError: ``gateway`` is a gateway, with its secrets.
            ValueError: ``journal`` has a password, or ``gateway`` is no prefix of variables.
        """
        if gateway is None:
            gateway = environment.PREFIX
        if not isinstance(gateway, str):
            raise TypeError(
                "gateway= must not be a Gateway here: its password would be copied into the engine's tasks. "
                f"Set {environment.BASE_URL}, {environment.USERNAME} and {environment.PASSWORD} in the "
                'environment of the workers, or name other variables by their prefix, as gateway="SPRING"; '
                "nothing was sent"
            )
        if not _PREFIX.fullmatch(gateway):
            raise ValueError(
                "gateway= must be what the names of the workers' environment variables begin with, such as "
                f'"{environment.PREFIX}" or "SPRING" for SPRING_USERNAME; nothing was sent'
            )
        return cls(prefix=gateway, journal=_location(journal))

    def at(self, gateway: Gateway) -> Place:
        """The same for the account of a gateway."""
        return replace(
            self,
            account=(gateway.base_url, gateway.account),
            identities=tuple(gateway.identities),
            others=not gateway.knows_user_name,
        )

    def named(self) -> Place:
        """The same for the account that the environment of this process names, if it names one."""
        if environment.missing(self.prefix) is not None:
            return self
        with closing(Gateway.from_env(self.prefix)) as gateway:
            return self.at(gateway)

    @contextmanager
    def opened(self) -> Iterator[tuple[Gateway, Journal]]:
        """
        The gateway and the journal, in this process.

        Raises:
            NotAuthorised: This process has no credentials, or those of another account.
            JournalError: This process does not know the journal.
        """
        with closing(Gateway.from_env(self.prefix)) as gateway:
            if self.account not in (None, (gateway.base_url, gateway.account)):
                raise NotAuthorised(
                    f"this worker's {environment.named(environment.USERNAME, self.prefix)} is "
                    f"{mask(gateway.account)} at another gateway or account than the call is for; nothing "
                    "was sent by it"
                )
            memory = self.memory(gateway)
            with memory.connected():
                yield gateway, memory

    @property
    def names_journal(self) -> bool:
        """Whether the call, or this process, names a journal."""
        return bool(self.journal or os.environ.get(JOURNAL))

    def memory(self, gateway: Gateway | None = None) -> Journal:
        """
        The journal, in this process.

        Raises:
            JournalError: Neither the call nor this process names it.
        """
        location = self.journal or os.environ.get(JOURNAL)
        if not location:
            raise JournalError(
                "partitions need one journal for all of them: name it with journal=, or by the variable "
                f"{JOURNAL} in the environment of each worker; nothing was sent"
            )
        return journal_of(location, gateway)

    def barred(self, campaign: str) -> Barred:
        """Who may not be texted, by the lists that this process reads; of a campaign, if one is named."""
        journal = self.memory() if self.names_journal else Journal.default(clock=SYSTEM)
        entry = journal.find(campaign) if campaign else None
        if self.account is not None:
            base_url, names, others = self.account[0], self.identities, self.others
            barred = Barred.of(journal, base_url, lambda: names, others=others, clock=SYSTEM)
        elif entry is not None:
            barred = Barred.of(journal, entry.base_url, lambda: [entry.account], clock=SYSTEM)
        else:
            barred = Barred.of(journal, None, tuple, clock=SYSTEM)
        return barred.within(0 if entry is None else entry.id)

    def erased(self, campaign: str | None) -> ErasedReasons:
        """Says who was erased from one of the journals that are read."""
        return self.barred(campaign or "").erased(campaign)

    def ramp(self, campaign: str | None) -> RampState | None:
        """How far the ramp of a campaign is by the journal."""
        if campaign is None or not self.names_journal:
            return None
        entry = self.memory().find(campaign)
        return None if entry is None else entry.ramp


def _location(journal: JournalLocation | None) -> str | None:
    """Where a journal is, as text."""
    if journal is None:
        return None
    location = journal.location if isinstance(journal, Journal) else os.fspath(journal)
    if "://" not in location:
        return os.path.abspath(os.path.expanduser(location))  # workers may be in other folders  # noqa: PTH100, PTH111
    if urlsplit(location).password or {*parse_qs(urlsplit(location).query)} & SECRETS:
        location = ""  # which a traceback would show
        raise ValueError(
            "journal= must not have a password here: it would be copied into the engine's tasks. Leave it "
            f"to the variable {JOURNAL} in the environment of the workers, or to PGPASSWORD or a "
            "password file there; nothing was sent"
        )
    return location


def require_marked(journal: Journal, mark: Mark) -> None:
    """
    Refuse a worker's journal that is not that of the call.

    Raises:
        JournalError: It is another one.
    """
    if not mark.is_on(journal):
        raise JournalError(
            f"this worker has the journal {journal.place}, which is another one than that of the call: name "
            f"one for all with journal=, or by {JOURNAL} here and there; nothing was sent by it"
        )
