"""The calls about what an account received, and about its registered senders."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from smsframe.sandbox import dates, shapes
from smsframe.sandbox.account_calls import Admitted
from smsframe.sandbox.paging import PageNumber, PageSize, page
from smsframe.sandbox.wire_types import PhoneNumber, Stamp, ZoneName

router = APIRouter()

Since = Annotated[Stamp, Query(alias="from", description="yyyyMMddHHmmss")]
Until = Annotated[Stamp | None, Query(alias="to", description="yyyyMMddHHmmss, default now")]
Timezone = Annotated[ZoneName | None, Query(description="IANA name, of the dates both ways")]


@router.get("/srsmshistory", response_model=shapes.ReceivedPage)
async def received(
    ledger: Admitted,
    *,
    since: Since,
    until: Until = None,
    timezone: Timezone = None,
    page_number: PageNumber = 1,
    page_size: PageSize = 10,
) -> dict[str, object]:
    """What people wrote back, newest first (smSend docs, GET srsmshistory)."""
    return _page(ledger, None, since, until, timezone, page_number, page_size)


@router.get("/srsmshistory/{id_sim}", response_model=shapes.ReceivedPage)
async def received_by(
    ledger: Admitted,
    id_sim: PhoneNumber,
    *,
    since: Since,
    until: Until = None,
    timezone: Timezone = None,
    page_number: PageNumber = 1,
    page_size: PageSize = 10,
) -> dict[str, object]:
    """As ``srsmshistory``, of one or more own numbers, with commas between them."""
    return _page(ledger, {*id_sim.split(",")}, since, until, timezone, page_number, page_size)


def _page(
    ledger: Admitted,
    sims: set[str] | None,
    since: str,
    until: str | None,
    timezone: str | None,
    page_number: int,
    page_size: int,
) -> dict[str, object]:
    zone = dates.zone(ledger.questions.timezone if timezone is None else timezone)
    found = ledger.received(
        dates.read(since, dates.STAMP, zone),
        None if until is None else dates.read(until, dates.STAMP, zone),
        sims,
    )
    head, shown = page(found, page_number, page_size, ledger.questions.long_pages)
    names = ledger.questions.reply_fields
    return head | {
        "messages": [
            {
                names["id"]: message.id,
                names["recipient"]: message.recipient,
                names["sender"]: message.sender,
                names["text"]: message.text,
                names["received_at"]: dates.write(message.at, zone),
            }
            for message in shown
        ]
    }


@router.get("/alias", response_model=shapes.AliasPage)
async def aliases(
    ledger: Admitted,
    *,
    page_number: PageNumber = 1,
    page_size: PageSize = 10,
    hide_not_approved: Annotated[Literal["true", "false"], Query(alias="hide-not-approved")] = "false",
) -> dict[str, object]:
    """The registered senders (smSend docs, GET alias)."""
    shown = [
        {"id": place, "alias": alias, "alias-state": state}
        for place, (alias, state) in enumerate(ledger.senders.items(), 1)
        if hide_not_approved == "false" or state in APPROVED
    ]
    head, rows = page(shown, page_number, page_size, ledger.questions.long_pages)
    return head | {"aliases": rows}


APPROVED = {1, 2}
"""Which states ``hide-not-approved`` leaves is not said; these two say "confirmed"."""
