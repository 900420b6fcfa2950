"""
`Summary` of a frame of results, and the rows that will not arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from smsframe.arrow import INSTANT, frame_without_views, is_text
from smsframe.errors import ContactsError
from smsframe.formatting import many
from smsframe.masking import shown, shown_name
from smsframe.orders.profile import known_codes
from smsframe.outcomes import figures
from smsframe.outcomes.breakdowns import by_country, timeline, waits
from smsframe.outcomes.cards import summary_card
from smsframe.outcomes.codes import delivered_codes, failed_codes, lost_codes, retryable_codes
from smsframe.outcomes.columns import COLUMNS, DTYPES, E164, results_for
from smsframe.outcomes.groups import counted
from smsframe.outcomes.reasons import reasons

if TYPE_CHECKING:
    from matplotlib.figure import Figure


PROOF: Final = pd.Timedelta(seconds=65)
"""Before its time a text can be cancelled with proof: two looks, 30 seconds apart, by both clocks."""


def failed(results: pd.DataFrame, *, retryable: bool = False) -> pd.DataFrame:
    """
    The rows that will not arrive: ``invalid``, ``rejected``, or a final bad delivery.

    Never ``unconfirmed``: those may have arrived, and texting them again is what must not happen. Nor what a
    demo account did not send on purpose (``DEMO``).

    Args:
        results: A frame that smsframe returned; it is not changed.
        retryable: Only those that are worth another try with the same text, by their delivery code: not who
            is on an opt-out list, nor whose text may have arrived (``TIMEOUT``). `smsframe.resend` takes
            them.

    Returns:
        Those of its rows, as they are; ``sms_reason`` says why.

    Raises:
        ContactsError: The frame is not one that smsframe returned.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567", "12"]})
        >>> smsframe.failed(people.sms.check(phone="mobile"))["mobile"].tolist()
        ['12']
    """
    typed, results = complete(results), frame_without_views(results)
    taken = typed["sms_status"].isin(["accepted", "scheduled"])
    if retryable:
        return results[(taken & typed["sms_delivery"].isin(retryable_codes())).to_numpy()]
    rows = typed["sms_status"].isin(["invalid", "rejected"])
    rows |= taken & typed["sms_delivery"].isin(failed_codes())
    return results[rows.to_numpy()]


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """
    A campaign in a few numbers: a card in a notebook, one line in a terminal, and facts for programs.

    Attributes:
        campaign: The campaign's name; several are joined by a comma; empty when nothing was sent.
        rows: Rows of the frame.
        statuses: Rows by ``sms_status``, only those that occur.
        reasons: A frame ``status``, ``code``, ``reason``, ``rows``, the most frequent first.
        groups: A frame ``group`` (``delivered``, ``awaiting``, ``not delivered``, ``not sent``), ``what`` it
            is made of, ``rows`` and ``share`` of all rows but duplicates.
        deliveries: Rows by the gateway's delivery code, after ``refresh``.
        orders: Distinct order ids.
        segments: Segments of the accepted texts.
        credits: Credits charged for them, as far as the gateway said.
        credits_unknown: Accepted rows whose charge is not known.
        countries: A frame ``country`` (ISO code), ``texts``, ``delivered``, ``lost``, ``segments``,
            ``credits``, ``credits_unknown`` of the accepted rows, most segments first.
        timeline: A frame ``at`` (UTC), and so many texts ``delivered``, ``lost``, ``under_way`` by then.
        waits: Seconds from sending to delivery by the share of delivered texts, 0 to 1, that took no longer.
        other_orders: Whether orders that were cancelled or sent again, which `smsframe.costs` has, are in
            none of these numbers.
        scheduled: How many texts that can be cancelled are scheduled, by the time when they go out (UTC), the
            first one first.

    Example:
        >>> smsframe.results("spring", journal=journal).sms.summary()
        <smsframe.Summary spring: 1 accepted; 1 credit>
    """

    campaign: str
    rows: int
    statuses: pd.Series[int]
    reasons: pd.DataFrame
    groups: pd.DataFrame
    deliveries: pd.Series[int]
    orders: int
    segments: int
    credits: float
    credits_unknown: int
    countries: pd.DataFrame
    timeline: pd.DataFrame
    waits: pd.Series[float]
    other_orders: bool
    scheduled: pd.Series[int]

    @property
    def cancel_until(self) -> pd.Timestamp | None:
        """
        Until when the first of the scheduled texts can be cancelled with proof (UTC, whole minutes), with
        ``grace`` as it is by default; None when nothing is scheduled.

        Example:
            >>> smsframe.results("spring", journal=journal).sms.summary().cancel_until is None
            True
        """
        return None if self.scheduled.empty else (self.scheduled.index[0] - PROOF).floor("min")

    def to_frame(self) -> pd.DataFrame:
        """
        The numbers as a frame ``what``, ``value``, for reports.

        Example:
            >>> smsframe.results("spring", journal=journal).sms.summary().to_frame().head(2)
                        what  value
            0  rows accepted    1.0
            1           rows    1.0
        """
        facts = self.facts()
        rows = [(f"rows {status}", count) for status, count in facts["statuses"].items()]
        rows += [(f"delivery {code}", count) for code, count in facts["deliveries"].items()]
        rows += [(name, facts[name]) for name in ("rows", "orders", "segments", "credits", "credits_unknown")]
        return pd.DataFrame(rows, columns=["what", "value"])

    def facts(self) -> dict[str, Any]:
        """
        The numbers as a plain dictionary, as they are displayed: names and reasons with numbers masked.

        Example:
            >>> smsframe.results("spring", journal=journal).sms.summary().facts()["statuses"]
            {'accepted': 1}
        """
        return {
            "campaign": shown_name(self.campaign),
            "rows": self.rows,
            "statuses": {str(k): int(v) for k, v in self.statuses.items()},
            "reasons": [{**row, "reason": shown(row["reason"])} for row in self.reasons.to_dict("records")],
            "groups": self._groups(),
            "deliveries": {shown_name(k): int(v) for k, v in self.deliveries.items()},
            "orders": self.orders,
            "segments": self.segments,
            "credits": self.credits,
            "credits_unknown": self.credits_unknown,
            "credits_note": ", without orders that were cancelled or sent again: see costs"
            * self.other_orders,
            "cancel_until": self._cancel_until(),
        }

    def _cancel_until(self) -> str:
        if self.cancel_until is None:
            return ""
        several = ", the first of them" if len(self.scheduled) > 1 else ""
        return f"until {self.cancel_until:%a %Y-%m-%d %H:%M} UTC{several}"

    def funnel(self) -> pd.DataFrame:
        """
        From all rows to those that were delivered, step by step.

        Returns:
            ``step``, ``rows``, ``share`` of all rows (0 to 1), and ``lost``: whether these rows went no
            further.

        Example:
            >>> smsframe.results("spring", journal=journal).sms.summary().funnel()["step"].tolist()
            ['rows', 'ready', 'accepted']
        """
        steps = figures.funnel(self)
        rows = [step.end - step.start for step in steps]
        return pd.DataFrame(
            {
                "step": [step.name for step in steps],
                "rows": rows,
                "share": [count / max(self.rows, 1) for count in rows],
                "lost": [step.lost for step in steps],
            }
        )

    def _groups(self) -> list[dict[str, Any]]:
        """The groups that have rows, each with what it is made of."""
        found = []
        for name, part in self.groups.groupby("group", sort=True, observed=True):
            what = zip(part["what"], part["rows"], strict=True)
            parts = {shown_name(str(key)): int(count) for key, count in what}
            counts = {"rows": int(part["rows"].sum()), "share": float(part["share"].sum())}
            found.append({"group": str(name), **counts, "parts": parts})
        return found

    def plot(self, kind: str | None = None, *, tz: str = "UTC") -> Figure:
        """
        Figures of this summary, as ``results.sms.plot`` makes them.

        Args:
            kind: ``"funnel"``, ``"timeline"``, ``"countries"`` or ``"waits"``; all four by default.
            tz: The time zone of the time axis.

        Returns:
            A matplotlib figure.

        Example:
            >>> len(smsframe.results("spring", journal=journal).sms.summary().plot("waits").axes)
            1
        """
        return figures.draw(self, kind, tz)

    def _repr_html_(self) -> str:
        return summary_card(self.facts(), {code: known.meaning for code, known in known_codes().items()})

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {status}" for status, count in self.statuses.items()) or "no rows"
        delivered_count = int(self.deliveries.reindex(delivered_codes(), fill_value=0).sum())
        delivered = f", {delivered_count:,} delivered" if len(self.deliveries) else ""
        name = shown_name(self.campaign or "(no campaign)")
        until = self._cancel_until()
        cancel = f"; can be cancelled {until}" if until else ""
        cost = many(self.credits, "credit") + self.facts()["credits_note"]
        return f"<smsframe.Summary {name}: {counts}{delivered}; {cost}{cancel}>"


def summary(results: pd.DataFrame) -> Summary:
    """
    Summarise a frame that `smsframe.check`, `send`, `results` or `refresh` returned, or a part of one.

    Raises:
        ContactsError: The frame has no result columns.
    """
    results = complete(results)
    accepted = results[results["sms_status"].isin(["accepted", "scheduled"]).to_numpy()]
    counts = results["sms_status"].value_counts()
    return Summary(
        campaign=", ".join(results["sms_campaign"].dropna().unique()),
        rows=len(results),
        statuses=counts[counts > 0],
        reasons=reasons(results),
        groups=counted(results),
        deliveries=accepted["sms_delivery"].value_counts(),
        orders=int(results["sms_order_id"].nunique()),
        segments=int(accepted["sms_segments"].sum()),
        credits=float(accepted["sms_credits"].sum()),
        credits_unknown=int(accepted["sms_credits"].isna().sum()),
        countries=by_country(accepted),
        timeline=timeline(accepted, lost_codes()),
        waits=waits(accepted),
        other_orders=bool(counts.get("cancelled", 0) or results["sms_attempt"].gt(1).any()),
        scheduled=_times(results[results["sms_status"].eq("scheduled").to_numpy()]),
    )


def _times(scheduled: pd.DataFrame) -> pd.Series[int]:
    """How many texts go out when; those apart that could never be cancelled, being sent so shortly before."""
    at, sent_at = scheduled["sms_scheduled_at"], scheduled["sms_sent_at"]
    return at[~(at - PROOF).le(sent_at)].value_counts().sort_index().rename("texts")


def complete(results: pd.DataFrame) -> pd.DataFrame:
    """
    The frame with all result columns, by name; a column that it lacks is added, empty.

    It may be the frame of a check, which has four of them, or an export of an older version.

    Raises:
        ContactsError: It has no ``sms_status``, or a column has values that smsframe does not write.
    """
    converted = require(results, ("sms_status",))
    absent = [name for name in COLUMNS if name not in converted.columns]
    return converted.assign(**results_for(len(converted), tuple(absent)).set_axis(converted.index))


def require(results: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """
    The frame with its result columns in their dtypes, also when it was read from a file.

    Raises:
        ContactsError: A needed column is not there, or has values that smsframe does not write.
    """
    missing = [name for name in columns if name not in results.columns]
    if missing:
        problem = (
            "none of the result columns, sms_status and so on"
            if "sms_status" in missing and not any(name in results.columns for name in COLUMNS)
            else f"no {', '.join(missing)}"
        )
        # What a check returns has no orders yet.
        given_by = "check, send or results" if columns == ("sms_status",) else "send or results"
        raise ContactsError(f"this frame has {problem}: use one that smsframe's {given_by} returned")
    converted = {}
    twice = [name for name in COLUMNS if results.columns.isin([name]).sum() > 1]
    if twice:
        raise ContactsError(f"this frame has the column {twice[0]} twice: leave one of them out")
    for name in COLUMNS:
        if name in results.columns and results[name].dtype != DTYPES[name]:
            try:
                converted[name] = _typed(results[name], DTYPES[name])
            except (ValueError, TypeError):
                raise ContactsError(f"column {name} has values that smsframe does not write") from None
    return frame_without_views(results).assign(**converted)


def require_numbers(results: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """
    As `require`, with numbers that still are whole ones.

    Raises:
        ContactsError: As `require`, or ``sms_phone`` lost its pluses, as where a file was read as numbers.
    """
    typed = require(results, columns)
    phones = typed["sms_phone"]
    if not (phones.isna() | phones.str.fullmatch(E164).eq(other=True)).all():
        raise ContactsError(
            "column sms_phone has numbers that are not as smsframe writes them, with a plus: read the file "
            "with smsframe.read_contacts, which keeps them"
        )
    return typed


def _typed(column: pd.Series[Any], dtype: Any) -> pd.Series[Any]:
    if dtype == INSTANT:
        return pd.to_datetime(column, utc=True, format="ISO8601").astype(INSTANT)
    if dtype in ("Int64", "Float64"):
        if is_text(column.dtype):  # with the decimal mark of the language in which it was exported
            column = column.str.replace(",", ".", regex=False)
        return pd.to_numeric(column).astype("Float64").astype(dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        column = column.mask(column.eq("").fillna(value=False))  # as of a file read without missing values
        if not column.dropna().isin(dtype.categories).all():
            raise ValueError("another word than those that are written")
    return column.astype(object).where(column.notna(), None).astype(dtype)
