"""
What a frame of results says: its summary, the rows that will not arrive, and a file that is safe to open.

Pure: files are written elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import pandas as pd

from smsframe.breakdowns import DELIVERED, by_country, timeline, waits
from smsframe.errors import ContactsError
from smsframe.masking import shown, shown_name
from smsframe.reasons import amount
from smsframe.schema import COLUMNS, DTYPES, INSTANT, STRING, results_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure


class Delivery(NamedTuple):
    """What a delivery code of the gateway means (smSend docs, GET sms/{order_id})."""

    meaning: str
    final: bool
    failed: bool = False


DELIVERIES = {
    "WAITING": Delivery("not sent yet", final=False),
    "SCHEDULED": Delivery("waiting for its time", final=False),
    # Final only for the qualities without delivery notice, which the code alone does not tell.
    "SENT": Delivery("handed to the network", final=False),
    "WAIT4DLVR": Delivery("sent, waiting for the delivery notice", final=False),
    "DLVRD": Delivery("delivered to the handset", final=True),
    "DEMO": Delivery("demo account, nothing sent", final=True),
    "TOOM4USER": Delivery("too many texts by this account in 24 hours", final=True, failed=True),
    "TOOM4NUM": Delivery("too many texts to this number in 24 hours", final=True, failed=True),
    "ERROR": Delivery("sending error", final=True, failed=True),
    "TIMEOUT": Delivery("no word from the operator in 48 hours", final=True, failed=True),
    "UNKNRCPT": Delivery("number not understood", final=True, failed=True),
    "UNKNPFX": Delivery("prefix unknown", final=True, failed=True),
    "INVALIDDST": Delivery("invalid destination", final=True, failed=True),
    "BLACKLISTED": Delivery("on a stop list", final=True, failed=True),
    "KO": Delivery("rejected by the mobile network", final=True, failed=True),
    "INVALIDCONTENTS": Delivery("content refused", final=True, failed=True),
}

BAD = [code for code, delivery in DELIVERIES.items() if delivery.failed]
"""The codes of texts that failed."""
NEVER = [code for code, delivery in DELIVERIES.items() if delivery.final and code != DELIVERED]
"""The codes of texts that will not arrive: also a demo account's, which did not fail."""


def failed(results: pd.DataFrame) -> pd.DataFrame:
    """
    The rows that will not arrive: ``invalid``, ``rejected``, or a final bad delivery.

    Never ``unconfirmed``: those may have arrived, and texting them again is what must not happen.

    Args:
        results: A frame that smsframe returned; it is not changed.

    Returns:
        Those of its rows, as they are.

    Raises:
        ContactsError: The frame is not one that smsframe returned.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567", "12"]})
        >>> smsframe.failed(people.sms.check(phone="mobile"))["mobile"].tolist()
        ['12']
    """
    told = complete(results)
    rows = told["sms_status"].isin(["invalid", "rejected"]) | told["sms_delivery"].isin(BAD)
    return results[rows.to_numpy()]


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """
    A campaign in a few numbers: facts, an HTML card in a notebook, one line in a terminal.

    Attributes:
        campaign: The campaign's name; several are joined by a comma; empty when nothing was sent.
        rows: Rows of the frame.
        statuses: Rows by ``sms_status``, only those that occur.
        reasons: A frame ``status``, ``code``, ``reason``, ``rows``, the most frequent first.
        deliveries: Rows by the gateway's delivery code, after ``refresh``.
        orders: Distinct order ids.
        segments: Segments of the accepted texts.
        credits: Credits charged for them, as far as the gateway said.
        credits_unknown: Accepted rows whose charge is not known.
        countries: A frame ``country`` (ISO code), ``texts``, ``segments``, ``credits``,
            ``credits_unknown`` of the accepted rows, most segments first.
        timeline: A frame ``at`` (UTC), and so many texts ``delivered``, ``lost``, ``under_way`` by then.
        waits: Seconds from sending to delivery by the share of delivered texts, 0 to 1, that took no longer.

    Example:
        >>> smsframe.results("spring", journal=journal).sms.summary()
        <smsframe.Summary spring: 1 accepted; 1 credits>
    """

    campaign: str
    rows: int
    statuses: pd.Series[int]
    reasons: pd.DataFrame
    deliveries: pd.Series[int]
    orders: int
    segments: int
    credits: float
    credits_unknown: int
    countries: pd.DataFrame
    timeline: pd.DataFrame
    waits: pd.Series[float]

    # Given by `cards` and `pictures`, which are above: a pure room knows no looks.
    _repr_html_: ClassVar[Callable[[Any], str]]
    plot: ClassVar[Callable[..., Figure]]

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
            "deliveries": {shown_name(k): int(v) for k, v in self.deliveries.items()},
            "orders": self.orders,
            "segments": self.segments,
            "credits": self.credits,
            "credits_unknown": self.credits_unknown,
        }

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {status}" for status, count in self.statuses.items()) or "no rows"
        arrived = self.deliveries.get("DLVRD", 0)
        delivered = f", {arrived:,} delivered" if len(self.deliveries) else ""
        name = shown_name(self.campaign or "(no campaign)")
        return f"<smsframe.Summary {name}: {counts}{delivered}; {amount(self.credits)} credits>"


def summary(results: pd.DataFrame) -> Summary:
    """
    Summarise a frame that `smsframe.check`, `send`, `results` or `refresh` returned, or a part of one.

    Raises:
        ContactsError: The frame has no result columns.
    """
    results = complete(results)
    went = results[results["sms_status"].isin(["accepted", "scheduled"]).to_numpy()]
    counts = results["sms_status"].value_counts()
    return Summary(
        campaign=", ".join(results["sms_campaign"].dropna().unique()),
        rows=len(results),
        statuses=counts[counts > 0],
        reasons=reasons(results),
        deliveries=results["sms_delivery"].value_counts(),
        orders=int(results["sms_order_id"].nunique()),
        segments=int(went["sms_segments"].sum()),
        credits=float(went["sms_credits"].sum()),
        credits_unknown=int(went["sms_credits"].isna().sum()),
        countries=by_country(went),
        timeline=timeline(went, NEVER),
        waits=waits(went),
    )


def reasons(results: pd.DataFrame) -> pd.DataFrame:
    """Rows by status, code and reason, the most frequent first; a code's own reasons are counted apart."""
    said = results[["sms_status", "sms_code", "sms_reason"]][results["sms_code"].notna().to_numpy()]
    counted = said.astype(STRING).value_counts().rename("rows").reset_index()
    return counted.rename(columns=lambda name: str(name).removeprefix("sms_"))


def spreadsheet_safe(frame: pd.DataFrame) -> pd.DataFrame:
    """
    The frame with text cells that a spreadsheet would run as a formula made inert by an apostrophe.

    Numbers such as ``+39…`` or ``-5`` are left as they are; `smsframe.read_contacts` reads them back as
    text, and a leading apostrophe of a number is dropped on the way in.
    """
    safe = frame.copy()
    for place in range(frame.shape[1]):
        safe.isetitem(place, _inert(frame.iloc[:, place]).array)
    safe.columns = pd.Index(_inert(pd.Series(frame.columns, dtype=object)))
    levels = [frame.index.get_level_values(level) for level in range(frame.index.nlevels)]
    arrays = [_inert(pd.Series(level.array)).array for level in levels]
    names = _inert(pd.Series(frame.index.names, dtype=object)).tolist()
    safe.index = (
        pd.MultiIndex.from_arrays(arrays, names=names)
        if len(arrays) > 1
        else pd.Index(arrays[0], name=names[0])
    )
    return safe


def _inert(cells: pd.Series[Any]) -> pd.Series[Any]:
    """The cells, text among them that would run as a formula with an apostrophe in front."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(cells.cat.categories.dtype)
    if not (pd.api.types.is_string_dtype(cells.dtype) or pd.api.types.is_object_dtype(cells.dtype)):
        return cells
    text = cells.where(cells.isna(), cells.astype(str)).astype(STRING)
    risky = text.str.match(r"[=+\-@\t\r]") & ~text.str.fullmatch(r"[+\-]?[0-9 ().,/\-]+")
    risky = risky.fillna(value=False).astype(bool)
    return cells.astype(object).mask(risky, "'" + text.astype(object)) if risky.any() else cells


def complete(results: pd.DataFrame) -> pd.DataFrame:
    """
    The frame with all result columns, by name: those that it lacks are missing in every row.

    So it may be the frame of a check, which has four of them, or an export of an older version.

    Raises:
        ContactsError: It has no ``sms_status``, or a column holds what smsframe never wrote.
    """
    typed = require(results, ("sms_status",))
    lacking = [name for name in COLUMNS if name not in typed.columns]
    return typed.assign(**results_for(len(typed), tuple(lacking)).set_axis(typed.index))


def require(results: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """
    The frame with its result columns in their dtypes, whatever a file has made of them.

    Raises:
        ContactsError: A needed column is not there, or holds what smsframe never wrote.
    """
    missing = [name for name in columns if name not in results.columns]
    if missing:
        which = (
            "none of the result columns, sms_status and so on"
            if "sms_status" in missing and not any(name in results.columns for name in COLUMNS)
            else f"no {', '.join(missing)}"
        )
        raise ContactsError(
            f"this frame has {which}: use one that smsframe's check, send or results returned"
        )
    typed = {}
    for name in COLUMNS:
        if name in results.columns and results[name].dtype != DTYPES[name]:
            try:
                typed[name] = _typed(results[name], DTYPES[name])
            except (ValueError, TypeError):
                raise ContactsError(f"column {name} holds something that smsframe does not write") from None
    return results.assign(**typed)


def _typed(column: pd.Series[Any], dtype: Any) -> pd.Series[Any]:
    if dtype == INSTANT:
        return pd.to_datetime(column, utc=True, format="ISO8601").astype(INSTANT)
    if dtype in ("Int64", "Float64"):
        return pd.to_numeric(column).astype("Float64").astype(dtype)
    return column.astype(object).where(column.notna(), None).astype(dtype)
