"""
Check contacts: each row is judged by its number, the user's rules and the opt-outs.

Inside, rows are known by position, and the caller's index is put back at the end: labels may repeat, and
failing rows must not be mistaken for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, TEXT, in_parts, strings
from smsframe.contacts.columns import find_phone, find_region, place
from smsframe.outcomes.codes import CODES, sentences, shortened
from smsframe.outcomes.columns import (
    CHECKED,
    DTYPES,
    PHONE_KEY,
    STATUSES,
    attach,
    results_for,
    validated,
)
from smsframe.phones import parse
from smsframe.phones.homes import unknown_regions
from smsframe.phones.match import are_among, first_of, keys, places
from smsframe.planning.parts import ALONE, text_keys
from smsframe.planning.rules import broken_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from smsframe.outcomes.schema import ContactsSchema
    from smsframe.planning.parts import OtherParts

    BarredPeople = Callable[[pd.Series[Any]], pd.DataFrame]


def judge(
    contacts: pd.DataFrame,
    *,
    phone: Hashable,
    region: Hashable | None = None,
    numbers: str = "mobile",
    schema: type[ContactsSchema] | None = None,
    suppressed: pd.Index[Any] | None = None,
    barred: BarredPeople | None = None,
    allowed: NDArray[np.int64] | None = None,
    others: OtherParts = ALONE,
) -> pd.DataFrame:
    """
    Judge each row by its number, the user's rules and the opt-outs; duplicates are marked later.

    ``barred``: who of some people may not be texted, by the lists of the account. ``allowed``: the canonical
    numbers of the only people who may be. ``others``: what is known of the other parts of the table, where
    these contacts are one of several.

    Returns:
        By position: ``phone`` (E.164), ``status`` (``ready``, ``invalid``, ``suppressed``), ``code``,
        ``reason`` and ``repair`` (how the number was repaired).
    """
    column = contacts.iloc[:, place(contacts, phone)]
    judged = parse.read(column, find_region(contacts, region), numbers, others.bare)
    judged["code"] = _codes(judged["code"])
    status = np.where(judged["code"].isna(), STATUSES.index("ready"), STATUSES.index("invalid"))
    judged["status"] = pd.Categorical.from_codes(status, dtype=DTYPES["sms_status"])
    if schema is not None:
        broken = broken_rules(contacts, schema)
        refuse(judged, broken.notna(), "invalid", "rule", broken)
    found = None if barred is None else barred(judged["phone"])
    earlier = found if found is None else found[found["code"].eq("suppressed")]
    if found is not None and earlier is not None:
        _refuse_barred(judged, found if earlier.empty else found[found["code"].ne("suppressed")])
    if allowed is not None:
        strangers = judged["phone"].notna() & ~are_among(judged["person"].to_numpy(), allowed)
        refuse(judged, strangers, "suppressed", "not_allowed")
    if suppressed is not None and len(suppressed):
        listed = are_among(judged["person"].to_numpy(), keys(pd.Series(suppressed)))
        refuse(judged, listed, "suppressed", "suppressed")
    if earlier is not None:  # after this call's list: what earlier calls of the campaign were given
        _refuse_barred(judged, earlier)
    return judged


def _refuse_barred(judged: pd.DataFrame, found: pd.DataFrame) -> None:
    """``found``: ``person`` (sorted), ``code`` and ``reason`` of people who may not be texted."""
    place = places(judged["person"].to_numpy(), found["person"].to_numpy())
    affected = judged["status"].eq("ready").to_numpy() & (place >= 0)
    if affected.any():
        said = found.take(place[affected])
        reasons = shortened(said["reason"].astype(TEXT)).array
        _write(judged, affected, "suppressed", _codes(said["code"]), reasons)


def _codes(codes: pd.Series[Any]) -> pd.Categorical:
    """Codes as a categorical: Arrow encodes a million of them ten times as fast as pandas."""
    dtype = DTYPES["sms_code"]
    text = pa.array(codes, from_pandas=True).cast(STRING)
    category = pc.index_in(text, pa.array(dtype.categories, STRING)).fill_null(-1)
    return pd.Categorical.from_codes(np.asarray(category), dtype=dtype)


def refuse(
    judged: pd.DataFrame,
    rows: pd.Series[bool] | NDArray[np.bool_],
    status: str,
    code: str | pd.Series[Any],
    reason: pd.Series[Any] | None = None,
) -> None:
    """
    Change the status of the ready rows among ``rows``, in place; a row keeps the first status it gets.

    ``code`` is one for all or, like ``reason``, one per row of ``judged``.
    """
    requested = rows.fillna(value=False).to_numpy(dtype=bool) if isinstance(rows, pd.Series) else rows
    affected = judged["status"].eq("ready").to_numpy() & requested
    if not affected.any():
        return
    if isinstance(code, str):
        words = CODES[code] if reason is None else shortened(reason[affected].astype(TEXT)).array
        _write(judged, affected, status, code, words)
    else:
        codes = code[affected]
        words = sentences(codes) if reason is None else shortened(reason[affected].astype(TEXT))
        _write(judged, affected, status, _codes(codes), words.array)


def _write(judged: pd.DataFrame, affected: NDArray[np.bool_], status: str, codes: Any, reasons: Any) -> None:
    """Write status, codes and reasons of some rows, in place; each one for all, or one per row."""
    for name, values in (("status", status), ("code", codes), ("reason", reasons)):
        column = judged[name].array.copy()
        column[affected] = values
        judged[name] = column


def mark_duplicates(
    judged: pd.DataFrame,
    texts_of: Callable[[NDArray[np.intp]], pd.Series[Any]] | None = None,
    others: OtherParts = ALONE,
    *,
    units: pd.Series[Any] | None = None,
) -> None:
    """
    Keep the first ready row of each number; the reason of the others says when their text differs.

    Args:
        judged: From `judge`; changed in place.
        texts_of: The texts of some rows, by position.
        others: Whose first ready row is in another part.
        units: How long the texts are: those of other lengths differ, and need not be made.
    """
    if len(others.repeated):
        _mark_repeated(judged, texts_of, others)
    kept_row = first_of(judged["person"].to_numpy(), judged["status"].eq("ready").to_numpy())
    is_duplicate = kept_row != np.arange(len(judged))
    if texts_of is not None and is_duplicate.any():
        text_differs = np.zeros(len(judged), dtype=bool)
        if units is not None:
            length = units.to_numpy(dtype=np.int64, na_value=-1)
            text_differs = length != length[kept_row]
        alike = np.flatnonzero(is_duplicate & ~text_differs)
        (text_differs[alike],) = in_parts(
            lambda rows: (_different(texts_of(rows), texts_of(kept_row[rows])),), alike
        )
        refuse(judged, text_differs, "duplicate", "duplicate_text")
    refuse(judged, is_duplicate, "duplicate", "duplicate")


def _mark_repeated(
    judged: pd.DataFrame, texts_of: Callable[[NDArray[np.intp]], pd.Series[Any]] | None, others: OtherParts
) -> None:
    """The ready rows of people whose first ready row is in another part."""
    persons = judged["person"].to_numpy()
    repeated = judged["status"].eq("ready").to_numpy() & np.isin(persons, others.repeated)
    if texts_of is not None and repeated.any():
        rows = np.flatnonzero(repeated)
        first = others.texts[np.searchsorted(others.repeated, persons[rows])]
        text_differs = np.zeros(len(judged), dtype=bool)
        text_differs[rows] = text_keys(texts_of(rows)) != first
        refuse(judged, text_differs, "duplicate", "duplicate_text")
    refuse(judged, repeated, "duplicate", "duplicate")


def _different(texts: pd.Series[Any], others: pd.Series[Any]) -> NDArray[np.bool_]:
    return np.asarray(pc.not_equal(strings(texts), strings(others)))


def count_repairs(judged: pd.DataFrame) -> pd.Series[int]:
    """Numbers that can be used, by repair, the most frequent first; a number may have several."""
    repaired = (judged["repair"].notna() & judged["phone"].notna()).to_numpy()
    counted = judged["repair"][repaired].astype(TEXT).value_counts()
    single = counted.index.to_series().str.split(",").explode()
    return counted.reindex(single.index).groupby(single.to_numpy()).sum().sort_values(ascending=False)


def check(
    contacts: pd.DataFrame,
    phone: Hashable | None = None,
    *,
    region: Hashable | None = None,
    numbers: str = "mobile",
    schema: type[ContactsSchema] | None = None,
    suppressed: pd.Index[Any] | None = None,
    others: OtherParts = ALONE,
) -> tuple[pd.DataFrame, int]:
    """
    Check who could be texted; see `smsframe.check`. ``suppressed`` holds E.164 numbers, ``others`` what is
    known of the other parts of the table, where these contacts are one of several.

    Returns:
        The frame, and to how many numbers a plus was supplied.
    """
    phone, _ = find_phone(contacts, phone)
    judged = judge(
        contacts,
        phone=phone,
        region=region,
        numbers=numbers,
        schema=schema,
        suppressed=suppressed,
        others=others,
    )
    mark_duplicates(judged, others=others)
    results = results_for(
        len(contacts),
        CHECKED,
        sms_status=judged["status"],
        sms_reason=judged["reason"],
        sms_phone=judged["phone"],
        sms_code=judged["code"],
    )
    checked = attach(contacts, validated("CheckedSchema", results))
    if isinstance(phone, str):  # attributes are written into Parquet files as JSON
        checked.attrs[PHONE_KEY] = phone
    return checked, int(count_repairs(judged).get("plus", 0))


def regions_unknown(
    contacts: pd.DataFrame, region: Hashable | None, codes: pd.Series[Any]
) -> pd.DataFrame | None:
    """What is no country in the region column, if numbers were refused for it."""
    if not codes.eq("unknown_region").any():
        return None
    column = find_region(contacts, region)
    return unknown_regions(column) if isinstance(column, pd.Series) else None
