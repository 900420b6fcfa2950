"""The rows that need a hand: listed, written, corrected by hand, read again, and sent, nobody twice."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from helpers.sending import send, table
from typer.testing import CliRunner

import smsframe
from smsframe.cli.main import app
from smsframe.contacts.file_rows import file_rows
from smsframe.outcomes.columns import PROBLEM_COLUMNS

TEXT = "Ciao {name}"


def guests():
    """Nine people; the third, fifth and seventh need a hand, and the last, who has the first one's number."""
    frame = table(9)
    frame.loc[2, "mobile"] = "347 12"
    frame.loc[4, "name"] = None
    frame.loc[6, "mobile"] = None
    frame.loc[8, "mobile"] = frame.loc[0, "mobile"]
    return frame


def as_csv(frame, path):
    frame.to_csv(path, index=False)
    return path, 2


def as_csv_under_a_title(frame, path):
    lines = frame.to_csv(index=False).splitlines(keepends=True)
    path.write_text("Guests of 2026,\n" + lines[0] + "".join(lines[1:]), "utf-8")
    return path, 3


def as_workbook(frame, path):
    book = openpyxl.Workbook()
    book.active.append(["Guests of 2026"])
    book.active.append([])
    book.active.append([*frame.columns])
    for row in frame.astype(object).where(frame.notna(), None).to_numpy().tolist():
        book.active.append(row)
    book.save(path)
    return path, 4


@pytest.mark.parametrize(
    ("write", "options"),
    [(as_csv, {}), (as_csv_under_a_title, {"skiprows": 1}), (as_workbook, {"skiprows": 2})],
)
def test_the_rows_that_need_a_hand_are_those_and_where_the_file_has_them(tmp_path, write, options):
    path, first = write(guests(), tmp_path / "guests")
    plan = smsframe.read_contacts(path, **options).sms.plan(
        TEXT, campaign="autumn", phone="mobile", region="IT"
    )
    listed = plan.problems()
    assert listed.columns.tolist() == [*PROBLEM_COLUMNS, "name", "mobile"]
    assert listed.dtypes.astype(str).tolist()[:5] == ["Int64", *["string"] * 4]
    assert listed.index.tolist() == [2, 4, 6, 8]
    assert listed["sms_row"].tolist() == [first + row for row in (2, 4, 6, 8)]
    assert listed["sms_column"].tolist() == ["mobile", "name", "mobile", "mobile"]
    assert listed["sms_cell"].fillna("-").tolist() == ["347 12", "-", "-", guests().loc[0, "mobile"]]
    assert listed["sms_reason"].tolist() == plan.frame["sms_reason"].loc[listed.index].tolist()
    assert all(len(todo) > 20 for todo in listed["sms_todo"])


def test_the_field_that_a_row_lacks_is_named_after_sending_too(gateway):
    people = table(4).assign(**{"day: of {stay}": ["1", None, "2", "3"], "object": ["1", "2", ["x"], "3"]})
    people.loc[0, "name"] = None
    text = 'Ciao {name}, {"day: of {stay}"} {object}'
    plan = smsframe.plan(people, text, phone="mobile", campaign="autumn")
    out = send(people, gateway, text)
    for listed in (plan.problems(), smsframe.problems(out, phone="mobile"), smsframe.problems(out)):
        assert listed["sms_column"].fillna("-").tolist() == ["name", "day: of {stay}", "object"]


@pytest.mark.parametrize("by", ["file", "original"])
def test_corrected_rows_come_back_and_are_sent_in_the_same_campaign_nobody_twice(
    tmp_path, sandbox, gateway, by
):
    path, _ = as_csv(guests(), tmp_path / "guests.csv")
    out = send(smsframe.read_contacts(path), gateway, TEXT, region="IT")
    assert out["sms_status"].eq("accepted").sum() == 5
    listed = smsframe.problems(out, tmp_path / "problems.csv", phone="mobile")
    assert listed["sms_row"].tolist() == [4, 6, 8]  # whose first text was sent gets no second one

    book = pd.read_csv(tmp_path / "problems.csv", dtype=str)  # the hand
    assert book["sms_row"].tolist() == ["4", "6", "8"]
    book.loc[0, "mobile"], book.loc[1, "name"] = "347 1234567", "Eve"
    book.loc[2, "mobile"] = guests().loc[1, "mobile"]  # by mistake somebody who was texted
    book.to_csv(tmp_path / "problems.csv", index=False)
    if by == "file":
        corrected = smsframe.read_contacts(tmp_path / "problems.csv")
    else:
        whole = guests()
        for row, corrected_row in zip(book["sms_row"].astype(int), book.to_dict("records"), strict=True):
            whole.loc[row - 2, ["name", "mobile"]] = corrected_row["name"], corrected_row["mobile"]
        corrected = whole

    again = send(corrected, gateway, TEXT, region="IT")
    assert not {*PROBLEM_COLUMNS} - {"sms_reason"} & {*again.columns}
    inbox = sandbox.inbox()
    assert inbox["recipient"].is_unique
    assert len(inbox) == 7
    assert inbox["recipient"].isin(["+393471234567", guests().loc[4, "mobile"]]).sum() == 2
    assert "Ciao Eve" in inbox["text"].tolist()
    # Two numbers in the whole table are each of two people; in the file one is of somebody who was texted.
    # Either way a text has gone to the number, and no correction of the row sends another.
    assert again.sms.problems().empty
    assert (again["sms_code"] == "already_texted_differently").sum() == (1 if by == "file" else 0)
    send(corrected, gateway, TEXT, region="IT")
    assert len(sandbox.inbox()) == 7


ROME = pd.to_datetime(["2026-12-01 09:00", "2026-12-01 09:30", "2026-07-01 10:00", None])
VALUES = {
    "whole floats": pd.Series([15.0, 13.0, 2.0, None]),
    "large floats": pd.Series([2e10, 3e10, 4.0, None]),
    "very large floats": pd.Series([2e10, 3e21, 4.0, None]),
    "fractions": pd.Series([13.0, 13.0, 1.5, None]),
    "fractions in another row": pd.Series([1.5, 13.0, 13.0, None]),
    "small floats": pd.Series([1.5, 13.0, 13.0, None], dtype="float32"),
    "nullable": pd.Series([13.0, 15.0, 2.0, None], dtype="Float64"),
    "integers": pd.Series([15, 2**53 + 1, -3, 4]),
    "nullable integers": pd.Series([15, 2**53 + 1, -3, None], dtype="Int64"),
    "truth": pd.Series([True, False, True, True]),
    "nullable truth": pd.Series([True, False, None, True], dtype="boolean"),
    "naive times": pd.Series(ROME),
    "times with a zone": pd.Series(ROME).dt.tz_localize("Europe/Rome"),
    "days": pd.Series(ROME).dt.normalize(),
    "days with a zone": pd.Series(ROME).dt.normalize().dt.tz_localize("Europe/Rome"),
    "dates": pd.Series([stamp.date() for stamp in ROME[:3]] + [None], dtype=object),
    "decimals": pd.Series([Decimal("1.50"), Decimal(2), Decimal("1E+3"), None], dtype=object),
    "categories of floats": pd.Series([15.0, 13.0, 2.0, None], dtype="category"),
    "categories of words": pd.Series(["b", "a", "c", None], dtype="category"),
    "floats among objects": pd.Series([13.0, 2.0, "x", None], dtype=object),
    "anything": pd.Series([13.5, 2.0, True, None], dtype=object),
    "bytes": pd.Series([b"a", "b", "c", None], dtype=object),
    "words": pd.Series(["007", "-5", "=1+1", None]),
}


@pytest.mark.filterwarnings("ignore:.*Pyarrow")
@pytest.mark.parametrize(
    ("by", "ending"),
    [("results", "csv"), ("results", "xlsx"), ("results", "parquet"), ("plan", "csv"), ("check", "csv")],
)
def test_a_corrected_row_has_the_text_that_it_would_have_had(ending, by, tmp_path, sandbox, gateway):
    text, path = " ".join(f"{{{name}:-}}" for name in VALUES), tmp_path / f"problems.{ending}"
    good = table(4).assign(**VALUES)
    broken = good.copy()
    broken.loc[[1, 3], "mobile"] = ["12", "13"]
    wanted = smsframe.plan(good, text, phone="mobile").people.set_index("phone")["text"].to_dict()
    if by == "results":
        checked = send(broken, gateway, text)
    elif by == "plan":
        checked = smsframe.plan(broken, text, phone="mobile")
    else:
        checked = smsframe.check(broken, phone="mobile")
    listed = smsframe.problems(checked, path, phone="mobile")
    assert listed[[*VALUES]].dtypes.equals(broken[[*VALUES]].dtypes)  # only the file has words
    corrected = smsframe.read_contacts(path)
    corrected["mobile"] = good.loc[[1, 3], "mobile"].tolist()
    send(corrected, gateway, text)
    if by != "results":
        send(broken, gateway, text)
    inbox = sandbox.inbox().set_index("recipient")["text"].to_dict()
    assert inbox == wanted


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_a_column_of_times_to_send_at_keeps_its_instants(ending, tmp_path, gateway):
    path = tmp_path / f"problems.{ending}"
    at = pd.Series(pd.to_datetime(["2036-07-01 09:00:30", "2036-12-01 09:00:00"])).dt.tz_localize(
        "Europe/Rome"
    )
    people = table(2).assign(at=at)
    people["mobile"] = people["mobile"].astype(object)
    people.loc[0, "mobile"] = "12"
    plan = smsframe.plan(people, "Ciao {at}", phone="mobile", schedule="at")
    smsframe.problems(plan, path)
    corrected = smsframe.read_contacts(path)
    if not isinstance(corrected["at"].dtype, pd.DatetimeTZDtype):
        with pytest.raises(smsframe.ContactsError, match="has text, not times") as caught:
            smsframe.plan(corrected, "Ciao {at}", phone="mobile", schedule="at")
        advice = re.search(r"as in (pd.*); nothing was sent", str(caught.value))[1]
        corrected["at"] = eval(advice, {"pd": pd, "frame": corrected})
    assert corrected["at"].tolist() == at.tolist()[:1]
    corrected["mobile"] = "+393471234567"
    again = smsframe.plan(corrected, "Ciao {at}", phone="mobile", schedule="at")
    assert again.people["text"].tolist() == ["Ciao 2036-07-01 09:00"]


@pytest.mark.parametrize(
    "cells",
    [
        ["2036-07-01 09:00:00+02:00", "2036-12-01T09:00:00+01:00"],
        ["2036-07-01T07:00:00Z", None],
        ["2036-07-01 09:00", "2036-12-01 09:00"],
        ["2036-07-01", "2036-12-01"],
        pd.to_datetime(["2036-07-01 09:00", None]),
        pd.Series(pd.to_datetime(["2036-07-01 09:00", None])).astype(object),
    ],
)
def test_what_a_column_of_no_times_is_told_to_do_works(cells):
    people = table(2).assign(at=cells)
    with pytest.raises(smsframe.ContactsError, match="schedule= names has") as caught:
        smsframe.plan(people, "Ciao", phone="mobile", schedule="at")
    advice = re.search(r"as in (pd.*); nothing was sent", str(caught.value))[1]
    people["at"] = eval(advice, {"pd": pd, "frame": people})
    plan = smsframe.plan(people, "Ciao", phone="mobile", schedule="at")
    assert plan.frame["sms_status"].tolist()[0] == "ready"


def test_rejected_numbers_need_a_hand_too(sandbox, gateway):
    out = send(table(3, bad=[1]), gateway, TEXT)
    listed = smsframe.problems(out, phone="mobile")
    assert listed["name"].tolist() == ["N1"]
    assert listed["sms_column"].tolist() == ["mobile"]


def test_rows_keep_their_numbers_while_they_keep_their_labels(tmp_path):
    path, _ = as_csv(guests(), tmp_path / "guests.csv")
    read = smsframe.read_contacts(path)
    assert file_rows(read).tolist() == [*range(2, 11)]
    for picked in (
        read.sort_values("name", ascending=False),
        read[read["mobile"].notna()],
        read.tail(3),
        read.drop(columns="name"),
        read.assign(other=1),
        read.copy(),
        read.sms.check(phone="mobile", region="IT").tail(4),
    ):
        assert file_rows(picked).tolist() == [label + 2 for label in picked.index]
    for changed in (
        read[read["mobile"].notna()].reset_index(drop=True),
        read.set_index("name"),
        read.set_axis([*"abcdefghi"]),
        read.set_axis(range(1, 10)),
        pd.concat([read, read]),
        pd.DataFrame(read.to_dict("list")),
        read.head(0),
    ):
        assert file_rows(changed).isna().all()


def read_back(tmp_path, rows, columns):
    """A file of so many rows, read: a phone, and so many other columns, some with the same cell twice."""
    data = {"mobile": [f"0664 {1000000 + 7919 * row % 7999993}" for row in range(rows)]}
    data |= {f"c{at}": [f"{at} {row % (rows // 2**at + 1)}" for row in range(rows)] for at in range(columns)}
    path, _ = as_csv(pd.DataFrame(data), tmp_path / "rows.csv")
    return smsframe.read_contacts(path)


def shuffled(read, dice):
    return read.iloc[dice.permutation(len(read))]


def rotated(read, dice):
    start = int(dice.integers(1, len(read)))
    return read.iloc[[*range(start, len(read)), *range(start)]]


def one_left_out_and_one_appended(read, dice):
    left_out = int(dice.integers(0, len(read) // 2))
    return pd.concat([read.drop(index=left_out), read.iloc[[left_out]]])


def picked_and_picked_again(read, dice):
    some = read[dice.random(len(read)) < 0.7].reset_index(drop=True)
    return some[dice.random(len(some)) < 0.5]


@pytest.mark.samples(15)
@pytest.mark.parametrize("columns", [0, 1, 3])
@pytest.mark.parametrize("rows", [4, 9, 60, 1000, 20_000])
@pytest.mark.parametrize(
    "change",
    [
        shuffled,
        rotated,
        one_left_out_and_one_appended,
        lambda read, _: read.iloc[::-1],
        lambda read, _: read.sort_values("mobile", ascending=False),
        picked_and_picked_again,
    ],
)
def test_rows_in_another_order_with_new_labels_have_no_number_or_their_own(tmp_path, change, rows, columns):
    read = read_back(tmp_path, rows, columns)
    own = dict(zip(read["mobile"], range(2, rows + 2), strict=True))
    dice = np.random.default_rng(rows + columns)
    for _ in range(10):
        again = change(read, dice)
        again = again if change is picked_and_picked_again else again.reset_index(drop=True)
        numbers = file_rows(again)
        right = again["mobile"].map(own).astype("Int64")
        assert (numbers.isna() | numbers.eq(right)).all()


@pytest.mark.samples(5)
@pytest.mark.parametrize("columns", [0, 1, 3])
@pytest.mark.parametrize("rows", [4, 9, 60, 1000, 20_000])
def test_corrections_in_their_place_leave_the_numbers_of_rows(tmp_path, rows, columns):
    read = read_back(tmp_path, rows, columns)
    dice = np.random.default_rng(rows + columns)
    for _ in range(10):
        corrected = read.copy()
        places = dice.choice(rows, rows // 4, replace=False)
        corrected.loc[places, "mobile"] = [f"+43 664 {9000000 + place}" for place in places]
        corrected.loc[int(dice.integers(rows)), "mobile"] = None
        for changed in (
            corrected,
            corrected.assign(mobile=smsframe.normalize(corrected["mobile"], region="AT")),
            read.assign(mobile=smsframe.normalize(read["mobile"], region="AT")),
            read.apply(lambda column: column.str.upper().str.replace(" ", "-")),
            shuffled(corrected, dice),
            corrected.sort_values("mobile"),
            corrected.tail(rows // 2),
        ):
            assert file_rows(changed).tolist() == [label + 2 for label in changed.index]
        if columns:
            assert file_rows(read.assign(mobile="+436641234567")).tolist() == [*range(2, rows + 2)]


RENAMED = [
    lambda read: read.rename(columns=str.upper),
    lambda read: read.set_axis([f"x{at}" for at in range(read.shape[1])], axis=1),
    lambda read: read.set_axis([*read.columns[1:], read.columns[0]], axis=1),
    lambda read: read.rename(columns={"mobile": "phone"}),
    lambda read: read.rename(columns=str.upper).assign(other="x"),
    lambda read: read.rename(columns=str.upper)[::-1].iloc[:, ::-1],
]


@pytest.mark.parametrize("rename", RENAMED)
@pytest.mark.parametrize("columns", [0, 1, 3])
@pytest.mark.parametrize("rows", [4, 60, 3000])
def test_columns_under_other_names_tell_whether_rows_have_other_labels(tmp_path, rename, rows, columns):
    read = read_back(tmp_path, rows, columns)
    renamed = rename(read)
    assert file_rows(renamed).tolist() == [label + 2 for label in renamed.index]
    assert file_rows(renamed.tail(rows // 2)).tolist() == [
        label + 2 for label in renamed.tail(rows // 2).index
    ]
    dice = np.random.default_rng(rows)
    for again in (renamed.sort_index().iloc[::-1], shuffled(renamed, dice), rotated(read, dice).pipe(rename)):
        relabelled = again.reset_index(drop=True)
        right = pd.Series(again.index + 2, dtype="Int64")
        numbers = file_rows(relabelled)
        assert (numbers.isna() | numbers.eq(right)).all()


def test_rows_of_columns_that_nobody_knows_have_no_number(tmp_path):
    read = read_back(tmp_path, 20, 1)
    assert file_rows(read.assign(mobile="x", c0="y").rename(columns=str.upper)).isna().all()


@pytest.mark.parametrize("end", [",\n", ",\n,\n,\n", "\n\n,\n\n", ' ,""\n'.replace(" ", "")])
@pytest.mark.parametrize("blank", ["", "\n"])
def test_empty_rows_at_the_end_of_a_file_leave_the_numbers_of_the_others(tmp_path, end, blank):
    (tmp_path / "a.csv").write_text(f"name,mobile\nA,+393471234567\n{blank}B,12\n{end}", "utf-8")
    read = smsframe.read_contacts(tmp_path / "a.csv")
    assert file_rows(read).tolist()[:2] == [2, 3 + len(blank)]
    assert file_rows(read[read["name"].eq("B")].reset_index(drop=True)).isna().all()
    assert smsframe.problems(read.sms.check(phone="mobile"))["sms_row"].tolist()[0] == 3 + len(blank)


@pytest.mark.parametrize("option", ["skip", "warn"])
@pytest.mark.filterwarnings("ignore::pandas.errors.ParserWarning")
def test_rows_of_a_file_of_which_some_were_skipped_have_no_number_and_nobody_is_lost(tmp_path, option):
    (tmp_path / "a.csv").write_text("name,mobile\nA,1\nB,2,3,4\n\nC,5\nD,6\n", "utf-8")
    read = smsframe.read_contacts(tmp_path / "a.csv", on_bad_lines=option)
    assert read["name"].tolist() == ["A", "C", "D"]
    assert file_rows(read).isna().all()


def test_a_table_that_came_through_parquet_keeps_them(tmp_path):
    path, _ = as_csv(guests(), tmp_path / "guests.csv")
    smsframe.read_contacts(path).sms.check(phone="mobile").to_parquet(tmp_path / "a.parquet")
    pd.read_parquet(tmp_path / "a.parquet")  # attributes are plain numbers and names


def test_what_is_not_known_of_a_problem_is_missing():
    people = pd.DataFrame({"a": ["x", "+393471234567"], "b": ["y", "+393471234567"]})
    checked = people.sms.check(phone="a")
    assert checked.sms.problems()["sms_column"].tolist() == ["a"]
    checked.attrs.clear()
    assert checked.sms.problems()["sms_column"].isna().all()
    assert smsframe.problems(checked, phone="b")["sms_cell"].tolist() == ["y"]
    assert checked.sms.problems()["sms_row"].isna().all()
    with pytest.raises(smsframe.ContactsError, match="sms_status"):
        people.sms.problems()
    ready = people.tail(1).sms.check(phone="a").sms.problems()
    assert ready.empty
    assert ready.columns.tolist() == [*PROBLEM_COLUMNS, "a", "b"]


def test_the_command_line_writes_them(tmp_path):
    path, _ = as_csv(guests(), tmp_path / "guests.csv")
    out = tmp_path / "problems.csv"
    result = CliRunner().invoke(
        app, ["check", str(path), "--phone", "mobile", "--region", "IT", "--problems", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert smsframe.read_contacts(out)["sms_row"].tolist() == ["4", "8"]


OTHER_BYTE_ORDER = [pd.Series([12, 13], dtype=">i8"), pd.Series([12.0, None], dtype=">f8")]


@pytest.mark.parametrize(
    "phones",
    [
        *(
            OTHER_BYTE_ORDER if int(pd.__version__.split(".")[0]) > 2 else ()
        ),  # pandas 2.2 takes no row of them
        pd.Series([12, None], dtype="Int64").astype("category"),
        pd.Series(pd.Categorical.from_codes([0, -1], categories=[12])),
        pd.Series([Decimal("sNaN"), "12"], dtype=object),
    ],
)
def test_columns_of_any_dtype_are_shown_and_written_and_suppressed(phones, tmp_path):
    people = pd.DataFrame({"phone": phones})
    path = tmp_path / "problems.csv"
    rows = smsframe.problems(smsframe.check(people, phone="phone"), path, phone="phone")
    assert len(rows) == len(smsframe.read_contacts(path)) == len(people)
    with pytest.raises(smsframe.ContactsError, match="cannot be read as a phone number"):
        smsframe.check(pd.DataFrame({"phone": ["+393471234567"]}), phone="phone", suppress=phones)
