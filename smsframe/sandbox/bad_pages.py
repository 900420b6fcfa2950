"""Pages that do not add up, as a client may meet them: endless, repeated, with rows left out, miscounted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import Message, Scope

KINDS = {"endless_pages", "repeated_pages", "skipped_rows", "wrong_total"}
FROM_THE_FIRST = {"endless_pages", "repeated_pages"}
"""The kinds whose every page is made of the first one."""


def number(scope: Scope) -> int:
    """The page that was asked for."""
    given = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("pageNumber", "1")
    return int(given) if given.isascii() and given.isdigit() else 1


def asks_for_the_first(scope: Scope) -> Scope:
    """The same question for page 1."""
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return {**scope, "query_string": urlencode(query | {"pageNumber": "1"}).encode()}


def altered(kind: str, answer: list[Message], asked: int) -> JSONResponse | None:
    """The answer as that fault makes it; None where it has no pages."""
    try:
        body: dict[str, Any] = json.loads(b"".join(message.get("body", b"") for message in answer[1:]))
        name = next(key for key, value in body.items() if isinstance(value, list))
    except (ValueError, AttributeError, StopIteration):
        return None
    rows = body[name]
    match kind:
        case "endless_pages":
            body["pageNumber"], body["total"] = asked, asked * max(len(rows), 1) + 1
            body[name] = [_another(row, asked) for row in rows]
        case "repeated_pages":
            body["pageNumber"] = asked
        case "skipped_rows" if asked > 1:
            body[name] = rows[1:]
        case "wrong_total" if isinstance(body.get("total"), int):
            body["total"] += 1
    return JSONResponse(body, answer[0]["status"])


def _another(row: dict[str, Any], asked: int) -> dict[str, Any]:
    """A row that looks like one more: its first field differs on each page."""
    first = next(iter(row))
    value = row[first]
    return row | {first: value + asked * 1_000_000 if isinstance(value, int) else f"{value}-{asked}"}
