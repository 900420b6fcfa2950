"""Query values that a call does not have: no source says what becomes of them, so both can be played."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request  # noqa: TC002 - FastAPI reads the annotation

from smsframe.sandbox.refusal import RefusedError

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant


async def only_known_values(request: Request) -> None:
    """Refuse a call that has others, where the sandbox was told to."""
    if request.app.state.ledger.questions.extra_values == "refuse":
        extra = set(request.query_params) - _names(request.scope["route"].dependant)
        if extra:
            raise RefusedError(f"Unknown parameter {min(extra)[:50]!r}")


def _names(needs: Dependant) -> set[str]:
    """The query values of a call, and of what it depends on."""
    names = {field.alias for field in needs.query_params}
    return names.union(*map(_names, needs.dependencies))
