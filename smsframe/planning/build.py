"""
Makes a `Plan` of a table and a text: who gets what, in which orders, for how many credits, and who does not.

Pure and free: a plan is a snapshot that can be shown and sent; making it asks nobody and changes nothing.
What the journal already knows of the campaign is handed in.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe.arrow import STRING, TEXT, in_same_memory
from smsframe.contacts.columns import find_phone, place
from smsframe.contacts.optout_text import with_optout_text
from smsframe.contacts.policy import costs_of
from smsframe.orders.names import normalize_name
from smsframe.orders.profile import SMSEND
from smsframe.outcomes import columns
from smsframe.outcomes.codes import sentences
from smsframe.outcomes.join import carried, join, still_to_send
from smsframe.outcomes.other_texts import note_other_texts
from smsframe.phones.match import are_among, different
from smsframe.planning import savings
from smsframe.planning.check import count_repairs, judge, mark_duplicates, refuse, regions_unknown
from smsframe.planning.consent import kept_consent
from smsframe.planning.costs import plan_costs, wait_for_budget
from smsframe.planning.erased_people import refuse_erased
from smsframe.planning.experiment_facts import ramp_state, wait_for_stage
from smsframe.planning.frequency import within_cap
from smsframe.planning.merge_values import fields_of
from smsframe.planning.parts import ALONE
from smsframe.planning.plan import Plan
from smsframe.planning.previews import Previewer
from smsframe.planning.times import check_number_of_orders, passed_reasons, plan_times, read_own_times
from smsframe.planning.variants import Messages, RowVariants, fixed, row_variants, table_variants
from smsframe.texts import render

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from smsframe.orders.profile import GatewayProfile
    from smsframe.orders.ramp import RampState
    from smsframe.orders.records import Now
    from smsframe.orders.terms import Terms
    from smsframe.outcomes.join import Known
    from smsframe.planning.check import BarredPeople
    from smsframe.planning.erased_people import ErasedReasons
    from smsframe.planning.frequency import TextedBetween
    from smsframe.planning.options import PlanOptions
    from smsframe.planning.parts import OtherParts
    from smsframe.planning.times import OwnTimes


class JudgedRows(NamedTuple):
    """
    Rows that were judged by themselves, by position.

    Attributes:
        judged: As from `smsframe.planning.check.judge`, with what is wrong with texts and times.
        possible: Which have a number that was fine before its text was looked at.
        field_values: As in `smsframe.planning.variants.TextsOfRows`.
        counted: The encoding, units and segments of the texts.
        messages: The texts, as they are sent.
        variants: Of an experiment, those of the rows.
        own_times: Times and zones row by row.
        original: The text as it was given.
        terms: Quality, sender and time.
        phone: The phone column.
        phone_guessed: Whether it was guessed.
        consent: What is to be kept of each row's consent, or None.
    """

    judged: pd.DataFrame
    possible: pd.Series[bool]
    field_values: pd.DataFrame
    counted: pd.DataFrame
    messages: Messages
    variants: RowVariants | None
    own_times: OwnTimes
    original: render.Template
    terms: Terms
    phone: Hashable
    phone_guessed: bool
    consent: pd.Series[Any] | None = None

    def texts(self, rows: Any) -> pd.Series[Any]:
        """The texts of some rows, by position."""
        people = fields_of(self.field_values, pd.Index(rows)).to_frame("fields")
        if self.variants is not None:
            people["variant"] = self.variants.names.iloc[rows]
        return self.messages.texts(people.reset_index(drop=True)).set_axis(people.index)


def plan(
    contacts: pd.DataFrame,
    message: str | Mapping[Any, str | None],
    options: PlanOptions,
    *,
    suppressed: pd.Index[Any] | None = None,
    barred: BarredPeople | None = None,
    texted: TextedBetween | None = None,
    erased: ErasedReasons | None = None,
    journalled: Known | None = None,
    profile: GatewayProfile = SMSEND,
    now: Now,
    others: OtherParts = ALONE,
    ramp: RampState | None = None,
) -> Plan:
    """
    Make the plan; see `smsframe.plan`.

    Args:
        contacts: The table.
        message: What people read; of an experiment the text of each variant.
        options: The keywords of the call.
        suppressed: The opt-outs, as they were read from ``options.suppress``.
        barred: Who of some people may not be texted, by the lists of the account.
        texted: Whom the account texted between two instants.
        erased: Says of numbers whose people were erased why they may not be texted.
        journalled: What the journal knows of the campaign, or None.
        profile: That of the gateway it is for.
        now: What the clocks show, for times and hours.
        others: What is known of the other parts of the table, where these contacts are one of several.
        ramp: How far the ramp of the campaign is by the journal, or None.

    Raises:
        ContactsError: The table cannot be read.
        TextError: The template cannot be used with this table.
        ValueError: The sender is not usable, or not at that quality.
    """
    rows = judge_rows(
        contacts,
        message,
        options,
        suppressed=suppressed,
        barred=barred,
        erased=erased,
        profile=profile,
        now=now,
        others=others,
        known=journalled,
    )
    judged, counted, messages = rows.judged, rows.counted, rows.messages
    variants, template = rows.variants, rows.messages.first
    terms, own_times, possible = rows.terms, rows.own_times, rows.possible
    campaign, text_fix = options.campaign and normalize_name(options.campaign), options.text_fix
    mark_duplicates(judged, rows.texts, others, units=counted["units"])
    ready = judged["status"].eq("ready")
    phones, segments = judged["phone"], counted["segments"]
    if not ready.all():
        phones, counted = phones[ready], counted[ready]
    given = {name: column for name, column in own_times._asdict().items() if column is not None}
    if rows.consent is not None:
        given["consent"] = rows.consent
    planned = pd.DataFrame(
        {
            "phone": phones,
            "encoding": _as_text(counted["encoding"]),
            "units": counted["units"],
            "segments": counted["segments"],
            **{name: column.loc[phones.index] for name, column in given.items()},
        }
    )
    if variants is not None:
        planned["variant"] = variants.names.loc[phones.index]
    times = plan_times(planned, terms, now)
    if times is not None:
        if own_times.schedule_at is not None:
            orders = planned.assign(schedule=times.times["schedule"])
            check_number_of_orders(orders, options.batch_size, options.schedule)
        waits = times.times["code"].reindex(judged.index)
        why = sentences(waits) + ": " + times.times["reason"].reindex(judged.index)
        refuse(judged, waits.notna(), "pending", waits, why)
    results = columns.results_for(
        len(contacts),
        columns.PLANNED,
        sms_status=judged["status"],
        sms_reason=judged["reason"],
        sms_phone=judged["phone"],
        sms_code=judged["code"],
        sms_segments=segments.where(ready),
    )
    carriers = carriers_of(judged, ready, possible, others)
    if journalled is not None and campaign is not None:
        sent = journalled.people[~still_to_send(journalled, terms, [one.source for one in messages.all])]
        known = journalled._replace(people=sent)
        place = carried(results["sms_phone"], known, carriers)
        results = join(results, known, campaign, place, run="")
        texts = messages.sources or template.source
        results = note_other_texts(results, journalled, texts, planned, partial(fields_of, rows.field_values))
    if texted is not None:
        results, planned = within_cap(results, planned, times, terms, options.policy, texted, now)
    budget = costs_of(options.policy, profile, planned["segments"])
    costs = plan_costs(planned, results, terms.message_type, budget, journalled, others)
    results = wait_for_budget(results, planned, costs, journalled)
    state = ramp_state(options.ramp, ramp)
    results = wait_for_stage(results, state, campaign)
    fixed_texts = None
    if text_fix is not None:
        ready_now = contacts[results["sms_status"].eq("ready").to_numpy()]
        values = render.merged(rows.original, ready_now, others.long)
        previewer = Previewer(contacts[rows.phone], results["sms_phone"])
        fixed_texts = savings.propose(rows.original, values, len(ready_now), text_fix, previewer)
    return Plan(
        frame=columns.attach(contacts, columns.validated("PlannedSchema", results)),
        planned=planned,
        field_values=rows.field_values,
        stands=carriers,
        texts=messages,
        campaign=campaign,
        phone=rows.phone,
        phone_guessed=rows.phone_guessed,
        terms=terms,
        batch_size=min(options.batch_size, profile.max_recipients or options.batch_size),
        repairs=count_repairs(judged),
        suppressed=pd.Index([]) if suppressed is None else suppressed,
        fixed=fixed_texts,
        unknown_regions=regions_unknown(contacts, options.region, judged["code"]),
        times=times,
        policy=options.policy,
        costs=costs,
        variants=variants,
        ramp=state,
    )


def judge_rows(
    contacts: pd.DataFrame,
    message: str | Mapping[Any, str | None],
    options: PlanOptions,
    *,
    suppressed: pd.Index[Any] | None = None,
    barred: BarredPeople | None = None,
    erased: ErasedReasons | None = None,
    profile: GatewayProfile = SMSEND,
    now: Now,
    others: OtherParts = ALONE,
    known: Known | None = None,
) -> JudgedRows:
    """
    Judge each row by itself, its text included; duplicates are not marked yet.

    ``known``: what the journal knows of the campaign, whose variants stand.

    Raises:
        ContactsError, TextError, ValueError: As `plan`.
    """
    terms, text_fix = options.terms(profile), options.text_fix
    limits = profile.message_type(options.quality, options.message_type).limits()
    messages = Messages.of(with_optout_text(message, options.policy), profile.longest)
    original, names = messages.first, table_variants(contacts, known, elsewhere=others.variants)
    messages = messages if text_fix is None else fixed(messages, text_fix)
    label, guessed = find_phone(contacts, options.phone)
    judged = judge(
        contacts,
        phone=label,
        region=options.region,
        numbers=options.numbers,
        schema=options.schema,
        suppressed=suppressed,
        barred=barred,
        allowed=None if options.policy is None else options.policy.allowed,
        others=others,
    )
    judged["phone"] = in_same_memory(judged["phone"], contacts.iloc[:, place(contacts, label)])
    refuse_erased(judged, erased)
    consent = kept_consent(judged, contacts, options.policy)
    own_times = read_own_times(contacts, options.schedule)
    variants = None if names is None else row_variants(names, judged, known, others)
    messages = messages.agreed(contacts, names)
    names = None if variants is None else variants.names
    if names is None and messages.several:  # a part of a table, of whose rows none has a variant
        names = pd.Series(pd.NA, index=judged.index, dtype=TEXT)
        nobody = np.zeros(len(judged), dtype=bool)
        variants = RowVariants(names, nobody, nobody)
    rendered = messages.render(contacts, names, text_fix, others.long)
    counted = rendered.counted
    if variants is not None:
        refuse(judged, variants.held_out, "suppressed", "held_out")
    possible = judged["phone"].notna() & judged["status"].ne("invalid")
    if rendered.code.notna().any():
        refuse(judged, rendered.code.notna(), "invalid", rendered.code, rendered.reason)
    for code, rows, reason in _over_limits(counted, limits, options.max_segments):
        refuse(judged, rows, "invalid", code, reason)
    if own_times.schedule_at is not None:
        refuse(judged, own_times.schedule_at.isna(), "invalid", "missing_time")
        passed = own_times.schedule_at.le(now.latest)
        refuse(judged, passed, "invalid", "time_passed", passed_reasons(own_times.schedule_at))
    return JudgedRows(
        judged=judged,
        possible=possible,
        field_values=rendered.field_values,
        counted=counted,
        messages=messages,
        variants=variants,
        own_times=own_times,
        original=original,
        terms=terms,
        phone=label,
        phone_guessed=guessed,
        consent=consent,
    )


def carriers_of(
    judged: pd.DataFrame, ready: pd.Series[bool], possible: pd.Series[bool], others: OtherParts = ALONE
) -> pd.Series[bool]:
    """
    Which rows carry the outcome of their number: the row that would be texted; where there is none, the first
    row with the number that is possible.
    """
    carriers = ready.to_numpy(dtype=bool, copy=True)
    person = judged["person"].to_numpy()
    rest = np.flatnonzero(possible & ~ready & ~judged["status"].eq("duplicate"))
    for texted in (person[carriers], others.elsewhere, others.repeated):
        rest = rest[~are_among(person[rest], texted)]
    carriers[rest[different(judged["phone"].iloc[rest], person[rest])]] = True
    return pd.Series(carriers, index=ready.index)


def _as_text(encoding: pd.Series[Any]) -> pd.Series[Any]:
    """A categorical as text, by Arrow: pandas looks up each row's category in Python."""
    codes = encoding.cat.codes.to_numpy()
    names = pa.array(encoding.cat.categories, STRING).take(pa.array(codes, mask=codes < 0))
    return pd.Series(names, index=encoding.index, dtype=TEXT)


def _over_limits(
    counted: pd.DataFrame, limits: dict[str, int], max_segments: int | None
) -> Iterator[tuple[str, pd.Series[bool], pd.Series[Any]]]:
    """Code, rows and reasons of texts over the gateway's limits, and then the caller's."""
    if counted["units"].gt(min(limits.values())).any():  # few tables have a text so long
        limit = counted["encoding"].map(limits).astype("Int64")
        over = counted["units"].gt(limit).fillna(value=False)
        units, maximum_units = (number[over].astype(TEXT) for number in (counted["units"], limit))
        sentences = "text has " + units + " characters; the gateway takes " + maximum_units
        yield "text_too_long", over, sentences.reindex(counted.index)
    if max_segments is None:
        return
    over = counted["segments"].gt(max_segments).fillna(value=False)
    if over.any():
        needed = counted["segments"][over].astype(TEXT)
        sentences = "text needs " + needed + f" segments; max_segments is {max_segments}"
        yield "too_many_segments", over, sentences.reindex(counted.index)
