"""
The reasons of rows, counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smsframe.arrow import TEXT

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = r"\+?\d*•[•\d]*"
"""A number in a reason, masked, as the journal keeps the gateway's words."""


def reasons(results: pd.DataFrame) -> pd.DataFrame:
    """
    Rows by status, code and reason, the most frequent first; a code's own reasons are counted apart.

    The same reason for two numbers is one, also where the gateway's words name each of them.
    """
    with_code = results[["sms_status", "sms_code", "sms_reason"]][results["sms_code"].notna().to_numpy()]
    texts = with_code.astype(TEXT)
    texts["sms_reason"] = without_numbers(texts["sms_reason"])
    frequent = texts.value_counts().rename("rows").reset_index()
    return frequent.rename(columns=lambda name: str(name).removeprefix("sms_"))


def without_numbers(texts: pd.Series[Any]) -> pd.Series[Any]:
    """Reasons without the masked number that some name, so that the same reason is one."""
    return texts.astype(TEXT).str.replace(_NUMBER, "…", regex=True)
