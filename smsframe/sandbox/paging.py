"""Answers in pages (smSend docs, paging): numbers from 1, ten to a page unless asked otherwise."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from fastapi import Query

from smsframe.sandbox.refusal import RefusedError

Entry = TypeVar("Entry")

PageNumber = Annotated[int, Query(alias="pageNumber", ge=1)]
PageSize = Annotated[int, Query(alias="pageSize", ge=1)]


LONGEST = 100
"""Entries of a page, where longer ones are cut or refused: no source names a limit."""


def page(
    entries: Sequence[Entry],
    page_number: int,
    page_size: int,
    long_pages: Literal["whole", "cut", "refuse"] = "whole",
) -> tuple[dict[str, object], Sequence[Entry]]:
    """The head of a paged answer, and the entries of that page; past the end there are none."""
    if long_pages == "refuse" and page_size > LONGEST:
        raise RefusedError(f"pageSize is at most {LONGEST}")
    page_size = min(page_size, LONGEST) if long_pages == "cut" else page_size
    start = (page_number - 1) * page_size
    head = {"result": "OK", "pageNumber": page_number, "pageSize": page_size, "total": len(entries)}
    return head, entries[start : start + page_size]
