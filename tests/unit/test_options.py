"""Option objects: validated when made, and complete, so that no keyword is passed on by hand."""

from __future__ import annotations

import dataclasses
import inspect
import traceback
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

import smsframe
from smsframe.api.tracebacks import hide_frames, with_signature_of
from smsframe.campaign.options import (
    CancelOptions,
    RefreshOptions,
    RescheduleOptions,
    ResendOptions,
    ResumeOptions,
    SendOptions,
)
from smsframe.orders.terms import Terms
from smsframe.planning.options import PlanOptions

TARGETS = {"contacts", "text", "campaign", "gateway", "journal", "results", "rows"}
"""What is no option: what is sent, and where."""

OBJECTS = {
    "plan": (PlanOptions,),
    "send": (PlanOptions, SendOptions),
    "start": (PlanOptions, SendOptions),
    "resume": (ResumeOptions,),
    "resend": (ResendOptions,),
    "reschedule": (RescheduleOptions,),
    "cancel": (CancelOptions,),
    "refresh": (RefreshOptions,),
}


def defaults(function):
    """The keyword-only parameters of a function, with their defaults."""
    found = inspect.signature(function).parameters.values()
    return {
        parameter.name: parameter.default for parameter in found if parameter.kind is parameter.KEYWORD_ONLY
    }


@pytest.mark.parametrize("name", OBJECTS)
def test_each_keyword_is_in_exactly_one_option_object_with_the_same_default(name):
    keywords = defaults(getattr(smsframe, name))
    fields = [field for kind in OBJECTS[name] for field in dataclasses.fields(kind)]
    names = [field.name for field in fields]
    assert len(names) == len(set(names))
    assert set(names) - TARGETS == keywords.keys() - TARGETS
    assert {field.name: field.default for field in fields} == {key: keywords[key] for key in names}


@pytest.mark.parametrize("name", ["check", "compose"])
def test_a_function_with_fewer_keywords_has_them_from_the_option_objects(name):
    known = {"phone", *TARGETS} | set().union(*(kind.parameters() for kind in OBJECTS["send"]))
    assert defaults(getattr(smsframe, name)).keys() <= known


WRONG = {
    PlanOptions: [
        {"campaign": ""},
        {"campaign": " \t"},
        {"campaign": "a\nb"},
        {"campaign": 7},
        {"quality": "best"},
        {"schedule": datetime(2030, 1, 1)},  # noqa: DTZ001 - without a zone
        {"schedule": ["2030-01-01"]},
        {"undo": 0},
        {"undo": "25 h"},
        {"undo": True},
        {"max_segments": 0},
        {"policy": 5},
        {"policy": {"budget": 5}},
        {"max_segments": True},
        {"batch_size": 1.5},
        {"batch_size": -1},
        {"text_fix": "ascii"},
    ],
    SendOptions: [
        {"workers": 0},
        {"workers": 65},
        {"workers": True},
        {"workers": 2.0},
        {"rate": 0},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"rate": True},
        {"grace": -1},
        {"grace": float("nan")},
        {"grace": 86_401},
        {"grace": "30"},
        {"confirm": "3"},
        {"confirm": True},
        {"changed": "yes"},
        {"changed": True},
        {"refusals": "drop"},
        {"refusals": None},
    ],
    ResumeOptions: [
        {"unconfirmed": "ignore"},
        {"schedule": datetime(2030, 1, 1)},  # noqa: DTZ001 - without a zone
        {"undo": "soon"},
        {"undo": "25 h"},
        {"refusals": "drop"},
        {"confirm": "3"},
        {"workers": 0},
    ],
}
EACH = [(kind, wrong) for kind, listed in WRONG.items() for wrong in listed]


@pytest.mark.parametrize(("kind", "wrong"), EACH, ids=[f"{kind.__name__}-{wrong}" for kind, wrong in EACH])
def test_what_makes_no_sense_is_refused_when_it_is_made_and_named(kind, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))) as refused:
        kind(**wrong)
    assert not isinstance(refused.value, smsframe.SmsFrameError)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        dataclasses.replace(kind(), **wrong)


@pytest.mark.parametrize("options", [{"sender": "far too long a name"}, {"sender": "Acme", "quality": "low"}])
def test_a_sender_is_refused_when_the_terms_are_agreed(options):
    """What a sender may be is the gateway's rule, and which gateway it is the option object does not know."""
    with pytest.raises(ValueError, match="sender"):
        PlanOptions(**options).terms()
    with pytest.raises(ValueError, match="sender"):
        smsframe.plan(PEOPLE, "Ciao", phone="mobile", **options)


@pytest.mark.parametrize("count", [3, 3.0, pd.Series([1, 2]).sum()])
def test_people_are_confirmed_with_any_number(count):
    assert SendOptions(confirm=count).confirm == 3


def test_an_option_object_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        PlanOptions().quality = "low"


def test_what_a_call_says_of_the_terms_replaces_what_was_agreed():
    later = datetime(2030, 1, 1, 9, tzinfo=UTC)
    agreed = Terms(schedule=datetime(2029, 1, 1, tzinfo=UTC), skip_refused=True)
    assert SendOptions().applied(agreed) == dataclasses.replace(agreed, skip_refused=False)
    assert ResumeOptions().applied(agreed) == agreed
    assert ResumeOptions(schedule=later, refusals="split").applied(agreed) == Terms(schedule=later)


def test_the_options_that_were_given_are_known_by_name():
    assert PlanOptions().given() == []
    assert PlanOptions(batch_size=1000, quality="high", suppress=None).given() == []
    numbers = pd.DataFrame({"phone": ["+393471234567"]})
    assert PlanOptions(suppress=numbers, batch_size=10).given() == ["suppress", "batch_size"]


# One wrapper per call --------------------------------------------------------------------------------------

PEOPLE = pd.DataFrame({"mobile": ["+393471234567"]})
GIVEN = {"phone": "mobile", "suppress": "there is no such file.csv"}
"""An error of Python's own comes out of reading the file."""

CALLS = {
    "function": lambda: smsframe.plan(PEOPLE, "Ciao", **GIVEN),
    "accessor": lambda: PEOPLE.sms.plan("Ciao", **GIVEN),
    "nested": lambda: hide_frames(hide_frames(smsframe.plan))(PEOPLE, "Ciao", **GIVEN),
}


@pytest.mark.parametrize("how", CALLS)
def test_an_error_is_cleaned_once_however_many_public_functions_a_call_goes_through(
    how, monkeypatch, tmp_path
):
    monkeypatch.setenv("SMSFRAME_DEBUG", "1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(FileNotFoundError) as caught:
        CALLS[how]()
    (trace,) = tmp_path.iterdir()
    assert str(caught.value).count("a trace for a bug report is in") == 1
    assert str(caught.value).count(str(trace)) == 1
    package = str(Path(smsframe.__file__).parent)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [frame for frame in frames if frame.f_code.co_filename.startswith(package)]
    assert [frame.f_code.co_name for frame in ours] == ["call"]
    assert not ours[0].f_locals["args"]
    assert not ours[0].f_locals["options"]


def test_after_an_error_the_next_call_is_wrapped_again(monkeypatch, tmp_path):
    monkeypatch.setenv("SMSFRAME_DEBUG", "1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for count in (1, 2):
        with pytest.raises(FileNotFoundError):
            CALLS["accessor"]()
        assert len(list(tmp_path.iterdir())) == count


@pytest.mark.parametrize("leaving", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_program_is_not_swallowed(leaving):
    @hide_frames
    def ends():
        raise leaving("now")

    with pytest.raises(leaving, match="now"):
        ends()


def test_a_guessed_column_is_warned_of_at_the_line_of_the_caller():
    for call in (smsframe.check, lambda people: people.sms.check(), lambda people: people.sms.plan("Ciao")):
        with pytest.warns(smsframe.PhoneGuessed) as warned:
            call(PEOPLE)
        assert warned[0].filename == __file__


def test_a_function_that_is_called_as_another_refuses_other_keywords_by_its_own_name():
    @with_signature_of(smsframe.send)
    def later(**keywords):
        return keywords

    assert later(PEOPLE, workers=2)["workers"] == 2
    assert later(PEOPLE)["grace"] == 30.0
    with pytest.raises(TypeError, match=r"later\(\) got an unexpected keyword argument 'workes'"):
        later(PEOPLE, workes=2)


# A plan is sent as it was seen -----------------------------------------------------------------------------

OTHERS = {
    "campaign": "winter",
    "phone": "mobile",
    "region": "IT",
    "sender": "Acme",
    "quality": "low",
    "schedule": datetime(2030, 1, 1, tzinfo=UTC),
    "undo": "5 min",
    "ramp": "1%, rest",
    "numbers": "valid",
    "schema": smsframe.ContactsSchema,
    "suppress": ["+393471234567"],
    "policy": smsframe.Policy(budget=5),
    "max_segments": 1,
    "message_type": "X",
    "batch_size": 7,
    "text_fix": "gsm",
}


def test_every_planning_keyword_is_tried():
    assert OTHERS.keys() == PlanOptions.parameters().keys()


@pytest.mark.parametrize("call", [smsframe.send, smsframe.start])
@pytest.mark.parametrize("name", OTHERS)
def test_what_belongs_to_a_plan_is_not_ignored_when_a_plan_is_sent(name, call):
    """Who gives ``suppress=`` here means it; a plan that was made without it would text those people."""
    plan = smsframe.plan(PEOPLE, "Ciao", campaign="autumn", phone="mobile")
    with pytest.raises(TypeError, match=rf"so {name}= cannot go with it"):
        call(plan, **{name: OTHERS[name]})
