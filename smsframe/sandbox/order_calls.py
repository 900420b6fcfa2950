"""The calls about orders: sms, paramsms, their state, cancelling, the history."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from smsframe.sandbox import dates, shapes
from smsframe.sandbox.account_calls import Admitted
from smsframe.sandbox.description import order_links
from smsframe.sandbox.paging import PageNumber, PageSize, page
from smsframe.sandbox.wire_types import Stamp, ZoneName

router = APIRouter()

_ACCEPTED = order_links()


@router.post(
    "/sms",
    status_code=201,
    response_model=shapes.Accepted,
    response_model_exclude_unset=True,
    responses={201: {"links": _ACCEPTED}},
)
async def send(ledger: Admitted, order: shapes.SmsOrder, request: Request) -> dict[str, object]:
    """Send one text to many (smSend docs, POST sms)."""
    return ledger.accept(order, hidden_for=request.state.hidden_for)


@router.post(
    "/paramsms",
    response_model=shapes.Accepted,
    response_model_exclude_unset=True,
    responses={
        200: {"links": _ACCEPTED},
        201: {
            "model": shapes.Accepted,
            "description": "What sister brands answer instead of 200",
            "links": _ACCEPTED,
        },
    },
)
async def send_merged(
    ledger: Admitted, order: shapes.ParamsmsOrder, request: Request, response: Response
) -> dict[str, object]:
    """Send each recipient a text of their own (smSend docs, POST paramsms)."""
    response.status_code = ledger.questions.paramsms_accepted
    return ledger.accept(order, hidden_for=request.state.hidden_for)


@router.get("/sms/{order_id}", response_model=shapes.OrderState)
async def state(ledger: Admitted, order_id: str) -> dict[str, object]:
    """The state of every recipient (smSend docs, GET sms/{order_id})."""
    zone = dates.zone(ledger.questions.timezone)
    texts = ledger.states(order_id)
    written = {
        moment: dates.write(moment, zone) for moment in {text.delivered_at for text in texts} if moment
    }
    return {
        "result": "OK",
        "recipient_number": len(texts),
        "recipients": [
            {
                "destination": text.recipient,
                "status": text.state,
                "delivery_date": written[text.delivered_at] if text.delivered_at else "",
            }
            for text in texts
        ],
    }


@router.delete("/sms/{order_id}", response_model=shapes.Done)
async def cancel(ledger: Admitted, order_id: str) -> dict[str, str]:
    """Cancel an order still scheduled; 404 when it no longer is (smSend docs, DELETE sms/{order_id})."""
    ledger.cancel(order_id)
    return {"result": "OK"}


@router.get("/smshistory", response_model=shapes.History)
async def history(
    ledger: Admitted,
    *,
    since: Annotated[Stamp, Query(alias="from", description="yyyyMMddHHmmss")],
    until: Annotated[Stamp | None, Query(alias="to", description="yyyyMMddHHmmss, default now")] = None,
    timezone: Annotated[ZoneName | None, Query(description="IANA name, of the dates both ways")] = None,
    page_number: PageNumber = 1,
    page_size: PageSize = 10,
) -> dict[str, object]:
    """The orders of a time, newest first (smSend docs, GET smshistory)."""
    zone = dates.zone(ledger.questions.timezone if timezone is None else timezone)
    orders = ledger.history(
        dates.read(since, dates.STAMP, zone),
        None if until is None else dates.read(until, dates.STAMP, zone),
    )
    head, shown = page(orders, page_number, page_size, ledger.questions.long_pages)
    return head | {
        "smshistory": [
            {
                "order_id": order.order_id,
                "create_time": dates.write(order.created_at, zone),
                "schedule_time": dates.write(order.draft.scheduled, zone) if order.draft.scheduled else "",
                "message_type": order.draft.order.message_type,
                "sender": order.draft.order.sender or "",
                "num_recipients": len(order.draft.recipients) + len(order.draft.skipped),
            }
            for order in shown
        ]
    }
