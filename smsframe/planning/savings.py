"""
What a text would cost in the GSM alphabet: each replacement, where, and what it saves.

A proposal changes nothing. It is made as a plan with ``text_fix=`` is, so it says what would be sent; and a
plan with ``text_fix=`` has it as the list of what was replaced.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.formatting import many
from smsframe.masking import mask
from smsframe.outcomes.cards import cheaper_card
from smsframe.texts import render, replacements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from smsframe.planning.previews import Previewer
    from smsframe.texts.template import Field, Template


@dataclass(frozen=True, slots=True, repr=False)
class Cheaper:
    """
    What replacing characters outside the GSM alphabet would save; nothing is replaced by looking at it.

    Attributes:
        fix: What to give as ``text_fix=`` to get exactly this: ``gsm`` or ``gsm+letters``.
        people: Distinct people whose text would cost fewer credits.
        credits_before: Credits of all texts as they are.
        credits_after: Credits with the replacements.
        replacements: A row per character and place, the largest saving first: ``kind``, ``field`` (the column
            of the merge field; missing for the text itself), ``before``, ``after``, ``name`` (in Unicode),
            ``rows`` (people whose text it is in), ``credits`` (saved on their texts, so that a text with two
            replacements counts for both).
        changed: Every value of a merge field that would change: ``field``, ``before``, ``after`` (numbers
            of people in the table masked), ``rows``.
        left: The characters for which texts of several segments would still go as UCS-2, with how many
            texts have each.
        example: The first text that would cost less, before and after, with their numbers masked, or None.
    """

    fix: str
    people: int
    credits_before: int
    credits_after: int
    replacements: pd.DataFrame
    changed: pd.DataFrame
    left: pd.Series[int]
    example: tuple[str, str] | None

    @property
    def saved(self) -> int:
        """Credits saved in all."""
        return self.credits_before - self.credits_after

    def to_frame(self) -> pd.DataFrame:
        """The replacements, as a frame of your own."""
        return self.replacements.copy()

    def facts(self) -> dict[str, Any]:
        """What is displayed, as a plain dictionary: characters, counts, a few texts with numbers masked."""
        rows = self.replacements.astype(object).where(self.replacements.notna(), None)
        return {
            "fix": self.fix,
            "people": self.people,
            "credits_before": self.credits_before,
            "credits_after": self.credits_after,
            "saved": self.saved,
            "replacements": [
                {str(k): mask(v) if k == "field" and v else v for k, v in row.items()}
                for row in rows.to_dict("records")
            ],
            "changed": self.changed.head(5).to_dict("records"),
            "values": len(self.changed),
            "left": {str(k): int(v) for k, v in self.left.head(5).items()},
            "example": self.example,
        }

    def _repr_html_(self) -> str:
        return cheaper_card(self.facts())

    def __repr__(self) -> str:
        cost = (
            f"{many(self.credits_after, 'credit')} instead of {self.credits_before:,}, {self.saved:,} saved"
        )
        return (
            f"<smsframe.Cheaper text_fix={self.fix!r}: {cost}; {many(len(self.replacements), 'replacement')}>"
        )


def propose(
    template: Template, values: dict[Field, Any], rows: int, fix: str, previewer: Previewer
) -> Cheaper:
    """
    What a fix would change in these texts, and save.

    Args:
        template: The text as it is.
        values: The values of its slots, as from `smsframe.texts.render.merged`.
        rows: How many people there are.
        fix: ``gsm`` or ``gsm+letters``.
        previewer: Shows texts, and values, but for the numbers of the people in the table.

    Returns:
        The proposal.

    Raises:
        ValueError: There is no such fix.

    Example:
        >>> from smsframe.planning.previews import Previewer
        >>> nobody = pd.Series([], dtype="string[pyarrow]", name="mobile")
        >>> made = propose(render.parse("“" + "x" * 99 + "”"), {}, 2, "gsm", Previewer(nobody, nobody))
        >>> made
        <smsframe.Cheaper text_fix='gsm': 2 credits instead of 4, 2 saved; 2 replacements>
        >>> made.to_frame()[["before", "after", "rows", "credits"]].values.tolist()
        [['“', '"', 2, 2], ['”', '"', 2, 2]]
    """
    check_fix(fix)
    before = render.fill(template, values, rows)
    fixed = replacements.fixed_template(template, fix)
    after = render.fill(fixed, values, rows, fix)
    segments_before, segments_after = (
        filled.counted["segments"].to_numpy(dtype=np.int64) for filled in (before, after)
    )
    saved = segments_before - segments_after
    still_ucs2 = after.counted["encoding"].eq("ucs2").to_numpy() & (segments_after > 1)
    first_saving = int(np.argmax(saved)) if saved.any() else None
    ucs2 = render.joined(
        fixed,
        {slot: column.filter(pa.array(still_ucs2)) for slot, column in after.merged.items()},
        int(still_ucs2.sum()),
    )

    def text(template: Template, filled: render.Filled, row: int) -> str:
        merged = {slot: column[row : row + 1] for slot, column in filled.merged.items()}
        return previewer.messages(template, merged, 1)[0]

    changed = [(slot.name, *_changed(values[slot], after.merged[slot])) for slot in template.slots]
    return Cheaper(
        fix=fix,
        people=int((saved > 0).sum()),
        credits_before=int(segments_before.sum()),
        credits_after=int(segments_after.sum()),
        replacements=_listed(
            [*_of_template(template, fixed, rows, int(saved.sum())), *_of_values(changed, saved)], fix
        ),
        changed=_values(changed, previewer),
        left=render.not_gsm(pd.Series(ucs2, dtype="string[pyarrow]")),
        example=None
        if first_saving is None
        else (text(template, before, first_saving), text(fixed, after, first_saving)),
    )


def check_fix(fix: str) -> None:
    """
    Refuse an unknown fix.

    Raises:
        ValueError: There is no such fix.
    """
    if fix not in replacements.FIXES:
        raise ValueError(f"text_fix={fix!r} must be one of {', '.join(replacements.FIXES)}")


Changed = tuple[str, Any, Any, "NDArray[np.intp]"]
Occurrence = tuple[str | None, str, int, int]


def _changed(before: Any, after: Any) -> tuple[Any, Any, NDArray[np.intp]]:
    """The values that differ, before and after, and their rows."""
    rows = np.flatnonzero(pc.fill_null(pc.not_equal(before, after), fill_value=False))
    return before.take(pa.array(rows)), after.take(pa.array(rows)), rows


def _of_template(template: Template, fixed: Template, rows: int, saved: int) -> Iterator[Occurrence]:
    if template is not fixed:
        literals = [part for part in template.parts if isinstance(part, str)]
        for character in dict.fromkeys(
            character for part in literals for character in replacements.pieces(part)
        ):
            yield None, character, rows, saved


def _of_values(changed: list[Changed], saved: NDArray[np.int64]) -> Iterator[Occurrence]:
    for field, before, _, rows in changed:
        table = pd.DataFrame({"outside": replacements.outside_gsm(before).to_pylist(), "saved": saved[rows]})
        counted = table.groupby("outside")["saved"].agg(rows="size", credits="sum")
        # The characters outside the alphabet are few and repeat: this loops over a few strings.
        for outside, people, credit in counted.itertuples():
            for character in replacements.pieces(outside):
                yield field, character, int(people), int(credit)


def _listed(occurrences: list[Occurrence], fix: str) -> pd.DataFrame:
    table = pd.DataFrame(occurrences, columns=["field", "before", "rows", "credits"])
    table = table.groupby(["field", "before"], as_index=False, dropna=False, sort=False).sum()
    table = table.sort_values(["credits", "rows"], ascending=False, kind="stable", ignore_index=True)
    before = table["before"].tolist()
    return pd.DataFrame(
        {
            "kind": pd.Series(
                [replacements.kind(character) for character in before], dtype="string[pyarrow]"
            ),
            "field": table["field"].astype("string[pyarrow]"),
            "before": table["before"].astype("string[pyarrow]"),
            "after": pd.Series(
                [replacements.fixed(character, fix) for character in before], dtype="string[pyarrow]"
            ),
            "name": pd.Series([_name(character) for character in before], dtype="string[pyarrow]"),
            "rows": table["rows"].astype("int64"),
            "credits": table["credits"].astype("int64"),
        }
    )


def _values(changed: list[Changed], previewer: Previewer) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"field": field, "before": before.to_pylist(), "after": after.to_pylist()})
        for field, before, after, rows in changed
        if len(rows)
    ]
    table = pd.concat(
        [pd.DataFrame(columns=["field", "before", "after"], dtype=object), *frames][bool(frames) :]
    )
    counted = table.groupby(["field", "before", "after"], sort=False).size().rename("rows").reset_index()
    for name in ("before", "after"):
        for field, values in counted.groupby("field", sort=False)[name]:
            counted.loc[values.index, name] = previewer.values(field, values.tolist())
    ordered = counted.sort_values("rows", ascending=False, kind="stable", ignore_index=True)
    return ordered.astype(
        {"field": "string[pyarrow]", "before": "string[pyarrow]", "after": "string[pyarrow]"}
    )


def _name(piece: str) -> str:
    return ", ".join(unicodedata.name(character, f"U+{ord(character):04X}") for character in piece)
