"""
``.sms`` on every DataFrame and Series: the public functions, spelled after the data.

Only forwards. Nothing is checked or kept here: pandas may build an accessor on every access, and one that
raised would break tab completion on frames that have nothing to do with texting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from smsframe import phones, text, verbs
from smsframe.results import failed

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable

    from smsframe.plan import Plan
    from smsframe.results import Summary


@pd.api.extensions.register_dataframe_accessor("sms")
class FrameAccessor:
    """Text the people in this frame: ``check``, ``plan``, ``send``; on results ``summary``, ``refresh`` and others."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def check(self, phone: Hashable | None = None, **options: Any) -> pd.DataFrame:
        """Check who could be texted, and why the others could not: `smsframe.check`."""
        return verbs.check(self._frame, phone, **options)

    def plan(self, text: str, **options: Any) -> Plan:
        """See it before you pay: `smsframe.plan`."""
        return verbs.plan(self._frame, text, **options)

    def send(self, text: str, **options: Any) -> pd.DataFrame:
        """Text the people in this frame, once each: `smsframe.send`."""
        return verbs.send(self._frame, text, **options)

    def refresh(self, **options: Any) -> pd.DataFrame:
        """Ask for delivery states and join them to the rows: `smsframe.refresh`."""
        return verbs.refresh(self._frame, **options)

    def summary(self) -> Summary:
        """The campaign in a few numbers: `smsframe.Summary`."""
        return verbs.summary(self._frame)

    def failed(self) -> pd.DataFrame:
        """The rows that will not arrive: invalid, rejected, or a final bad delivery; never unconfirmed."""
        return failed(self._frame)

    def to_csv(self, path: str | os.PathLike[str], *, index: bool | None = None) -> None:
        """Write this frame for spreadsheets, without formulas, readable back by `smsframe.read_contacts`."""
        verbs.to_csv(self._frame, path, index=index)


@pd.api.extensions.register_series_accessor("sms")
class SeriesAccessor:
    """Phone numbers and texts as columns: ``normalize``, ``segments``."""

    def __init__(self, series: pd.Series[Any]) -> None:
        self._series = series

    def normalize(
        self, region: str | pd.Series[Any] | None = None, numbers: str = "mobile"
    ) -> pd.Series[Any]:
        """These numbers in E.164, missing where not usable: `smsframe.normalize`."""
        return phones.normalize(self._series, region, numbers)

    def segments(self) -> pd.DataFrame:
        """``encoding``, ``units`` and ``segments`` of these texts: `smsframe.segments`."""
        return text.segments(self._series)
