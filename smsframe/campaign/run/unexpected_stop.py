"""
How a run ends that something unexpected has stopped: with the results, as good as the journal knows them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from smsframe.campaign.run.unexpected_errors import clean
from smsframe.errors import CampaignStopped, SmsFrameError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import pandas as pd

    from smsframe.campaign.run_context import RunContext

Run = TypeVar("Run", bound="Callable[..., pd.DataFrame]")


class Foreseen(Exception):
    """
    Carries the reason why a run stopped with nothing sent, past those who wait for what is unexpected.

    Attributes:
        error: That reason.
    """

    def __init__(self, error: SmsFrameError | ValueError) -> None:
        super().__init__()
        self.error = error


def with_results_when_stopped(
    name: Callable[[Any], str], *frames: Callable[..., pd.DataFrame]
) -> Callable[[Run], Run]:
    """
    A run, called with a plan or an entry and its context, that never loses its results.

    Whatever it does not raise on purpose after it was ``started`` becomes a `CampaignStopped`. Workers have
    ended by then, and the run holds no lock any more: what was being sent is unconfirmed.

    Args:
        name: The campaign's name, by the plan or the entry.
        frames: Make the results of the arguments of the run; the first that can.
    """

    def decorated(run: Run) -> Run:
        @wraps(run)
        def call(subject: Any, context: RunContext, **options: Any) -> pd.DataFrame:
            started: list[datetime] = []

            def begin(people: int) -> None:
                started.append(context.retry_policy.clock.now())
                context.started(people)

            refused: BaseException
            try:
                return run(subject, replace(context, started=begin), **options)
            except Foreseen as foreseen:
                refused = foreseen.error
            except SmsFrameError:
                raise
            except Exception as error:  # raised below as `CampaignStopped`, with the results
                if not started:
                    raise
                results = _results(frames, (subject, context), options)
                refused = _stopped(clean(error), name(subject), results, started[0])
            raise refused from refused.__cause__

        return cast("Run", call)

    return decorated


def _results(
    frames: tuple[Callable[..., pd.DataFrame], ...], args: tuple[Any, ...], options: dict[str, Any]
) -> pd.DataFrame:
    for frame in frames[:-1]:
        with suppress(Exception):  # there may be as little memory, or as full a disk, as before
            return frame(*args, **options)
    return frames[-1](*args, **options)


def _stopped(
    cause: BaseException, campaign: str, results: pd.DataFrame, started: datetime
) -> CampaignStopped:
    status = results["sms_status"]
    counts = ", ".join(f"{count:,} {name}" for name, count in status.value_counts().items() if count)
    sent = status.eq("unconfirmed") | results["sms_sent_at"].ge(started).fillna(value=False)
    kind = type(cause).__name__
    stopped = CampaignStopped(
        f"campaign {campaign!r} stopped: {cause if kind in str(cause) else f'{kind}: {cause}'}. "
        f"{'Something was sent, or may have been' if sent.any() else 'By this call nothing was sent'}. "
        f"So far: {counts or 'nobody'}. No row is lost: go on with smsframe.resume({campaign!r})",
        campaign=campaign,
        results=results,
    )
    stopped.__cause__ = cause
    return stopped
