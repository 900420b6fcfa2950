"""Answers in pages (smSend docs, paging): numbers from 1, ten to a page unless asked otherwise."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import Query

Entry = TypeVar("Entry")

PageNumber = Annotated[int, Query(alias="pageNumber", ge=1)]
PageSize = Annotated[int, Query(alias="pageSize", ge=1)]


def page(
    entries: Sequence[Entry], page_number: int, page_size: int
) -> tuple[dict[str, object], Sequence[Entry]]:
    """The head of a paged answer, and the entries of that page; past the end there are none."""
    start = (page_number - 1) * page_size
    head = {"result": "OK", "pageNumber": page_number, "pageSize": page_size, "total": len(entries)}
    return head, entries[start : start + page_size]
