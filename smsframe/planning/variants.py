"""
The texts of an experiment: one for each variant, none for the hold-out; and whose variant is which.

A person has one variant in a campaign: that of the journal, once it is there. Of one person's rows one that
is held out holds out all of them, otherwise the first one's variant is the person's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from smsframe.arrow import STRING, TEXT
from smsframe.contacts.columns import place
from smsframe.errors import ContactsError, TextError
from smsframe.masking import mask
from smsframe.orders.experiment import HOLD_OUT, normalized, variant_names
from smsframe.outcomes.codes import CODES
from smsframe.phones.cells import labels
from smsframe.phones.match import are_among, find, places
from smsframe.planning import merge_values
from smsframe.planning.parts import ALONE
from smsframe.texts import render
from smsframe.texts.replacements import fixed_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from smsframe.outcomes.join import Known
    from smsframe.planning.parts import OtherParts
    from smsframe.texts.template import Template

COLUMN = "sms_variant"


class TextsOfRows(NamedTuple):
    """
    What rows would be sent, by position.

    Attributes:
        code: Why a row cannot be texted, missing where it can.
        reason: The same as a sentence.
        field_values: The merge values as text, of which `fields_of` makes ``fields``: a column for each, or
            one for all of them where there are several texts.
        counted: The encoding, units and segments.
    """

    code: pd.Series[Any]
    reason: pd.Series[Any]
    field_values: pd.DataFrame
    counted: pd.DataFrame


class RowVariants(NamedTuple):
    """
    The variants of rows, by position.

    Attributes:
        names: The variant of each row, missing where it has none: that of its person.
        held_out: Which rows are of somebody who is held out.
        usable: Which rows could be texted, but for what their text says.
        other: The canonical numbers of people who have another variant in the journal, which stands, than a
            row of the table gives them; sorted.
        same: Of people who have the one that a row gives them; sorted.
        mixed: How many people have rows of several variants, and none in the journal.
        first_claim: Whether other rows of these people may be in parts that nobody asked, so that the first
            variant that is claimed stands.
    """

    names: pd.Series[Any]
    held_out: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    other: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    same: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    mixed: int = 0
    first_claim: bool = False

    @property
    def kept(self) -> int:
        """How many people have another variant in the journal, which stands, than the table gives them."""
        return len(np.setdiff1d(self.other, self.same))


@dataclass(frozen=True, slots=True)
class Messages:
    """
    What people read.

    Attributes:
        first: The text; of an experiment that of its first variant.
        by_variant: The text of each variant; empty where there is no experiment.
        several: Whether a text was given for each variant.
    """

    first: Template
    by_variant: Mapping[str, Template] = field(default_factory=dict)
    several: bool = False

    @classmethod
    def of(cls, message: str | Mapping[Any, str | None], longest: int) -> Messages:
        """
        The texts, parsed.

        Raises:
            TextError: One cannot be sent as written; the hold-out has one, or another variant has none.
        """
        if not isinstance(message, Mapping):
            return cls(render.parse(message, longest=longest))
        try:
            names = variant_names(message)
        except ValueError as error:
            raise TextError(str(error)) from None
        found = {}
        for name, text in zip(names, message.values(), strict=True):
            if name == HOLD_OUT and text is None:
                continue
            if name == HOLD_OUT or not isinstance(text, str):
                said = "gets no text" if name == HOLD_OUT else "needs a text"
                raise TextError(f"the variant {name!r} {said}: leave it out of text=, or correct it")
            found[name] = render.parse(text, longest=longest)
        if not found:
            raise TextError("text= has no variant with a text")
        return cls(next(iter(found.values())), found, several=True)

    @property
    def all(self) -> tuple[Template, ...]:
        """All texts, each once."""
        return tuple(dict.fromkeys([self.first, *self.by_variant.values()]))

    @property
    def sources(self) -> dict[str, str]:
        """The text of each variant as it was written."""
        return {name: template.source for name, template in self.by_variant.items()}

    def long_fields(self, contacts: pd.DataFrame) -> frozenset[str]:
        """The fields that a table does not write in short."""
        return frozenset().union(*(render.long_fields(template, contacts) for template in self.all))

    def agreed(self, contacts: pd.DataFrame, variants: pd.Series[Any] | None) -> Messages:
        """
        The texts of this table's variants.

        Raises:
            ContactsError: There are texts for variants, and no column of variants.
            TextError: A variant of the table has no text; or there is one text, and several variants.
        """
        if self.several and COLUMN not in contacts.columns:
            raise ContactsError(
                "text= has a text for each variant, and the table has no variants: "
                "smsframe.assign(contacts, [...], by=..., seed=...) gives each person one"
            )
        if variants is None:
            return self
        there = [str(name) for name in variants.dropna().unique() if name != HOLD_OUT]
        if self.several:
            if lacking := [name for name in there if name not in self.by_variant]:
                given = ", ".join(map(repr, self.by_variant))
                raise TextError(
                    f"the variant {mask(repr(lacking[0]))} has no text: text= has {given}. "
                    f"Who gets none for comparison is called {HOLD_OUT!r}"
                )
            return self
        if len(there) > 1:
            listed = ", ".join(mask(repr(name)) for name in sorted(there)[:5])
            raise TextError(
                f"the table has the variants {listed}, and "
                "there is one text: give text= a dict with the text of each, or leave the column "
                f"{COLUMN!r} out if this is no experiment"
            )
        return Messages(self.first, dict.fromkeys(there, self.first))

    def render(
        self, contacts: pd.DataFrame, names: pd.Series[Any] | None, fix: str | None, long: frozenset[str]
    ) -> TextsOfRows:
        """The texts of all rows; those of a row without a variant that needs one have a code for it."""
        if not self.several or names is None:
            whole = render.render(self.first, contacts, fix, long)
            code, reason = whole.code, whole.reason
            if names is not None:
                code, reason = self._coded(code, reason, names)
            return TextsOfRows(code, reason, whole.values, whole.counted)
        long |= self.long_fields(contacts)  # of a column it depends on all of its rows
        parts, places = [], []
        for name, template in self.by_variant.items():
            rows = np.flatnonzero(names.eq(name).fillna(value=False).to_numpy(dtype=bool))
            one = render.render(template, contacts.iloc[rows], fix, long)
            fields = merge_values.packed(one.values).to_frame("fields")
            parts.append(TextsOfRows(one.code, one.reason, fields, one.counted))
            places.append(rows)
        order = pd.Index(np.concatenate(places))
        index = pd.RangeIndex(len(contacts))

        def together(columns: list[Any]) -> Any:
            return pd.concat(columns, ignore_index=True).set_axis(order).reindex(index)

        code, reason, values, counted = (together([part[at] for part in parts]) for at in range(4))
        code, reason = self._coded(code, reason, names)
        return TextsOfRows(code, reason, values.astype(TEXT), counted)

    def _coded(
        self, code: pd.Series[Any], reason: pd.Series[Any], names: pd.Series[Any]
    ) -> tuple[pd.Series[Any], pd.Series[Any]]:
        """The codes and reasons of rows, with one for those whose variant has no text in this call."""
        # Of the journal's variants one may have none.
        without = ~names.isin([*self.by_variant, HOLD_OUT]).to_numpy(dtype=bool)
        sentence = CODES["missing_variant"]
        return code.mask(without, "missing_variant").astype(TEXT), reason.mask(without, sentence).astype(TEXT)

    def parts(self, people: pd.DataFrame) -> Iterator[tuple[Template, pd.DataFrame]]:
        """People (``fields`` and, of an experiment, ``variant``) by their text."""
        if not self.several:
            yield self.first, people
            return
        for name, template in self.by_variant.items():
            rows = people["variant"].eq(name).fillna(value=False).to_numpy(dtype=bool)
            if rows.any():
                yield template, people[rows]

    def texts(self, people: pd.DataFrame) -> pd.Series[Any]:
        """The texts of people (``fields`` and, of an experiment, ``variant``)."""
        found = [merge_values.texts(part["fields"], template) for template, part in self.parts(people)]
        if len(found) == 1 and len(found[0]) == len(people):
            return found[0]
        if not found:
            return pd.Series(pa.nulls(len(people), STRING), index=people.index, dtype=TEXT)
        # Labels are positions here: each is there once.
        together: pd.Series[Any] = pd.concat(found).reindex(people.index).astype(TEXT)
        return together


def fixed(messages: Messages, fix: str) -> Messages:
    """
    The text with its characters replaced (``text_fix=``).

    Raises:
        ValueError: There are several texts: each is to be corrected where it is written.
    """
    if messages.several:
        raise ValueError(
            "text_fix= replaces characters of one text, and there is one for each variant: make a plan of "
            "each text alone, and see what its .cheaper() replaces"
        )
    return replace(messages, first=fixed_template(messages.first, fix))


def table_variants(
    contacts: pd.DataFrame, known: Known | None = None, *, elsewhere: bool = False
) -> pd.Series[Any] | None:
    """
    The variant of each row, by position; None where this is no experiment.

    A column that is empty is one of an experiment where another part of the table has variants
    (``elsewhere``), or the campaign has them in the journal.
    """
    if COLUMN not in contacts.columns:
        return None
    column = normalized(labels(contacts.iloc[:, place(contacts, COLUMN)]))
    journalled = known is not None and bool(known.people["variant"].notna().any())
    if column.null_count == len(column) and not (elsewhere or journalled):
        return None
    return pd.Series(column, dtype=TEXT)


def row_variants(
    names: pd.Series[Any], judged: pd.DataFrame, known: Known | None, others: OtherParts = ALONE
) -> RowVariants:
    """
    The variants of rows whose numbers were judged.

    Args:
        names: Those of the table.
        judged: As from `smsframe.planning.check.judge`.
        known: What the journal knows of the campaign, whose variants stand.
        others: What is known of the other parts of the table.
    """
    persons, there = judged["person"].to_numpy(), judged["phone"].notna().to_numpy()
    usable = judged["status"].eq("ready").to_numpy()
    given = names.fillna("").astype(object).to_numpy()
    named = there & (given != "")
    wanted = given.copy()
    for rows, name in _of_person(persons, given, named, usable):
        wanted[rows] = name
    if len(others.assigned):
        place = places(persons, others.assigned)
        elsewhere = named & (place >= 0)
        wanted[elsewhere] = others.variant_of[place[elsewhere]]
    held = np.union1d(persons[there & (given == HOLD_OUT)], others.held_out)
    wanted[there & are_among(persons, held)] = HOLD_OUT
    mixed = named & (given != wanted)
    other = same = persons[:0]
    if known is not None and len(known.people):
        place_there = find(judged["phone"], known.people["phone"])
        journalled = known.people["variant"].fillna("").astype(object).take(place_there.clip(0)).to_numpy()
        found = (place_there >= 0) & (journalled != "") & (named | (journalled == HOLD_OUT))
        other = np.unique(persons[found & named & (given != journalled)])
        same = np.unique(persons[found & named & (given == journalled)])
        wanted, mixed = np.where(found, journalled, wanted), mixed & ~found
    result = pd.Series(normalized(pa.array(wanted, STRING)), dtype=TEXT)
    held_out = result.eq(HOLD_OUT).fillna(value=False).to_numpy(dtype=bool)
    number = len(np.unique(persons[mixed]))
    return RowVariants(result, held_out, usable, other, same, number, first_claim=not others.asked)


def _of_person(
    persons: NDArray[np.int64], given: NDArray[Any], named: NDArray[np.bool_], usable: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.bool_], NDArray[Any]]]:
    """Rows of people with rows of several variants, and the variant of each of these people."""
    pairs = pd.DataFrame({"person": persons[named], "name": given[named]}).drop_duplicates()
    several = np.unique(pairs["person"][pairs["person"].duplicated()].to_numpy())
    if not len(several):
        return
    rows = named & are_among(persons, several)
    mixed = pd.DataFrame({"person": persons[rows], "name": given[rows], "later": ~usable[rows]})
    mixed["text"] = mixed["name"].ne(HOLD_OUT)
    first = mixed.sort_values(["text", "later"], kind="stable").drop_duplicates("person")
    yield rows, first.set_index("person")["name"].loc[mixed["person"]].to_numpy()


def held_persons(variants: RowVariants | None, judged: pd.DataFrame) -> NDArray[np.int64]:
    """The canonical numbers of people who are held out, sorted, once each."""
    if variants is None:
        return np.empty(0, dtype=np.int64)
    rows = variants.held_out & judged["phone"].notna().to_numpy()
    found: NDArray[np.int64] = np.unique(judged["person"].to_numpy()[rows])
    return found


def assigned_persons(
    variants: RowVariants | None, judged: pd.DataFrame
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """The canonical number of everybody who has a variant, in the order of rows, and that variant."""
    if variants is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    rows = variants.usable & variants.names.notna().to_numpy()
    first = ~pd.Series(persons := judged["person"].to_numpy()[rows]).duplicated().to_numpy()
    return persons[first], variants.names.astype(object).to_numpy()[rows][first]
