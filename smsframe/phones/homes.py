"""
Whose national forms are meant: ``region=`` as a country or a column of them, row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from smsframe.errors import ContactsError
from smsframe.masking import mask
from smsframe.phones import cells
from smsframe.phones.fast.metadata import place_of, regions
from smsframe.phones.region_names import INTERNATIONAL, region_of, suggestion

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHOWN: Final = 20  # characters of what is no region
_SUGGESTED: Final = 20  # regions that are none, for which one that is like them is looked for


def homes(region: str | pd.Series | None, length: int) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """
    Per row the place of its region in ``regions()`` or -1, and whether something else stood there.

    Raises:
        ContactsError: It is no country, neither text nor a column, or there are more or fewer than rows.

    Example:
        >>> place, unknown = homes(pd.Series(["Italia", "Atlantis", None]), 3)
        >>> regions()[place[0]], place[1:].tolist(), unknown.tolist()
        ('IT', [-1, -1], [False, True, False])
    """
    if region is None or isinstance(region, str):
        home = -1 if region in {None, INTERNATIONAL} else place_of(_supported(str(region)))
        return np.full(length, home, dtype=np.int16), np.zeros(length, dtype=bool)
    if not isinstance(region, pd.Series):
        raise ContactsError(f"region= must be a country or a column of them, not {type(region).__name__}.")
    if len(region) != length:
        raise ContactsError(f"There are {len(region)} regions for {length} phone numbers; give one per row.")
    given = cells.labels(region).dictionary_encode()
    names = given.dictionary.to_pylist()
    found = [region_of(name) for name in names]
    place = {name: place for place, name in enumerate(regions())}
    # A gap takes the last: neither a region nor anything else.
    places = np.array([*(place.get(code or "", -1) for code in found), -1], dtype=np.int16)
    strange = np.array(
        [*(bool(name.strip()) and not code for name, code in zip(names, found, strict=True)), False]
    )
    which = given.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)
    return places[which], strange[which]


def unknown_regions(region: pd.Series) -> pd.DataFrame:
    """
    What is no country in a column of them, the most frequent first.

    Args:
        region: A column of countries, of any dtype.

    Returns:
        ``region`` (string, as it stands there), ``rows`` (int64) and ``suggestion`` (string, such as
        `Italy (IT)`, missing where nothing is like it).

    Example:
        >>> unknown_regions(pd.Series(["IT", "Itlay", "Itlay", None])).to_dict("records")
        [{'region': 'Itlay', 'rows': 2, 'suggestion': 'Italy (IT)'}]
    """
    given = pd.Series(cells.labels(region), dtype="string[pyarrow]")
    counted = given.str.strip().value_counts()
    counted = counted[[bool(name) and region_of(name) is None for name in counted.index]]
    near = [suggestion(name) for name in counted.index[:_SUGGESTED]] + [None] * (len(counted) - _SUGGESTED)
    return pd.DataFrame(
        {
            "region": pd.Series(counted.index, dtype="string[pyarrow]"),
            "rows": counted.to_numpy(dtype=np.int64),
            "suggestion": pd.Series(near[: len(counted)], dtype="string[pyarrow]"),
        }
    )


def _supported(region: str) -> str:
    if (code := region_of(region)) is not None:
        return code
    near = suggestion(region)
    shown = region if len(region) <= _SHOWN else region[:_SHOWN] + "…"
    raise ContactsError(
        f"region={mask(repr(shown))} is no country that smsframe knows. "
        + (f"Did you mean {near}?" if near else "Use a two-letter ISO code or a name, such as IT or Italy.")
    )
