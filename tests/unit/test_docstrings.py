"""Each parameter of a public function is explained where people look: in that function's own docstring."""

from __future__ import annotations

import inspect
import pydoc
import re

import pandas as pd
import pytest
from IPython.core import oinspect

import smsframe
from smsframe.accessor import FrameAccessor, SeriesAccessor
from smsframe.api.docstrings import explained, without_parameter
from smsframe.api.prepare import PlanOptions

FUNCTIONS = {
    name: getattr(smsframe, name)
    for name in smsframe.__all__
    if inspect.isfunction(inspect.unwrap(getattr(smsframe, name)))
}
ACCESSORS = {
    f"{accessor.__name__}.{name}": getattr(accessor(data), name)
    for accessor, data in ((FrameAccessor, pd.DataFrame()), (SeriesAccessor, pd.Series(dtype=object)))
    for name in vars(accessor)
    if not name.startswith("_")
}
METHODS = {
    f"{kind.__name__}.{name}": getattr(kind, name)
    for kind in (smsframe.Plan, smsframe.Run, smsframe.Summary, smsframe.Form, smsframe.Sandbox)
    for name, method in vars(kind).items()
    if inspect.isfunction(inspect.unwrap(method)) and not name.startswith("_")
}
INTERNAL = {"Run.begin", "Form.wait"}
"""Called by smsframe itself, or with a sentence instead of a list of parameters."""

SECTIONS = re.compile(r"^(Args[\w ]*):\n((?:    .*\n|\n(?=    ))+)", re.MULTILINE)
ENTRY = re.compile(r"^    \*{0,2}(\w+): (\S.*(?:\n        .*)*)", re.MULTILINE)


def documented(function):
    """The parameters in a docstring: for each section, in their order, name and text."""
    doc = inspect.getdoc(function) + "\n"
    return {
        title: {name: " ".join(text.split()) for name, text in ENTRY.findall(entries)}
        for title, entries in SECTIONS.findall(doc)
    }


def parameters(function):
    return [name for name in inspect.signature(function).parameters if name != "self"]


def test_there_is_something_to_walk_through():
    assert len(FUNCTIONS) >= 19
    assert {"FrameAccessor.send", "FrameAccessor.compose", "SeriesAccessor.normalize"} <= ACCESSORS.keys()
    assert {"Run.wait", "Plan.cheaper", "Sandbox.misbehave"} <= METHODS.keys()


@pytest.mark.parametrize("name", [*FUNCTIONS, *ACCESSORS, *sorted(METHODS.keys() - INTERNAL)])
def test_a_docstring_explains_the_parameters_of_its_signature_and_no_others(name):
    function = (FUNCTIONS | ACCESSORS | METHODS)[name]
    texts = [entry for entries in documented(function).values() for entry in entries.items()]
    assert sorted(key for key, _ in texts) == sorted(parameters(function))
    for key, text in texts:
        assert len(text) > 8, f"{key} is hardly explained"
        assert not re.search(r"\b[Aa]s (in|for) `", text), f"{key} is explained elsewhere"
        assert "The others of" not in text


@pytest.mark.parametrize("name", ["plan", "send", "start", "resume", "compose"])
def test_what_is_used_daily_comes_first_then_safety_then_tuning(name):
    found = documented(FUNCTIONS[name])
    assert list(found) == ["Args", "Args for safety", "Args for tuning"]
    assert {"gateway"} <= found["Args"].keys()
    assert {"journal"} <= found["Args for safety"].keys()
    assert found["Args for tuning"].keys() >= {"plan": {"batch_size"}}.get(name, {"workers", "rate", "grace"})
    order = parameters(FUNCTIONS[name])
    for entries in found.values():
        assert list(entries) == [key for key in order if key in entries]


def test_the_same_text_is_shown_by_help_and_by_ipython():
    send = pd.DataFrame().sms.send
    wanted = "rate: Recipients per second at most; no limit when not given."
    assert wanted in pydoc.render_doc(send)
    assert wanted in oinspect.getdoc(send)
    assert wanted in inspect.getdoc(smsframe.send)


@pytest.mark.parametrize("name", ACCESSORS)
def test_a_method_is_described_as_its_function_but_for_the_data(name):
    method, function = ACCESSORS[name], FUNCTIONS[name.split(".")[1]]
    data, *others = parameters(function)
    assert parameters(method) == others
    texts = {key: text for entries in documented(function).values() for key, text in entries.items()}
    assert data in texts
    del texts[data]
    assert {key: text for entries in documented(method).values() for key, text in entries.items()} == texts
    before, after = (re.sub(SECTIONS, "", inspect.getdoc(thing)) for thing in (method, function))
    assert before.split() == after.split()


def test_nobody_can_forget_a_text_or_leave_one_behind():
    def look(contacts, nobody_explains):
        """Look."""

    with pytest.raises(LookupError, match="without a text: nobody_explains"):
        explained()(look)
    with pytest.raises(LookupError, match="no parameters color"):
        explained(nobody_explains="Is explained.", color="A color.")(look)


def test_a_text_of_the_function_itself_goes_before_that_of_the_options():
    @explained(PlanOptions, phone="This one's own.")
    def look(contacts, phone, batch_size):
        """
        Look.

        Returns:
            Nothing.
        """

    assert documented(look)["Args"]["phone"] == "This one's own."
    assert documented(look)["Args for tuning"]["batch_size"] == "Recipients per order at most."
    assert inspect.getdoc(look).endswith("Returns:\n    Nothing.")


@pytest.mark.parametrize("strip", [explained(), lambda function: without_parameter(function.__doc__, "text")])
def test_docstrings_may_be_stripped(strip):
    def look(text):
        pass

    assert look.__doc__ is None
    strip(look)
    assert look.__doc__ is None
