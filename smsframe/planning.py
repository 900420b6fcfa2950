"""
From a table and a text to a `Plan`: who gets what, in which orders, for how many credits, and who not.

Pure and free: a plan is a snapshot that can be looked at, shown and sent; making it asks nobody and
changes nothing. What the journal already knows of the campaign is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from smsframe import phones, schema, text
from smsframe.columns import find_phone
from smsframe.masking import shown, shown_name
from smsframe.order import FIELD_SEPARATOR, Terms, agree, cut, named
from smsframe.outcomes import join, note_other_texts, still_to_send
from smsframe.reasons import many
from smsframe.summaries import reasons

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from smsframe.outcomes import Known


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """
    What would be sent, seen before it is paid for; `smsframe.send` sends exactly this.

    Attributes:
        frame: The contacts with the result columns, one row per row; described by `PlannedSchema`.
        people: One row per distinct recipient that can be texted: ``phone``, ``fields`` (the merge
            values), ``encoding``, ``units``, ``segments``, ``text``; the index is the row's position.
        stands: Which rows, by position, stand for their number.
        template: The parsed text.
        campaign: The campaign's name, or None for a plan that is only looked at.
        phone: The phone column; ``phone_guessed`` says whether smsframe chose it.
        terms: Quality, sender and time.
        batch_size: Recipients per order at most.
        repairs: Numbers by the repair that was made.
        suppressed: The numbers on the suppression list.

    Example:
        >>> guests = pd.DataFrame({"name": ["Ada", "Zoë"], "mobile": ["+393471234567", "12"]})
        >>> guests.sms.plan("Ciao {name}", campaign="autumn", phone="mobile")
        <smsframe.Plan autumn: text 1 person, 1 segment, 1 credit, 1 order; 1 invalid>
    """

    frame: pd.DataFrame
    people: pd.DataFrame
    stands: pd.Series[bool]
    template: text.Template
    campaign: str | None
    phone: Hashable
    phone_guessed: bool
    terms: Terms
    batch_size: int
    repairs: pd.Series[int]
    suppressed: pd.Index[Any]

    _repr_html_: ClassVar[
        Callable[[Any], str]
    ]  # given by `cards`, which is above: a pure room knows no looks

    @property
    def ready(self) -> pd.DataFrame:
        """The people this plan would text now: those of `people` without an outcome yet."""
        rows = self.frame["sms_status"].eq("ready").to_numpy()
        return self.people[rows[self.people.index]]

    @property
    def recipients(self) -> int:
        """Distinct people who would be texted now."""
        return len(self.ready)

    @property
    def segments(self) -> int:
        """Segments that would be sent now."""
        return int(self.ready["segments"].sum())

    @property
    def credits(self) -> int:
        """Credits expected: one per segment; what is charged abroad or by other brands may differ."""
        return self.segments

    @property
    def already(self) -> int:
        """Distinct people of this plan who have an outcome in this campaign from before."""
        return int(self._statuses().isin(["accepted", "scheduled", "rejected", "unconfirmed"]).sum())

    @property
    def counts(self) -> pd.Series[int]:
        """Rows by status, only those that occur."""
        counts = self._statuses().value_counts()
        return counts[counts > 0]

    @property
    def reasons(self) -> pd.DataFrame:
        """A frame ``status``, ``code``, ``reason``, ``rows``: why rows are skipped."""
        return reasons(self.frame)

    @property
    def batches(self) -> pd.DataFrame:
        """The orders this would be cut into: ``encoding``, ``recipients``, ``segments``; one row each."""
        ready = self.ready
        return (
            ready.groupby(cut(ready, self.batch_size))
            .agg(encoding=("encoding", "first"), recipients=("phone", "size"), segments=("segments", "sum"))
            .rename_axis("batch")
        )

    @property
    def encodings(self) -> pd.Series[int]:
        """Recipients by encoding, ``gsm`` or ``ucs2``."""
        return self.ready["encoding"].value_counts()

    @property
    def ucs2(self) -> pd.Series[int]:
        """The characters that force UCS-2, with how many recipients pay for each, the dearest first."""
        ready = self.ready
        return text.not_gsm(ready["text"][ready["encoding"].eq("ucs2")])

    @property
    def longest(self) -> str | None:
        """The longest text anybody would get (most units), or None when nobody gets one."""
        return self._extreme(["units", "segments"])

    @property
    def dearest(self) -> str | None:
        """The most expensive text anybody would get (most segments), or None when nobody gets one."""
        return self._extreme(["segments", "units"])

    def facts(self) -> dict[str, Any]:
        """
        What is displayed, as a plain dictionary: counts, and a few texts with phone numbers masked.

        Numbers are whole inside `smsframe.reveal`.

        Example:
            >>> guests = pd.DataFrame({"mobile": ["+393471234567"]})
            >>> guests.sms.plan("Ciao", campaign="autumn", phone="mobile").facts()["recipients"]
            1
        """
        examples = list(dict.fromkeys(self.ready["text"].head(3)))
        return {
            "campaign": self.campaign and shown_name(self.campaign),
            "phone": shown_name(self.phone),
            "phone_guessed": self.phone_guessed,
            "rows": len(self.frame),
            "recipients": self.recipients,
            "already": self.already,
            "segments": self.segments,
            "credits": self.credits,
            "counts": {str(k): int(v) for k, v in self.counts.items()},
            "reasons": [{**row, "reason": shown(row["reason"])} for row in self.reasons.to_dict("records")],
            "batches": len(self.batches),
            "encodings": {str(k): int(v) for k, v in self.encodings.items()},
            "ucs2": {str(k): int(v) for k, v in self.ucs2.head(5).items()},
            "repairs": {phones.REPAIRS.get(str(k), str(k)): int(v) for k, v in self.repairs.items()},
            "template": shown(self.template.source),
            "examples": [shown(example) for example in examples],
            "longest": shown(self.longest or ""),
            "dearest": shown(self.dearest or ""),
            "message_type": self.terms.message_type,
            "sender": self.terms.sender and shown_name(self.terms.sender),
            "schedule": self.terms.schedule.isoformat() if self.terms.schedule else None,
        }

    def __repr__(self) -> str:
        counts = ", ".join(f"{rows:,} {status}" for status, rows in self.counts.items() if status != "ready")
        what = (
            many(self.recipients, "person", "people"),
            many(self.segments, "segment"),
            many(self.credits, "credit"),
            many(len(self.batches), "order"),
        )
        name = shown_name(self.campaign or "(no campaign)")
        return f"<smsframe.Plan {name}: text {', '.join(what)}{'; ' + counts if counts else ''}>"

    def _statuses(self) -> pd.Series[Any]:
        return self.frame["sms_status"]

    def _extreme(self, by: list[str]) -> str | None:
        ready = self.ready
        if ready.empty:
            return None
        return str(ready.sort_values(by, ascending=False, kind="stable")["text"].iloc[0])


def plan(
    contacts: pd.DataFrame,
    message: str,
    *,
    campaign: str | None = None,
    phone: Hashable | None = None,
    region: Hashable | None = None,
    numbers: str = "mobile",
    schema_: type[schema.ContactsSchema] | None = None,
    sender: str | None = None,
    quality: str = "high",
    message_type: str | None = None,
    schedule: datetime | None = None,
    suppressed: pd.Index[Any] | None = None,
    max_segments: int | None = None,
    batch_size: int = 1000,
    journalled: Known | None = None,
) -> Plan:
    """
    Make the plan; see `smsframe.plan`. ``suppressed`` and ``journalled`` are what the faces looked up.

    Raises:
        ContactsError: The table cannot be read.
        TextError: The template cannot be used with this table.
        ValueError: A parameter makes no sense; the sentence says which and what would.
    """
    _whole(batch_size=batch_size, max_segments=max_segments)
    if campaign is not None and not (
        isinstance(campaign, str) and campaign.strip() and campaign.isprintable()
    ):
        raise ValueError("campaign= must be a name of printable characters, such as 'autumn'")
    campaign = campaign and named(campaign)
    terms = agree(quality, message_type, sender, schedule)
    template = text.parse(message)
    label, guessed = find_phone(contacts, phone)
    judged = schema.judge(
        contacts, phone=label, region=region, numbers=numbers, schema=schema_, suppressed=suppressed
    )
    rendered = text.render(template, contacts)
    fields = _packed(rendered.values)
    counted = text.segments(rendered.texts)
    possible = judged["phone"].notna() & judged["status"].isin(["ready", "suppressed"])
    schema.refuse(judged, rendered.code.notna(), "invalid", rendered.code, rendered.reason)
    code, why = _too_much(counted, quality, max_segments)
    schema.refuse(judged, code.notna(), "invalid", code, why)
    schema.mark_duplicates(judged, rendered.texts)
    ready = judged["status"].eq("ready")
    results = schema.results_for(
        len(contacts),
        sms_campaign=campaign,
        sms_phone=judged["phone"],
        sms_status=judged["status"],
        sms_code=judged["code"],
        sms_reason=judged["reason"],
        sms_segments=counted["segments"].where(ready),
    )
    people = pd.DataFrame(
        {
            "phone": judged["phone"],
            "fields": fields,
            "encoding": counted["encoding"].astype(schema.STRING),
            "units": counted["units"],
            "segments": counted["segments"],
            "text": rendered.texts,
        }
    )[ready]
    # A number's outcome belongs to the row that would be texted; failing that, to its first possible row.
    order = judged["phone"][possible & ~judged["status"].eq("duplicate")]
    order = order.loc[ready.loc[order.index].sort_values(ascending=False, kind="stable").index]
    stands = pd.Series(judged.index.isin(order.drop_duplicates().index), index=judged.index)
    if journalled is not None and campaign is not None:
        sent = journalled.people[~still_to_send(journalled, terms, template.source)]
        results = join(results, journalled._replace(people=sent), campaign, stands, run="")
        results = note_other_texts(results, journalled, template.source, people)
    repairs = judged["repair"][judged["phone"].notna()].dropna().str.split(",").explode().value_counts()
    return Plan(
        frame=schema.attach(contacts, schema.PlannedSchema.validate(results)),
        people=people,
        stands=stands,
        template=template,
        campaign=campaign,
        phone=label,
        phone_guessed=guessed,
        terms=terms,
        batch_size=batch_size,
        repairs=repairs,
        suppressed=pd.Index([]) if suppressed is None else suppressed,
    )


def _packed(values: pd.DataFrame) -> pd.Series[Any]:
    """The merge values of each row as one text, missing where there are none."""
    if not len(values.columns):
        return pd.Series(pd.NA, index=values.index, dtype=schema.STRING)
    first, *others = (values[name] for name in values.columns)
    return first.str.cat(pd.concat(others, axis=1), sep=FIELD_SEPARATOR) if others else first


def _too_much(
    counted: pd.DataFrame, quality: str, max_segments: int | None
) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Code and reason of texts over the gateway's limits or the caller's; missing where fine."""
    limits = counted["encoding"].astype(object).map(text.MAX_UNITS)
    if quality != "high":
        limits = limits.clip(upper=text.LOW_QUALITY_MAX)
    units = counted["units"].astype("Float64")
    code = pd.Series(None, index=counted.index, dtype=object)
    code = code.mask((units > limits.astype("Float64")).fillna(value=False), "text_too_long")
    reason = "the text has " + counted["units"].astype(schema.STRING) + " characters as the gateway counts; "
    reason += "it takes " + limits.astype("Int64").astype(schema.STRING)
    if max_segments is not None:
        over = counted["segments"].gt(max_segments).fillna(value=False) & code.isna()
        code = code.mask(over, "too_many_segments")
        segments = "the text needs " + counted["segments"].astype(schema.STRING) + " segments; "
        reason = reason.mask(over, segments + f"max_segments is {max_segments}")
    return code, reason


def _whole(**numbers: int | None) -> None:
    for name, number in numbers.items():
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
            raise ValueError(f"{name}={number!r} must be a whole number of at least 1")
