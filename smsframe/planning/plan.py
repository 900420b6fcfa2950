"""
The `Plan`: what would be sent, to whom and for how much, seen before it is paid for.

Pure: a plan is a snapshot; looking at it asks nobody and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from smsframe.formatting import many
from smsframe.masking import shown_name
from smsframe.orders.batching import batch_numbers
from smsframe.outcomes.cards import RAMP, plan_card
from smsframe.outcomes.reasons import reasons
from smsframe.phones.match import keys
from smsframe.planning.balance import balance_words
from smsframe.planning.costs import costs_facts
from smsframe.planning.experiment_facts import experiment_facts, ramp_facts
from smsframe.planning.merge_values import fields_of, unpacked, with_fields
from smsframe.planning.pickled import packed, rebuilt
from smsframe.planning.plan_facts import (
    extreme,
    optouts_said,
    plan_facts,
    privacy_words,
    rules_said,
    supplied_plus,
    unknown_regions,
)
from smsframe.planning.previews import previewer_of
from smsframe.planning.problems import problems as find_problems
from smsframe.planning.savings import Cheaper, propose
from smsframe.planning.times import times_facts
from smsframe.texts import render

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import date

    from smsframe.contacts.policy import Policy
    from smsframe.orders.optouts import UsedList
    from smsframe.orders.ramp import RampState
    from smsframe.orders.terms import Terms
    from smsframe.planning.costs import PlannedCosts
    from smsframe.planning.times import PlannedTimes
    from smsframe.planning.variants import Messages, RowVariants


_BLOCK: Final = 2**17  # people whose texts are in memory at a time


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """
    What would be sent, seen before it is paid for; `smsframe.send` sends exactly this.

    Attributes:
        frame: The contacts with the result columns, one row per row; described by `PlannedSchema`.
        planned: `people` without ``fields`` and ``text``, which are made when they are asked for: texts take
            more memory than the table.
        field_values: What ``fields`` are made of: the merge values of all rows as text, by position.
        stands: Which rows, by position, carry the outcome of their number.
        texts: The text, or the texts of the variants of an experiment.
        campaign: The campaign's name, or None for a plan that cannot be sent.
        phone: The phone column; ``phone_guessed`` says whether smsframe chose it.
        terms: Quality, sender and time.
        batch_size: Recipients per order at most.
        repairs: How many numbers have which repair.
        suppressed: The numbers of the opt-outs.
        unknown_regions: What is no country in the region column, with ``rows`` and a ``suggestion``, where
            numbers were refused for it; or None.
        fixed: What ``text_fix=`` replaced, or None where it was not asked for.
        times: When each of the people is texted, seen from when the plan was made; None when all go out at
            once. Sending decides it anew.
        policy: The house rules it was made with, or None.
        costs: What its people are predicted to cost by the prices of the policy, and whom the budget covers;
            None without a policy. Sending decides it anew.
        variants: Of an experiment the variant of each row, and who is held out; or None.
        ramp: How far the ramp is with which it is sent, or None.
        balance: The credits of its type that were left when the gateway last said so; None as long as it did
            not. Sending asks anew.
        optouts: The lists of opt-outs that were read for it, each with how many people are on it. Sending
            reads them anew.
        valid_until: The last day of the opt-out list that it was given with one; later it is not sent.

    Example:
        >>> guests = pd.DataFrame({"name": ["Ada", "Zoë"], "mobile": ["+393471234567", "12"]})
        >>> guests.sms.plan("Ciao {name}", campaign="autumn", phone="mobile")
        <smsframe.Plan autumn: text 1 person, 1 segment, 1 credit, 1 order; 1 invalid>
    """

    frame: pd.DataFrame
    planned: pd.DataFrame
    field_values: pd.DataFrame
    stands: pd.Series[bool]
    texts: Messages
    campaign: str | None
    phone: Hashable
    phone_guessed: bool
    terms: Terms
    batch_size: int
    repairs: pd.Series[int]
    suppressed: pd.Index[Any]
    fixed: Cheaper | None = None
    unknown_regions: pd.DataFrame | None = None
    times: PlannedTimes | None = None
    policy: Policy | None = None
    costs: PlannedCosts | None = None
    variants: RowVariants | None = None
    ramp: RampState | None = None
    balance: float | None = None
    optouts: tuple[UsedList, ...] = ()
    valid_until: date | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        frames = {name: values.pop(name) for name in ("frame", "planned", "field_values")}
        return rebuilt, (Plan, *packed(**frames), values)

    @property
    def template(self) -> render.Template:
        """The parsed text; of an experiment that of its first variant."""
        return self.texts.first

    @property
    def sources(self) -> list[str]:
        """The text, or the texts of the variants, as they were written."""
        return [template.source for template in self.texts.all]

    @property
    def held_out(self) -> pd.Series[Any]:
        """The number of each person who is held out of the experiment, once."""
        phones = self.frame["sms_phone"].reset_index(drop=True)
        if self.variants is None:
            return phones.iloc[:0]
        held = phones[self.variants.held_out].dropna()
        return held[~pd.Series(keys(held), index=held.index).duplicated()]

    @property
    def people(self) -> pd.DataFrame:
        """
        One row per distinct recipient that can be texted: ``phone``, ``fields`` (the values of its fields),
        ``encoding``, ``units``, ``segments``, ``text``; the index is the row's position. With a column of
        times also ``schedule_at`` (UTC), with a column of zones ``zone``.
        """
        return self._with_texts(self.planned)

    @property
    def ready(self) -> pd.DataFrame:
        """The people this plan would text now: those of `people` without an outcome yet."""
        return self._with_texts(self.ready_people)

    @property
    def ready_people(self) -> pd.DataFrame:
        """`ready` without ``fields`` and ``text``."""
        rows = self.frame["sms_status"].eq("ready").to_numpy()[self.planned.index]
        return self.planned.copy(deep=False) if rows.all() else self.planned[rows]

    @property
    def recipients(self) -> int:
        """Distinct people who would be texted now."""
        return len(self.ready_people)

    @property
    def segments(self) -> int:
        """Segments that would be sent now."""
        return int(self.ready_people["segments"].sum())

    @property
    def credits(self) -> int:
        """Credits expected: one per segment; what is charged abroad or by other brands may differ."""
        return self.segments

    @property
    def already(self) -> int:
        """Distinct people of this plan who have an outcome in this campaign from before."""
        return int(
            self._statuses().isin(["accepted", "scheduled", "rejected", "unconfirmed", "cancelled"]).sum()
        )

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
        ready = self.ready_people
        if self.times is not None:
            ready = ready.assign(schedule=self.times.times["schedule"])
        return (
            ready.groupby(batch_numbers(ready, self.batch_size))
            .agg(encoding=("encoding", "first"), recipients=("phone", "size"), segments=("segments", "sum"))
            .rename_axis("batch")
        )

    @property
    def encodings(self) -> pd.Series[int]:
        """Recipients by encoding, ``gsm`` or ``ucs2``."""
        return self.ready_people["encoding"].value_counts()

    @property
    def ucs2(self) -> pd.Series[int]:
        """The characters that force UCS-2, with the number of recipients whose text has each, most first."""
        people = self.ready_people
        people = people[people["encoding"].eq("ucs2").to_numpy(dtype=bool)]
        blocks = (people.iloc[at : at + _BLOCK] for at in range(0, max(len(people), 1), _BLOCK))
        rows = pd.concat([render.not_gsm(self._with_texts(block)["text"]) for block in blocks])
        total: pd.Series[int] = rows.groupby(level=0).sum().sort_values(ascending=False, kind="stable")
        return total

    @property
    def longest(self) -> str | None:
        """The longest text anybody would get (most units), or None when nobody gets one."""
        return self._extreme("units", "segments")

    @property
    def dearest(self) -> str | None:
        """The most expensive text anybody would get (most segments), or None when nobody gets one."""
        return self._extreme("segments", "units")

    def cheaper(self, fix: str = "gsm") -> Cheaper:
        """
        What the texts would cost with the characters replaced that force them out of the GSM alphabet.

        Nothing changes by asking; ``text_fix=`` of `smsframe.plan` and `smsframe.send` replaces.

        Args:
            fix: ``gsm``: typography (quotes, dashes, ellipses, spaces, accents of their own, invisible
                characters, …). ``gsm+letters``: also letters lose accents that the alphabet lacks, ç to c.

        Returns:
            The proposal: every replacement, where, in how many texts, and the credits saved.

        Raises:
            ValueError: There is no such fix, or there are texts of several variants.

        Example:
            >>> people = pd.DataFrame({"mobile": ["+393471234567"], "name": ["Ada"]})
            >>> made = smsframe.plan(people, "Ciao {name}… " + "a presto! " * 9, phone="mobile")
            >>> made.cheaper()
            <smsframe.Cheaper text_fix='gsm': 1 credit instead of 2, 1 saved; 1 replacement>
        """
        if self.texts.several:
            raise ValueError("there are several texts: make a plan of each alone, and ask that one")
        ready = self.ready_people
        values = unpacked(fields_of(self.field_values, ready.index), self.template)
        return propose(self.template, values, len(ready), fix, previewer_of(self))

    def problems(self) -> pd.DataFrame:
        """
        The rows that need a hand, with what to do; see `smsframe.problems`, which also writes them to a file.

        Example:
            >>> guests = pd.DataFrame({"name": ["Ada", None], "mobile": ["12", "+393471234567"]})
            >>> plan = guests.sms.plan("Ciao {name}", campaign="autumn", phone="mobile")
            >>> plan.problems()[["sms_column", "sms_cell"]].fillna("-").to_numpy().tolist()
            [['mobile', '12'], ['name', '-']]
        """
        return find_problems(self.frame, phone=self.phone, templates=self.texts.all)

    def facts(self) -> dict[str, Any]:
        """
        What is displayed, as a plain dictionary: counts, and a few texts.

        What comes from the phone column, and what is the number of somebody in the table, is masked in the
        texts, unless inside `smsframe.reveal`; a date, a hotline and a link are not.

        Example:
            >>> guests = pd.DataFrame({"mobile": ["+393471234567"]})
            >>> guests.sms.plan("Ciao", campaign="autumn", phone="mobile").facts()["recipients"]
            1
        """
        return plan_facts(self, times=self._facts_of_times(), costs=self._facts_of_costs())

    def _repr_html_(self) -> str:
        return plan_card(self.facts())

    def __repr__(self) -> str:
        counts = ", ".join(f"{rows:,} {status}" for status, rows in self.counts.items() if status != "ready")
        parts = (
            many(self.recipients, "person", "people"),
            many(self.segments, "segment"),
            many(self.credits, "credit"),
            many(len(self.batches), "order"),
        )
        name = shown_name(self.campaign or "(no campaign)")
        facts = [f"text {', '.join(parts)}", counts]
        if unknown := unknown_regions(self.unknown_regions):
            facts.append(f"no country: {', '.join(unknown)}")
        if completed := supplied_plus(self.repairs):
            facts.append(f"a missing + supplied to {many(completed, 'number')}")
        times = self._facts_of_times()
        if self.terms.schedule is None:  # otherwise it is one time, which was given
            facts += times["said"]
        facts.append(times["night"])
        facts += experiment_facts(self)["said"]
        facts += [
            f"{name.lower()}: {said}" for name, said in zip(RAMP, ramp_facts(self)["said"], strict=False)
        ]
        facts += [*optouts_said(self), *rules_said(self), privacy_words(self)]
        facts += [*self._facts_of_costs()["said"], balance_words(self.balance, self.credits)]
        return f"<smsframe.Plan {name}: {'; '.join(filter(None, facts))}>"

    @property
    def later(self) -> bool:
        """Whether somebody goes out at a later time."""
        timed = self.terms.schedule is not None or self.terms.undo is not None
        return timed or bool(self._facts_of_times()["later"])

    @property
    def night(self) -> str:
        """What is to be said of a time that is at night where people are; empty when there is nothing."""
        return "" if self.times is None else self.times.night

    def _facts_of_times(self) -> dict[str, Any]:
        """When people are texted, as a plain dictionary, with the same in words (``said``)."""
        pending = self._statuses().eq("pending") & ~self.frame["sms_code"].isin(["budget", "ramp"])
        waits = pending.to_numpy()[self.planned.index]
        return times_facts(self.times, self.ready_people.index, self.planned.index[waits])

    def _facts_of_costs(self) -> dict[str, Any]:
        """What it costs, and by which policy, as a plain dictionary, with the same in words (``said``)."""
        return costs_facts(self.costs, None if self.policy is None else self.policy.file)

    def _statuses(self) -> pd.Series[Any]:
        return self.frame["sms_status"]

    def _extreme(self, measure: str, second_measure: str) -> str | None:
        person = extreme(self.ready_people, measure, second_measure)
        return None if person.empty else str(self._with_texts(person)["text"].iloc[0])

    def _with_texts(self, people: pd.DataFrame) -> pd.DataFrame:
        people = with_fields(people, self.field_values)
        return people.assign(text=self.texts.texts(people))
