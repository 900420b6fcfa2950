"""The public names: what is promised is there, and nothing else."""

from __future__ import annotations

import inspect
import re
import types
from pathlib import Path

import pandas as pd
import pytest

import smsframe

CONTRACT = {
    "check", "plan", "send", "resume", "resend", "refresh", "results", "campaigns", "costs", "withdraw",
    "cancel", "reschedule", "stop", "test", "partition", "finish", "assign", "lift",
    "forget", "purge", "optouts", "history", "replies",
    "read_contacts",
    "compose", "Form", "start", "watch", "Run",
    "plot", "problems", "reveal",
    "normalize", "segments", "summary", "failed", "by", "explain",
    "to_csv", "to_excel", "to_parquet",
    "Gateway", "Hours", "Journal", "OptoutList", "Partition", "Plan", "Policy", "Sandbox", "Summary",
    "ContactsSchema", "CheckedSchema", "PlannedSchema", "ResultsSchema", "PhoneGuessed",
    "SmsFrameError", "ContactsError", "TextError", "UnknownCampaign", "CampaignChanged",
    "ConfirmationMismatch", "NotEnoughCredit", "CampaignStopped", "JournalError",
    "GatewayError", "NotAuthorised", "Rejected",
    "Unavailable", "Unconfirmed",
}  # fmt: skip


def test_the_public_names_are_those_of_the_contract_sorted():
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
    "name",
    [
        "check",
        "plan",
        "send",
        "resume",
        "resend",
        "refresh",
        "results",
        "campaigns",
        "withdraw",
        "cancel",
        "reschedule",
    ],
)
def test_the_public_functions_show_an_example_and_what_they_raise(name):
    text = inspect.getdoc(getattr(smsframe, name))
    assert "Example:" in text
    assert "Raises:" in text


FUNCTIONS = {name: getattr(smsframe, name) for name in sorted(CONTRACT) if name.islower()}
METHODS = {
    f"{kind.__name__}.{name}": method
    for kind in (smsframe.Plan, smsframe.Summary, smsframe.Gateway, smsframe.Sandbox)
    for name, method in inspect.getmembers(kind, inspect.isroutine)
    if not name.startswith("_")
}


@pytest.mark.parametrize("name", [*FUNCTIONS, *METHODS])
def test_a_docstring_shows_well_where_notebooks_show_it(name):
    """One sentence at the top, and every parameter, also where Shift-Tab cuts the rest off."""
    thing = (FUNCTIONS | METHODS)[name]
    text = inspect.getdoc(thing)
    first = text.splitlines()[0]
    assert len(first) <= 110
    assert first[0].isupper() or first.startswith("``")
    assert text.split("\n\n")[0].rstrip().endswith((".", ":"))
    assert max(map(len, text.splitlines())) <= 110


OBJECTS = {("Gateway", "profile"), ("Gateway", "clock")}
"""Parameters whose default is an object, not a value."""

ENGINE_ONLY = {
    "Gateway.add_optouts",
    "Gateway.cancel",
    "Gateway.history_page",
    "Gateway.optouts_page",
    "Gateway.post",
    "Gateway.state",
}
"""Methods of the gateway protocol, which the engine calls and users do not."""


def signatures():
    """
    Each public function and method with its parameters, as `tests/data/public_signatures.txt` records them.

    Names, order, kinds and defaults, which callers rely on; types are what `tests/typed_user.py` is for.
    """
    constructors = {name: getattr(smsframe, name) for name in ("Gateway", "Sandbox")}
    for name, function in (FUNCTIONS | METHODS | constructors).items():
        if name in ENGINE_ONLY:
            continue
        parameters = [
            parameter.replace(annotation=inspect.Parameter.empty)
            for parameter in inspect.signature(function).parameters.values()
            if (name, parameter.name) not in OBJECTS
        ]
        yield f"{name}{inspect.Signature(parameters)}"


def test_the_public_signatures_are_the_recorded_ones():
    """A line that is missing or changed breaks callers; a new one is added to the file."""
    recorded = Path(__file__).parents[1] / "data/public_signatures.txt"
    assert list(signatures()) == recorded.read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_and_so_every_method_of_the_accessors_has_an_example(name):
    assert "Example:\n    >>> " in inspect.getdoc(FUNCTIONS[name])


@pytest.mark.parametrize("name", ["Gateway", "Journal", "Plan", "Sandbox", "Summary", "ContactsSchema"])
def test_every_class_that_people_use_has_an_example(name):
    assert "Example:\n    >>> " in inspect.getdoc(getattr(smsframe, name))


def test_an_accessor_has_nothing_but_the_public_functions():
    for data in (pd.DataFrame(), pd.Series(dtype=object)):
        names = [name for name in dir(data.sms) if not name.startswith("_")]
        assert set(names) <= set(FUNCTIONS)


@pytest.mark.parametrize("name", ["Gateway", "Journal", "Sandbox", "send", "plan", "compose"])
def test_what_a_notebook_shows_of_a_signature_can_be_read(name):
    """Shift-Tab shows defaults by their reprs: no default may be a page of its own."""
    defaults = [value.default for value in inspect.signature(getattr(smsframe, name)).parameters.values()]
    assert max(len(repr(default)) for default in defaults) <= 40


def test_the_help_of_the_package_names_functions_that_there_are():
    for name in re.findall(r"smsframe\.(\w+)", smsframe.__doc__):
        assert hasattr(smsframe, name)
    for name in re.findall(r"df\.sms\.(\w+)", smsframe.__doc__):
        assert hasattr(pd.DataFrame().sms, name)


def test_the_accessor_has_the_functions_own_signatures():
    frame = pd.DataFrame()
    for name in ("check", "plan", "send", "refresh", "summary", "failed", "to_csv", "to_excel", "to_parquet"):
        function, method = getattr(smsframe, name), getattr(frame.sms, name)
        assert list(inspect.signature(method).parameters) == list(inspect.signature(function).parameters)[1:]


def test_any_frame_and_series_may_be_asked_for_its_methods():
    for data in (pd.DataFrame({"x": [1]}), pd.Series([1]), pd.DataFrame(), pd.Series(dtype=object)):
        assert hasattr(data, "sms")
        assert "sms" in dir(data)


def test_a_column_called_sms_is_still_there_by_its_label():
    frame = pd.DataFrame({"sms": [1]})
    assert frame["sms"].tolist() == [1]
    assert callable(frame.sms.check)


def test_there_is_a_version():
    assert smsframe.__version__


def test_what_is_not_there_is_said_so():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        smsframe.nonsense  # noqa: B018 - the access is the test
