"""Rows that need a hand: those of a table, and below them whom the gateway refused."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers.sending import table

import smsframe
from smsframe.form.page.memory import PHONE, with_refused


@pytest.mark.parametrize("empty", [float("nan"), None, pd.NA, pd.NaT])
def test_a_column_that_is_empty_in_the_table_takes_the_numbers_that_were_refused(gateway, empty):
    """Without a warning of pandas 2.2, which looks at the types of empty columns."""
    contacts = pd.DataFrame({"name": ["Ada", "Bea"], "mobile": pd.Series([empty, empty])})
    checked = contacts.sms.check(phone="mobile", region="IT")
    rows = smsframe.problems(checked, phone="mobile").assign(**{PHONE: checked[PHONE]})
    rows.attrs = {"phone": "mobile", "table": "t"}
    smsframe.send(
        table(3, bad=[1]), "Ciao {name}", campaign="a", phone="mobile", gateway=gateway, progress=False
    )
    found = with_refused(rows, smsframe.results("a", gateway=gateway))
    assert found["mobile"].fillna("").astype(str).tolist() == ["", "", table(3, bad=[1])["mobile"][1]]
    assert found["name"].fillna("").tolist() == ["Ada", "Bea", ""]
