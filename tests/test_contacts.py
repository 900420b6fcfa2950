"""Contact files as they come, with every number still text; and out again."""

from __future__ import annotations

import pandas as pd
import pytest

import smsframe

NUMBER = "+393471234567"


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_numbers_stay_text_and_only_empty_cells_are_missing(tmp_path):
    path = write(
        tmp_path / "a.csv", 'name,mobile,zip,country\nAda,"+393471234567",00184,NA\nnan,0039347,,IT\n'
    )
    found = smsframe.read_contacts(path)
    assert found["mobile"].tolist() == [NUMBER, "0039347"]
    assert found["zip"].tolist()[0] == "00184"
    assert found["country"].tolist() == ["NA", "IT"]
    assert found["name"].tolist() == ["Ada", "nan"]
    assert found.isna().sum().sum() == 1
    assert set(map(str, found.dtypes)) == {"string"}


FORMS = {
    "utf-8": ("utf-8", ","),
    "with a mark": ("utf-8-sig", ";"),
    "windows": ("cp1252", ";"),
    "utf-16": ("utf-16", "\t"),
    "pipes": ("utf-8", "|"),
}


@pytest.mark.parametrize(("encoding", "sep"), FORMS.values(), ids=FORMS.keys())
def test_encoding_and_delimiter_are_found(tmp_path, encoding, sep):
    rows = [["città", "mobile"], ["Forlì", NUMBER], ["Cantù", "347"]]
    path = write(tmp_path / "a.csv", "".join(sep.join(row) + "\r\n" for row in rows), encoding)
    found = smsframe.read_contacts(path)
    assert found.columns.tolist() == ["città", "mobile"]
    assert found["città"].tolist() == ["Forlì", "Cantù"]


def test_one_column_needs_no_delimiter(tmp_path):
    path = write(tmp_path / "a.csv", f"mobile\n{NUMBER}\n")
    assert smsframe.read_contacts(path)["mobile"].tolist() == [NUMBER]


def test_a_column_may_be_something_else_when_said(tmp_path):
    path = write(tmp_path / "a.csv", "age,mobile\n30,1\n,2\n")
    found = smsframe.read_contacts(path, dtype={"age": "Int64"})
    assert str(found["age"].dtype) == "Int64"
    assert found["mobile"].tolist() == ["1", "2"]


def test_a_file_that_cannot_be_read_is_a_clear_error_without_numbers(tmp_path):
    with pytest.raises(FileNotFoundError):
        smsframe.read_contacts(tmp_path / "nowhere.csv")
    with pytest.raises(smsframe.ContactsError, match="is empty"):
        smsframe.read_contacts(write(tmp_path / "empty.csv", "\ufeff\n"))
    with pytest.raises(smsframe.ContactsError, match="encoding"):
        smsframe.read_contacts(write(tmp_path / "b.csv", "è,x\n", "cp1252"), encoding="utf-8")
    with pytest.raises(smsframe.ContactsError, match="cannot be read as a table") as caught:
        smsframe.read_contacts(write(tmp_path / "c.csv", f"a,b\n1,2\n{NUMBER},2,3,4\n"))
    assert NUMBER not in str(caught.value)


def test_a_frame_goes_out_and_comes_back_with_the_same_numbers(tmp_path, people):
    out = people.sms.check(phone="mobile", region="IT")
    out.sms.to_csv(tmp_path / "out.csv")
    back = smsframe.read_contacts(tmp_path / "out.csv")
    assert back["sms_phone"].tolist()[:3] == out["sms_phone"].tolist()[:3]
    assert back.columns.tolist() == ["Unnamed: 0", *out.columns]


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "\t=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_inert(tmp_path, cell):
    frame = pd.DataFrame({"name": [cell, None], "mobile": [NUMBER, "-5"], "n": [1, 2]})
    frame.sms.to_csv(tmp_path / "out.csv")
    back = smsframe.read_contacts(tmp_path / "out.csv")
    assert back["name"].tolist()[0] == "'" + cell
    assert back["mobile"].tolist() == [NUMBER, "-5"]
    assert frame["name"].tolist()[0] == cell


def test_spreadsheets_see_the_accents(tmp_path):
    pd.DataFrame({"name": ["è"]}).sms.to_csv(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == "\ufeffname\nè\n".encode()


def test_a_plain_index_is_left_out_and_any_other_is_written(tmp_path):
    frame = pd.DataFrame({"x": ["a"]})
    frame.sms.to_csv(tmp_path / "plain.csv")
    frame.set_axis(["row"]).sms.to_csv(tmp_path / "named.csv")
    assert "row" in (tmp_path / "named.csv").read_text("utf-8-sig")
    assert (tmp_path / "plain.csv").read_text("utf-8-sig") == "x\na\n"


def test_results_that_went_through_a_file_still_have_all_their_methods(tmp_path, people, sandbox, gateway):
    out = people.sms.send("Ciao", campaign="c", phone="mobile", region="IT", gateway=gateway, progress=False)
    out.sms.to_csv(tmp_path / "out.csv", sep=";", index=False)
    back = smsframe.read_contacts(tmp_path / "out.csv")
    assert repr(back.sms.summary()) == repr(out.sms.summary())
    assert back.sms.failed()["sms_status"].tolist() == out.sms.failed()["sms_status"].tolist()
    again = back.sms.refresh(gateway=gateway, progress=False)
    smsframe.ResultsSchema.validate(again)
    assert again["sms_delivery"].dropna().tolist() == ["DLVRD", "DLVRD"]


def test_a_result_column_that_somebody_changed_by_hand_is_said(people):
    checked = people.sms.check(phone="mobile").astype({"sms_segments": object}).assign(sms_segments="two")
    with pytest.raises(smsframe.ContactsError, match="column sms_segments holds something"):
        checked.sms.summary()
