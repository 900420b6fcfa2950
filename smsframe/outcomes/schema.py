"""
What comes in and what goes out, as pandera schemas. `columns` has the rules, and says when pandera is loaded.
"""

from __future__ import annotations

from typing import Annotated

import pandas as pd  # noqa: TC002 - pandera reads the annotations
import pandera.pandas as pa

from smsframe.outcomes import columns
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import STATUSES


class ContactsSchema(pa.DataFrameModel):
    """
    What comes in: subclass it with rules of your own and pass the class as ``schema=``.

    Failing rows are ``invalid`` with the rule as their reason; nothing is changed or dropped. A rule that
    cannot be applied at all (a column that is not there, another dtype, an error in the rule itself) raises
    `ContactsError`; a row for which alone a rule raises an error breaks it.

    Example:
        >>> import pandera.pandas as pa
        >>> class Adults(ContactsSchema):
        ...     age: int = pa.Field(ge=18)
        >>> people = pd.DataFrame({"mobile": ["+393471234567", "+393471234568"], "age": [17, 18]})
        >>> smsframe.check(people, phone="mobile", schema=Adults)["sms_status"].tolist()
        ['invalid', 'ready']
    """


class _WithReasons(pa.DataFrameModel):
    """The result columns that every frame of ours has: what is true of a row, and why."""

    sms_status: Annotated[pd.CategoricalDtype, STATUSES, False] = pa.Field()
    sms_reason: pd.StringDtype = pa.Field(nullable=True, dtype_kwargs={"storage": "pyarrow"})
    sms_phone: pd.StringDtype = pa.Field(nullable=True, dtype_kwargs={"storage": "pyarrow"})
    sms_code: Annotated[pd.CategoricalDtype, tuple(CODES), False] = pa.Field(nullable=True)

    class Config:
        """The order of the columns is a part of the contract; columns of the user's own may be anywhere."""

        ordered = True

    @pa.check("sms_phone", error=columns.NUMBERED)
    def numbered(cls, phones: pd.Series[str]) -> pd.Series[bool]:  # noqa: N805 - pandera makes it a class method
        """A number is written with a plus and its country code."""
        return columns.are_e164(phones)

    @pa.dataframe_check(error=columns.EXPLAINED)
    def explained(cls, frame: pd.DataFrame) -> pd.Series[bool]:  # noqa: N805 - pandera makes it a class method
        """Each row that is not simply fine says why, twice: for programs and for people."""
        return columns.explained(frame)

    @pa.dataframe_check(error=columns.ADDRESSED)
    def addressed(cls, frame: pd.DataFrame) -> pd.Series[bool]:  # noqa: N805 - as above
        """Only an invalid row may be without a number."""
        return columns.addressed(frame)


class CheckedSchema(_WithReasons):
    """What `check` returns: who could be texted, and why the others could not. Four columns, in order."""

    sms_status: Annotated[pd.CategoricalDtype, STATUSES, False] = pa.Field(
        isin=list(columns.CHECKED_STATUSES)
    )


class PlannedSchema(_WithReasons):
    """
    What ``plan.frame`` holds: as checked, and a fifth column with the segments of each text.

    People who have an outcome in the campaign already have its status, code and reason.
    """

    sms_segments: pd.Int64Dtype = pa.Field(nullable=True, ge=1)

    @pa.dataframe_check(error=columns.COUNTED)
    def counted(cls, frame: pd.DataFrame) -> pd.Series[bool]:  # noqa: N805 - as above
        """You see it before you pay."""
        return columns.counted(frame)


class ResultsSchema(_WithReasons):
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
