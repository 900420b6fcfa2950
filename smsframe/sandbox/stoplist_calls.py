"""The calls about the opt-out list: numbers that are never texted."""

from typing import Annotated

from fastapi import APIRouter, Query

from smsframe.sandbox import dates, shapes
from smsframe.sandbox.account_calls import Admitted
from smsframe.sandbox.paging import PageNumber, PageSize, page
from smsframe.sandbox.refusal import RefusedError
from smsframe.sandbox.wire_types import Origins, PhoneNumber, StopListTime, ZoneName

router = APIRouter()

ORIGINS = {"API", "WEB", "STOPSMS"}


@router.post("/blacklist/sms")
async def stop(ledger: Admitted, phone_number: Annotated[PhoneNumber, Query(alias="phoneNumber")]) -> bool:
    """Put one number on the opt-out list: ``true`` (smSend docs, POST blacklist/sms)."""
    ledger.stop([phone_number])
    return True


@router.post("/blacklist/smsbatch")
async def stop_many(ledger: Admitted, numbers: list[PhoneNumber]) -> int:
    """Put many on it, all or none, and say how many were added (smSend docs, POST blacklist/smsbatch)."""
    return ledger.stop(numbers)


@router.get("/blacklist/sms", response_model=shapes.StopPage)
async def stopped(
    ledger: Admitted,
    *,
    since: Annotated[StopListTime | None, Query(alias="from", description="yyyy-MM-dd HH:mm:ss")] = None,
    until: Annotated[StopListTime | None, Query(alias="to", description="yyyy-MM-dd HH:mm:ss")] = None,
    timezone: Annotated[ZoneName | None, Query(description="IANA name, of the dates both ways")] = None,
    number: Annotated[str, Query(description="a part of the number")] = "",
    origins: Annotated[Origins, Query(description="of API, WEB, STOPSMS, with commas")] = "API,WEB,STOPSMS",
    page_number: PageNumber = 1,
    page_size: PageSize = 10,
) -> dict[str, object]:
    """Read the opt-out list (smSend docs, GET blacklist/sms)."""
    zone = dates.zone(ledger.questions.timezone if timezone is None else timezone)
    first = None if since is None else dates.read(since, dates.STOPLIST, zone)
    last = None if until is None else dates.read(until, dates.STOPLIST, zone)
    wanted = set(origins.split(","))
    if not wanted <= ORIGINS:
        raise RefusedError("origins are of API, WEB, STOPSMS")
    found = [
        (stopped_number, moment)
        for stopped_number, moment in ledger.stopped().items()
        if number in stopped_number
        and "API"
        in wanted  # the only origin there is here: a sandbox has no web panel and no people who reply
        and (first is None or first <= moment)
        and (last is None or moment.replace(microsecond=0) <= last)
    ]
    kind = ledger.questions.stop_list_pages
    head, shown = page(
        found, 1 if kind == "repeated" else page_number, page_size, ledger.questions.long_pages
    )
    if kind == "uncounted":
        head |= {"total": None}
    elif kind == "short":
        shown = shown[:-1]
    elif kind == "endless":
        now = ledger.now()
        shown = [(f"+39347{page_number:07d}", now)]
        head |= {"total": page_number + 1}
    return head | {
        "blacklist": [
            {
                "number": stopped_number,
                "origin": "API",
                "date": moment.astimezone(zone).strftime(dates.STOPLIST),
            }
            for stopped_number, moment in shown
        ]
    }
