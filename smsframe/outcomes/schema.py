"""
What comes in and what goes out, as pandera schemas.

Everything works by position inside and gets the caller's index back at the end, because labels may repeat
and failing rows must not be mistaken for each other.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from smsframe.outcomes.codes import CODES

E164 = r"^\+[1-9][0-9]{6,14}$"

STATUSES = (
    "ready",  # can be sent (check and plan only)
    "accepted",  # the gateway has taken the text; that is not yet delivered
    "scheduled",  # as accepted, for a later time
    "rejected",  # the gateway said no to this number
    "unconfirmed",  # nobody can know yet; never sent again before it is looked up
    "pending",  # not sent, and will be when the campaign goes on
    "cancelled",  # a scheduled text that was called back
    "invalid",  # cannot be sent: the number, the text or a rule
    "duplicate",  # the same number as an earlier row, whose text goes out
    "suppressed",  # left out on purpose: opted out, capped, not allowed, held out
)


class ContactsSchema(pa.DataFrameModel):
    """
    What comes in: subclass it with rules of your own and pass the class as ``schema=``.

    Failing rows are ``invalid`` with the rule as their reason; nothing is changed or dropped. A rule that
    cannot be applied at all (a column that is not there, another dtype) raises `ContactsError`.

    Example:
        >>> import pandera.pandas as pa
        >>> class Adults(ContactsSchema):
        ...     age: int = pa.Field(ge=18)
        >>> people = pd.DataFrame({"mobile": ["+393471234567", "+393471234568"], "age": [17, 18]})
        >>> smsframe.check(people, phone="mobile", schema=Adults)["sms_status"].tolist()
        ['invalid', 'ready']
    """


class _Reasoned(pa.DataFrameModel):
    """The result columns that every frame of ours has: what is true of a row, and why."""

    sms_status: Annotated[pd.CategoricalDtype, STATUSES, False] = pa.Field()
    sms_reason: pd.StringDtype = pa.Field(nullable=True, dtype_kwargs={"storage": "pyarrow"})
    sms_phone: pd.StringDtype = pa.Field(nullable=True, dtype_kwargs={"storage": "pyarrow"}, str_matches=E164)
    sms_code: Annotated[pd.CategoricalDtype, tuple(CODES), False] = pa.Field(nullable=True)

    class Config:
        """The order of the columns is a part of the contract; columns of the user's own may be anywhere."""

        ordered = True

    @pa.dataframe_check(error="a status that says why has a code and a reason")
    def explained(cls, frame: pd.DataFrame) -> pd.Series[bool]:  # noqa: N805 - pandera makes it a class method
        """Each row that is not simply fine says why, twice: for programs and for people."""
        fine = frame["sms_status"].isin(["ready", "accepted", "scheduled"])
        return fine | (frame["sms_code"].notna() & frame["sms_reason"].notna())

    @pa.dataframe_check(error="a text has somebody to go to")
    def addressed(cls, frame: pd.DataFrame) -> pd.Series[bool]:  # noqa: N805 - as above
        """Only an invalid row may be without a number."""
        return frame["sms_phone"].notna() | frame["sms_status"].isin(["invalid"])


class CheckedSchema(_Reasoned):
    """What `check` returns: who could be texted, and why the others could not. Four columns, in order."""

    sms_status: Annotated[pd.CategoricalDtype, STATUSES, False] = pa.Field(
        isin=["ready", "invalid", "duplicate", "suppressed"]
    )


class PlannedSchema(_Reasoned):
    """
    What ``plan.frame`` holds: as checked, and a fifth column with the segments of each text.

    People who have an outcome in the campaign already have its status, code and reason.
    """

    sms_segments: pd.Int64Dtype = pa.Field(nullable=True, ge=1)

    @pa.dataframe_check(error="a ready row knows its segments")
    def counted(cls, frame: pd.DataFrame) -> pd.Series[bool]:  # noqa: N805 - as above
        """You see it before you pay."""
        return frame["sms_segments"].notna() | frame["sms_status"].ne("ready")


class ResultsSchema(_Reasoned):
    """The result columns, after the user's own, in this order, with these dtypes also when empty."""

    sms_segments: pd.Int64Dtype = pa.Field(nullable=True, ge=1)
    sms_credits: pd.Float64Dtype = pa.Field(nullable=True, ge=0)
    sms_order_id: pd.StringDtype = pa.Field(nullable=True, dtype_kwargs={"storage": "pyarrow"})
    sms_sent_at: Annotated[pd.DatetimeTZDtype, "us", "UTC"] = pa.Field(nullable=True)
    sms_scheduled_at: Annotated[pd.DatetimeTZDtype, "us", "UTC"] = pa.Field(nullable=True)
    sms_delivery: pd.StringDtype = pa.Field(nullable=True, dtype_kwargs={"storage": "pyarrow"})
    sms_delivered_at: Annotated[pd.DatetimeTZDtype, "us", "UTC"] = pa.Field(nullable=True)
    sms_attempt: pd.Int64Dtype = pa.Field(nullable=True, ge=1)
    sms_variant: pd.StringDtype = pa.Field(nullable=True, dtype_kwargs={"storage": "pyarrow"})
    sms_campaign: pd.StringDtype = pa.Field(nullable=True, dtype_kwargs={"storage": "pyarrow"})


CHECKED = tuple(CheckedSchema.to_schema().columns)
PLANNED = tuple(PlannedSchema.to_schema().columns)
COLUMNS = tuple(ResultsSchema.to_schema().columns)
PROBLEM_COLUMNS = ("sms_row", "sms_column", "sms_cell", "sms_reason", "sms_todo")
"""What `smsframe.problems` says of a row, before the columns of the user's own."""
PHONE_KEY = "smsframe_phone"
"""Under this name a checked frame remembers, in its attributes, which column was checked."""
DTYPES: dict[str, Any] = {
    name: column.dtype.type for name, column in ResultsSchema.to_schema().columns.items()
}


def results_for(rows: int, names: tuple[str, ...] = COLUMNS, **columns: Any) -> pd.DataFrame:
    """A frame of these result columns for so many rows, by position: those given, the others missing."""
    index = pd.RangeIndex(rows)
    made = {}
    for name in names:
        value, dtype = columns.pop(name, None), DTYPES[name]
        if isinstance(value, pd.Series | pd.Categorical | pd.api.extensions.ExtensionArray):
            made[name] = pd.Series(value).set_axis(index).astype(dtype)
        else:
            made[name] = pd.Series([value], dtype=dtype).take(np.zeros(rows, dtype=np.intp)).set_axis(index)
    if columns:
        raise TypeError(f"no such result columns: {sorted(columns)}")
    return pd.DataFrame(made, index=index)


def satisfied(schema: type[_Reasoned], results: pd.DataFrame) -> pd.DataFrame:
    """
    The results, as a schema of ours says they are.

    Raises:
        RuntimeError: They are not, which is a bug of ours. What pandera says would list people's numbers.
    """
    broken = None
    try:
        return schema.validate(results)
    except pa.errors.SchemaError as error:
        broken = error.check.error if isinstance(error.check, pa.Check) else error.reason_code
    except pa.errors.SchemaErrors:  # pandera raises all at once when columns are not in order
        broken = "columns in another order"
    raise RuntimeError(
        f"smsframe made results that are not as {schema.__name__} says ({broken}): please report this bug"
    )


def attach(contacts: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """
    Put result columns after the user's own, under the user's index.

    All earlier result columns go, also those that are not among the new ones: they are of another call. The
    attributes of the contacts stay, with the rows of the file that they were read from.
    """
    own = contacts.loc[:, ~contacts.columns.isin([*COLUMNS, *PROBLEM_COLUMNS])]
    attached = pd.concat([own, results.set_axis(contacts.index)], axis=1)
    attached.attrs = dict(contacts.attrs)
    return attached
