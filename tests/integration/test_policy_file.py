"""Policies in files: read as they are written, or refused with the line."""

from __future__ import annotations

import re
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smsframe
from smsframe.contacts.policy_file import KEYS

PRICE = 'country = "IT"\nquality = "high"\nprice = "0.05"\ncurrency = "EUR"\n'
TABLE = f"[[prices]]\n{PRICE}"


def read(folder, text, encoding="utf-8"):
    file = folder / "smsframe.toml"
    file.write_bytes(text.encode(encoding))
    return smsframe.Policy.from_file(file)


@pytest.mark.parametrize("budget", ["250", "250.00", '"250"', "2.5e2"])
@pytest.mark.parametrize("price", ['"0.05"', "0.05", "0.050"])
def test_a_file_says_what_the_object_says(budget, price, tmp_path):
    table = PRICE.replace('"0.05"', price)
    policy = read(tmp_path, f"budget = {budget}  # of one campaign\n[[prices]]\n{table}", "utf-8-sig")
    prices = pd.DataFrame({"country": ["IT"], "quality": "high", "price": "0.05", "currency": "EUR"})
    assert policy == smsframe.Policy(prices=prices, budget=250)
    assert policy.budget == Decimal("250.00")
    assert policy.file == str(tmp_path / "smsframe.toml")
    assert smsframe.Policy(budget=250).file is None


def test_prices_may_be_in_a_file_beside_it(tmp_path, monkeypatch):
    rows = ("country,quality,price,currency", "IT,high,0.05,EUR", "*,high,0.10,EUR")
    (tmp_path / "prices.csv").write_text("\n".join(rows))
    monkeypatch.chdir("/")
    policy = read(tmp_path, 'prices = "prices.csv"\n')
    assert policy.price_units.units == {("IT", "high"): 5_000_000, ("*", "high"): 10_000_000}


def test_an_empty_file_is_a_policy_without_rules(tmp_path):
    assert read(tmp_path, "") == smsframe.Policy()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\nbuget = 5\n", "line 2: unknown key 'buget'; this version of smsframe knows allow_only, budget,"),
        ("cap = 2", "line 1: cap must be text"),
        ('cap = "twice a week"', "cap='twice a week' must be texts per span of time"),
        ("allow_only = 5", "line 1: allow_only must be numbers"),
        ('allow_only = ["12"]', "cannot be read as a phone number"),
        ('consent_ = "yes"', "line 1: unknown key 'consent_'"),
        ("[budget]\nlimit = 5", "line 1: budget must be an amount.* not a table"),
        ("#\n'budget' = true", "line 2: budget must be an amount.* not true or false"),
        ("budget = 2026-12-01", "line 1: budget must be an amount.* not a date"),
        ("budget = nan", "amount"),
        ("budget = -1", "amount"),
        ('budget = "0.000000001"', "decimal places"),
        ("budget = 1\nbudget = 2\n", "line 2"),
        ("budget = \n", "line 1"),
        (
            "prices = 5",
            r"line 1: prices must be tables, each under \[\[prices\]\], or the name of a file",
        ),
        ("prices = []", "prices must be tables"),
        ("prices = [1]", "prices must be tables"),
        (f"[prices]\n{PRICE}", "line 1: prices must be tables.* not a table"),
        ('budget = 1\nprices = "none.csv"', "line 2: the file of prices cannot be read"),
        (f"{TABLE}{TABLE}prize = 1", "line 6: price 2 has the unknown key 'prize'"),
        ("[[prices]]\ncountry = 'IT'", "line 1: price 1 needs quality"),
        (TABLE.replace('"0.05"', "[1]"), "price must be an amount, not an array"),
        (TABLE.replace('"IT"', "39"), "country must be text, not a number"),
        (TABLE.replace("IT", "Atlantis"), "'Atlantis' is no country"),
    ],
)
def test_what_is_not_understood_is_refused_and_where(text, says, tmp_path):
    with pytest.raises(ValueError, match=f"smsframe.toml.*{says}"):
        read(tmp_path, text)


def test_what_is_no_text_of_utf_8_or_too_large_is_refused(tmp_path):
    with pytest.raises(ValueError, match="UTF-8"):
        read(tmp_path, 'budget = "\N{EURO SIGN}"', "utf-16")
    with pytest.raises(ValueError, match="larger"):
        read(tmp_path, "#" * 2_000_000)
    with pytest.raises(OSError, match=r"none\.toml"):
        smsframe.Policy.from_file(tmp_path / "none.toml")


@given(st.from_regex(r"[a-z_-]{1,12}", fullmatch=True).filter(lambda key: key not in KEYS), st.integers(0, 5))
def test_every_other_key_is_named_with_its_line(tmp_path_factory, key, before):
    with pytest.raises(ValueError, match=rf"line {before + 1}: unknown key '{re.escape(key)}'"):
        read(tmp_path_factory.getbasetemp(), "#\n" * before + f"{key} = 1\n")
