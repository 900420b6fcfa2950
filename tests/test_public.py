"""The front door: what is promised, and that it is all there."""

from __future__ import annotations

import inspect
import subprocess
import sys
import types

import pandas as pd
import pytest

import smsframe

CONTRACT = {
    "check", "plan", "send", "resume", "refresh", "results", "campaigns", "withdraw", "read_contacts",
    "normalize", "segments", "summary", "failed", "to_csv", "Gateway", "Journal", "Plan", "Sandbox",
    "Summary",
    "ContactsSchema", "CheckedSchema", "PlannedSchema", "ResultsSchema", "PhoneGuessed",
    "SmsFrameError", "ContactsError", "TextError", "UnknownCampaign", "CampaignChanged",
    "ConfirmationMismatch", "NotEnoughCredit", "CampaignStopped", "JournalError",
    "GatewayError", "NotAuthorised", "Rejected",
    "Unavailable", "Unconfirmed",
}  # fmt: skip


def test_the_front_door_is_exactly_what_is_promised_sorted():
    assert smsframe.__all__ == sorted(CONTRACT)
    assert all(hasattr(smsframe, name) for name in smsframe.__all__)


def test_nothing_public_is_left_out_of_the_list():
    assert smsframe.check  # whose first use brings all of them
    public = {
        name
        for name, thing in vars(smsframe).items()
        if not name.startswith("_") and not isinstance(thing, types.ModuleType)
    }
    assert public <= set(smsframe.__all__) | {"logging", "find_spec", "TYPE_CHECKING"}


@pytest.mark.parametrize("name", ["plan", "results", "segments", "check", "send"])
def test_a_function_is_not_hidden_by_the_file_of_its_name(name):
    assert inspect.isfunction(getattr(smsframe, name))


def test_errors_stand_where_the_tree_says():
    tree = {
        smsframe.SmsFrameError: Exception,
        smsframe.ContactsError: smsframe.SmsFrameError,
        smsframe.TextError: smsframe.SmsFrameError,
        smsframe.UnknownCampaign: smsframe.SmsFrameError,
        smsframe.CampaignChanged: smsframe.SmsFrameError,
        smsframe.ConfirmationMismatch: smsframe.SmsFrameError,
        smsframe.NotEnoughCredit: smsframe.SmsFrameError,
        smsframe.CampaignStopped: smsframe.SmsFrameError,
        smsframe.JournalError: smsframe.SmsFrameError,
        smsframe.GatewayError: smsframe.SmsFrameError,
        smsframe.NotAuthorised: smsframe.GatewayError,
        smsframe.Rejected: smsframe.GatewayError,
        smsframe.Unavailable: smsframe.GatewayError,
        smsframe.Unconfirmed: smsframe.GatewayError,
    }
    assert all(error.__bases__[0] is base for error, base in tree.items())
    assert issubclass(smsframe.ContactsError, ValueError)
    assert issubclass(smsframe.TextError, ValueError)


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_everything_public_explains_itself(name):
    assert (inspect.getdoc(getattr(smsframe, name)) or "").strip()


@pytest.mark.parametrize(
    "name", ["check", "plan", "send", "resume", "refresh", "results", "campaigns", "withdraw"]
)
def test_the_public_functions_show_an_example_and_what_they_raise(name):
    text = inspect.getdoc(getattr(smsframe, name))
    assert "Example:" in text
    assert "Raises:" in text


def test_every_parameter_of_send_stands_in_its_docstring():
    text = inspect.getdoc(smsframe.send)
    assert all(f"{name}: " in text for name in inspect.signature(smsframe.send).parameters)


def test_the_accessor_has_the_functions_own_signatures_and_docstrings():
    frame = pd.DataFrame()
    for name in ("check", "plan", "send", "refresh", "summary", "failed", "to_csv"):
        function, method = getattr(smsframe, name), getattr(frame.sms, name)
        assert list(inspect.signature(method).parameters) == list(inspect.signature(function).parameters)[1:]
        assert method.__doc__ == function.__doc__


def test_any_frame_and_series_may_be_asked_for_its_methods():
    for data in (pd.DataFrame({"x": [1]}), pd.Series([1]), pd.DataFrame(), pd.Series(dtype=object)):
        assert hasattr(data, "sms")
        assert "sms" in dir(data)


def test_a_column_called_sms_is_still_there_by_its_label():
    frame = pd.DataFrame({"sms": [1]})
    assert frame["sms"].tolist() == [1]
    assert callable(frame.sms.check)


def test_the_logger_is_silent_until_somebody_listens():
    code = "import logging, smsframe; logging.getLogger('smsframe').warning('x'); print('ok')"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr == ""


def test_there_is_a_version():
    assert smsframe.__version__


def test_what_is_not_there_is_said_so():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        smsframe.nonsense  # noqa: B018 - the access is the test
