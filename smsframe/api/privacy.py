"""
Functions about personal data: who is erased, what is erased once it is old, and the key of the hashes.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd

from smsframe.api.docstrings import READS_ONLY, explained
from smsframe.api.options import journal_of, policy_of, suppressed_numbers
from smsframe.api.tracebacks import hide_frames
from smsframe.contacts.privacy_rules import keep_of, require_kept
from smsframe.errors import ContactsError
from smsframe.phones.match import keys

if TYPE_CHECKING:
    from datetime import timedelta

    import numpy as np
    from numpy.typing import NDArray

    from smsframe.api.options import JournalLocation, Suppress
    from smsframe.contacts.policy import Policy
    from smsframe.gateway.base import GatewayProtocol
    from smsframe.journal.journal import Journal

FORGOTTEN = ("where", "people", "waiting", "why")


@hide_frames
@explained(
    numbers="Whom to erase: a frame, a column, a list or a file of numbers, as ``suppress=`` of `send`; "
    "nobody, to finish what earlier calls could not.",
    region="The country of numbers in national form.",
    gateway=READS_ONLY,
)
def forget(
    numbers: Suppress = (),
    *,
    region: str | None = None,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
) -> pd.DataFrame:
    """
    Erase people from the journal: numbers, values of texts, answers, opt-outs and replies.

    A keyed hash of each number stays, by which they are never texted again, in no campaign of this journal.
    Its key is made by the first call, and is not in the journal; without it nothing is sent any more. Who is
    in an order that is open, or leaves later, is erased once it is settled: by the run that settles it, or by
    the next call of this function. Files that you have exported, and copies of the journal that you have
    made, are yours to delete.

    Without ``journal`` and ``gateway`` the user's own journal is meant.

    Returns:
        RangeIndex: ``where``, ``people`` who were erased there, ``waiting`` for an order to be settled, and
        ``why``; no numbers. Rows without ``people`` say what could not be erased, and what to do.

    Raises:
        ContactsError: A number cannot be read; nobody was erased.
        JournalError: The journal cannot be written, or the key of its hashes is not here.

    Example:
        >>> smsframe.forget(["+393477654321"], journal=journal)["where"].tolist()
        []
    """
    with warnings.catch_warnings():  # whether a number is in use is no matter here
        warnings.simplefilter("ignore", UserWarning)
        people = suppressed_numbers(
            numbers, region, name="the numbers to erase", done="nobody was erased", extra_digits="certain"
        )
    memory = journal_of(journal, gateway)
    persons = keys(pd.Series(people, dtype="string"))
    parts = [_forget(memory, persons) for memory in _journals(memory, journal, gateway)]
    return pd.concat(parts, ignore_index=True)


@hide_frames
@explained(
    keep='For how long texts and numbers are kept, such as ``"90 days"``; when not given, as long as '
    "``policy`` says.",
    policy="The `Policy` whose ``keep`` it is; else that of ``SMSFRAME_POLICY``.",
    preview="Whether nothing is erased, and only said what would be.",
    gateway=READS_ONLY,
)
def purge(
    keep: timedelta | str | None = None,
    *,
    policy: Policy | None = None,
    preview: bool = False,
    gateway: GatewayProtocol | None = None,
    journal: JournalLocation | None = None,
) -> pd.DataFrame:
    """
    Erase the numbers and texts of campaigns in which nothing has happened for longer than they are kept.

    The name of such a campaign stays, and is closed: nobody knows any more whom it texted. Orders stay, with
    what they cost. A campaign with people who are not sent to yet, or in orders that are not settled, is left
    as it is. A cap (``Policy(cap=...)``) no longer counts texts of campaigns that were erased, so ``keep``
    must be as long as its span: where the policy of the call has a cap, a shorter one is refused.

    Returns:
        A row per campaign that is as old: ``campaign``, ``last_at`` (UTC), ``people``, ``purged`` and ``why``
        not.

    Raises:
        ValueError: Neither ``keep`` nor a policy says for how long, it is no duration of a day or more, or is
            shorter than the span of the policy's cap.
        JournalError: The journal cannot be written.

    Example:
        >>> smsframe.purge("90 days", journal=journal)["campaign"].tolist()
        []
    """
    rules = policy_of(policy)
    wanted = keep if keep is not None else rules and rules.keep
    if wanted is None:
        raise ValueError('purge needs keep=, such as "90 days", or a policy that has it; nothing was erased')
    span = keep_of(wanted)
    require_kept(span, None if rules is None else rules.most)
    memory = journal_of(journal, gateway)
    before = memory.now() - span
    found = memory.purging.purge(before, preview=preview)
    left = [] if preview else memory.erasure.clean()
    said = pd.DataFrame({"campaign": "", "last_at": pd.NaT, "people": 0, "purged": False, "why": left})
    return pd.concat([found, said.astype(found.dtypes)], ignore_index=True) if left else found


def hashed_results(results: pd.DataFrame) -> pd.DataFrame:
    """
    Results without numbers, by the key of this user, which is made where there is none.

    Raises:
        ContactsError: There is no column ``sms_phone``.
        JournalError: The key cannot be read, or kept.
    """
    from smsframe.journal.privacy import hash_key  # noqa: PLC0415 - few need it
    from smsframe.outcomes.hashed import hashed  # noqa: PLC0415 - as above
    from smsframe.phones.keyed_hash import keyed_hashes  # noqa: PLC0415 - as above

    if "sms_phone" not in results.columns:
        raise ContactsError("hashed=True needs the column sms_phone, as results have it")
    key = (hash_key.find() or hash_key.create()).value
    return hashed(results, lambda persons: keyed_hashes(persons, key))[0]


def _journals(
    memory: Journal, journal: JournalLocation | None, gateway: GatewayProtocol | None
) -> list[Journal]:
    """The journal of a call, and the user's own, which has lists of its own, unless a gateway has its own."""
    from smsframe.journal.journal import Journal  # noqa: PLC0415 - loads SQLAlchemy

    own = Journal.default()
    apart = journal is None or (gateway is not None and gateway.journal is not None)
    return [memory] if apart or own.place == memory.place or not own.exists else [memory, own]


def _forget(memory: Journal, persons: NDArray[np.int64]) -> pd.DataFrame:
    erasure = memory.erasure
    later = erasure.finish()
    parts = [] if later is None else [later]
    if len(persons):
        parts.append(erasure.forget(persons))
    rows = pd.concat([part.rows for part in parts] or [pd.DataFrame(columns=[*FORGOTTEN])], ignore_index=True)
    left = [*dict.fromkeys(sentence for part in parts for sentence in part.left), *erasure.clean()]
    said = pd.DataFrame({"where": memory.place, "people": pd.NA, "waiting": pd.NA, "why": left})
    whole = {"where": "string", "people": "Int64", "waiting": "Int64", "why": "string"}
    return pd.concat([part.astype(whole) for part in (rows, said)], ignore_index=True)
