"""
The rules of the user's own schema: which rows break which, as sentences, and the columns these name.

Numbers are masked in the sentences: the values that a rule allows may be numbers of people, and the text of
an error that a rule raises may have what stands in a cell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.arrow import TEXT, printed
from smsframe.errors import ContactsError
from smsframe.masking import mask, visible

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from smsframe.outcomes.schema import ContactsSchema

_COERCION = "coerce_dtype("
"""How pandera names the rule that ``coerce=True`` is."""

_OF_FRAME = "failure_case"
"""What pandera calls the column where all are coerced at once; the cells are by their columns then."""

_MOST_QUESTIONS = 400
"""So many parts of a table are judged by themselves, at most, to find the rows that a schema raises for."""

_INAPPLICABLE = "the schema cannot be applied to this table: "

_LONGEST_ERROR = 60
"""Characters of the text of an error in the sentence of a rule that raised it."""


class _Verdict(NamedTuple):
    """
    What a schema says of rows.

    Attributes:
        dropped: The rows that it drops without a word.
        failures: The rules that are broken, as pandera gives them.
        raised: What it raised, or the rules that did, as a sentence where pandera says which (``named``).
    """

    dropped: Any = None
    failures: pd.DataFrame | None = None
    raised: str = ""
    named: bool = False


def broken_rules(contacts: pd.DataFrame, schema: type[ContactsSchema]) -> pd.Series[Any]:
    """
    Per row, by position, the user's rules that it breaks, as a sentence; missing where it breaks none.

    Raises:
        ContactsError: What is given is no schema, or it cannot be applied to the table.
    """
    if not callable(getattr(schema, "validate", None)):
        kind = schema.__name__ if isinstance(schema, type) else mask(repr(schema))
        raise ContactsError(f"schema= must be a subclass of smsframe.ContactsSchema, not {kind}")
    rest = contacts.reset_index(drop=True)
    broken: pd.Series[Any] = pd.Series(pd.NA, index=rest.index, dtype=TEXT)
    while True:
        verdict = _ask(schema, rest)
        failures = verdict.failures
        if verdict.raised:
            aside = _raising(schema, rest, verdict)
        elif failures is None:
            # `drop_invalid_rows` in the user's schema drops instead of saying which rule it was.
            broken.loc[verdict.dropped] = "breaks a rule of the schema, which drops such rows"
            return broken
        elif (coercions := _coercions(failures)).any():
            # Where a value cannot be coerced pandera leaves the column as it was, so that other rules fail,
            # or say nothing of any row: the other rows are judged again without these.
            aside = _by_row(_with_columns(failures[coercions], schema, rest))
        else:
            break
        broken.loc[aside.index] = aside
        rest = rest.drop(index=aside.index)
        if rest.empty:
            return broken
    general = failures[failures["index"].isna()]
    if len(general):
        raise ContactsError(_INAPPLICABLE + _misfits(general), failures=general)
    by_row = _by_row(failures)
    broken.loc[by_row.index] = by_row
    return broken


def named_columns(reasons: pd.Series[Any], labels: Sequence[Hashable]) -> pd.Series[Any]:
    """
    The position of the column that the sentence of a broken rule names first; missing where it names none.

    Args:
        reasons: Sentences of `broken_rules`, shortened or not.
        labels: The columns of the table; of several with one name it is the first.

    Example:
        >>> reasons = pd.Series(["breaks the rule isin([1, 2]) of 'a'", "5 cannot be coerced to int64", "-"])
        >>> named_columns(reasons, ["a", 5]).tolist()
        [0, 1, <NA>]
    """
    names = [_named(label) for label in labels]
    different = {name: {str(label) for label in labels if _named(label) == name} for name in _masked(names)}
    places = {name: names.index(name) for name in names if len(different.get(name, "-")) == 1}
    if not places:
        return pd.Series(pd.NA, index=reasons.index, dtype="Int64")
    column = "|".join(map(re.escape, sorted(places, key=len, reverse=True)))
    pattern = (
        rf"(?:^|; )(?:(?:breaks the rule|the rule|the parser)(?: .*?)? of )?({column})"
        r"(?: cannot be coerced to | raised |;|$)"
    )
    return reasons.astype(object).str.extract(pattern, expand=False).map(places).astype("Int64")


def rule_columns(contacts: pd.DataFrame, schema: Any) -> list[Hashable]:
    """The columns of the table that a schema has rules about."""
    try:
        rules = {} if schema is None else _whole(schema).columns
    except Exception:  # noqa: BLE001 - it is no whole schema, which its use says
        return []
    return [
        label
        for label in contacts.columns
        if label in rules
        or any(column.regex and re.match(pattern, str(label)) for pattern, column in rules.items())
    ]


def _whole(schema: Any) -> Any:
    """A schema that is written as a class, as pandera has it."""
    return schema.to_schema() if hasattr(schema, "to_schema") else schema


def _masked(names: list[str]) -> list[str]:
    """The names in which something is masked: two columns may have the same one."""
    return [name for name in dict.fromkeys(names) if "•" in name]


def _ask(schema: Any, frame: pd.DataFrame) -> _Verdict:
    """What a schema says of a part of the table, whose rows keep their labels: the positions in the whole."""
    from pandera.errors import SchemaErrors  # noqa: PLC0415 - who gives a schema has loaded it already

    try:
        # Some rules number the rows anew, so that the schema is to know them by no other numbers.
        kept = schema.validate(frame.reset_index(drop=True), lazy=True)
    except SchemaErrors as failed:
        failures = failed.failure_cases
    except Exception as error:  # noqa: BLE001 - rules are the user's own, and so may be what stands in a cell
        said = visible(mask(" ".join(printed(error).split())), _LONGEST_ERROR)
        return _Verdict(raised=f"{type(error).__name__}: {said}" if said else type(error).__name__)
    else:
        return _Verdict(dropped=frame.index[~np.isin(np.arange(len(frame)), kept.index)])
    rows = failures["index"].notna()
    failures.loc[rows, "index"] = frame.index[failures.loc[rows, "index"].astype("int64")]
    general = failures[~rows]
    if not len(general) or _coercions(failures).any() or not all(map(_has_raised, general.itertuples())):
        return _Verdict(failures=failures)
    return _Verdict(failures=failures, raised=_misfits(general), named=True)


def _raising(schema: Any, frame: pd.DataFrame, whole: _Verdict) -> pd.Series[Any]:
    """
    The rows that a schema raises an error for, each by itself, with what raised it.

    Raises:
        ContactsError: It is no single row that it raises for, or it is all of them, or there are many.
    """
    sentences: dict[str, str] = {}
    found: dict[int, str] = {}
    questions, parts = 0, [(frame, whole)]
    while parts and questions <= _MOST_QUESTIONS:
        part, verdict = parts.pop()
        if len(part) == 1:
            said = verdict.raised
            sentences[said] = sentences.get(said) or _culprit(schema, part, verdict)
            found[part.index[0]] = sentences[said]
            continue
        middle = len(part) // 2
        halves = [part.iloc[middle:], part.iloc[:middle]]  # the first half is the next to be asked about
        verdicts = [(half, _ask(schema, half)) for half in halves if len(half)]
        questions += len(verdicts)
        raising = [(half, verdict) for half, verdict in verdicts if verdict.raised]
        if not raising:
            found, parts = {}, []
        parts += raising
    if found and not parts and len(found) < max(len(frame), 2):
        return pd.Series(found, dtype=TEXT)
    first = min(found, default=None)
    rule = _culprit(schema, frame, whole) if first is None else found[first]
    where = (
        ""
        if first is None
        else f"; the first of the rows that it raises for is row {first + 1:,} of the table"
    )
    raise ContactsError(_INAPPLICABLE + rule + where, failures=whole.failures)


def _culprit(schema: Any, frame: pd.DataFrame, verdict: _Verdict) -> str:
    """The rule that raises, as a sentence: where pandera does not say which, each is tried alone."""
    if verdict.named:
        return verdict.raised
    try:
        for rule, alone in _rules_alone(schema):
            if said := _ask(alone, frame).raised:
                return f"{rule} ({said})" if " cannot be coerced to " in rule else f"{rule} raised {said}"
    except Exception as error:  # noqa: BLE001 - the class is no whole schema, which is what pandera says of it
        return f"it is no schema that can be used: {mask(printed(error))}"
    return f"it raised {verdict.raised}"


def _rules_alone(schema: Any) -> Iterator[tuple[str, Any]]:
    """Each rule of a schema, as a sentence, and as a schema that has no other."""
    import pandera.pandas as pa  # noqa: PLC0415 - as above

    whole = _whole(schema)
    for label, column in whole.columns.items():
        name, regex = _named(label), {"regex": column.regex, "nullable": True}
        if column.parsers:
            yield (
                f"the parser of {name}",
                pa.DataFrameSchema({label: pa.Column(parsers=column.parsers, **regex)}),
            )
        if column.dtype is not None and (column.coerce or whole.coerce):
            coerced = pa.Column(column.dtype, coerce=True, **regex)
            yield (
                f"{name} cannot be coerced to {_type_name(column.dtype)}",
                pa.DataFrameSchema({label: coerced}),
            )
        if column.unique:
            yield f"the rule unique of {name}", pa.DataFrameSchema({label: pa.Column(unique=True, **regex)})
        for check in column.checks:
            rule = f"the rule {mask(str(check.error or check.name))} of {name}"
            yield rule, pa.DataFrameSchema({label: pa.Column(checks=[check], **regex)})
    if whole.parsers:
        yield "the parser of the table", pa.DataFrameSchema(parsers=whole.parsers)
    if whole.dtype is not None:
        rule = f"the table cannot be coerced to {_type_name(whole.dtype)}"
        yield rule, pa.DataFrameSchema(dtype=whole.dtype, coerce=True)
    if whole.unique:
        yield "the rule unique of the table", pa.DataFrameSchema(unique=whole.unique)
    for check in whole.checks:
        yield f"the rule {mask(str(check.error or check.name))}", pa.DataFrameSchema(checks=[check])


def _with_columns(coercions: pd.DataFrame, schema: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """The failed coercions by column, where pandera names all columns at once, or a pattern."""
    import pandera.pandas as pa  # noqa: PLC0415 - as above

    several = coercions["column"].eq(_OF_FRAME) & ~pd.Series(
        [not isinstance(case, dict) for case in coercions["failure_case"]], index=coercions.index, dtype=bool
    )
    exploded = coercions[several].assign(column=coercions.loc[several, "failure_case"].map(list))
    parts = [coercions[~several], exploded.explode("column")]
    whole = _whole(schema)
    for pattern, column in whole.columns.items():
        if column.regex and parts[0]["column"].eq(pattern).any():
            parts[0] = parts[0][parts[0]["column"].ne(pattern)]
            for label in [each for each in frame.columns if re.match(pattern, str(each))]:
                plain = pa.DataFrameSchema({label: pa.Column(column.dtype, coerce=True, nullable=True)})
                failures = _ask(plain, frame).failures
                if failures is not None:
                    parts.append(failures[_coercions(failures)])
    found = pd.concat([part for part in parts if len(part)]) if any(map(len, parts)) else coercions
    return found if set(coercions["index"]) <= set(found["index"]) else coercions


def _by_row(failures: pd.DataFrame) -> pd.Series[Any]:
    """The rules that each row breaks: one sentence per distinct rule, then column operations."""
    rules = failures[["column", "check"]].drop_duplicates()
    rules["sentence"] = [_rule(row.column, row.check) for row in rules.itertuples()]
    listed = failures.merge(rules, on=["column", "check"]).drop_duplicates(["index", "sentence"])
    joined = listed.groupby("index", sort=False)["sentence"].agg("; ".join)
    return pd.Series(joined.to_numpy(), index=joined.index.astype("int64"), dtype=TEXT)


def _coercions(failures: pd.DataFrame) -> pd.Series[bool]:
    """Which failures are of a value that cannot be coerced."""
    return failures["check"].astype(str).str.startswith(_COERCION) & failures["index"].notna()


def _has_raised(failure: Any) -> bool:
    """Whether a rule did not say that it is broken, but raised: then pandera writes the error as the case."""
    return isinstance(failure.failure_case, str) and pd.notna(failure.check_number)


def _misfits(general: pd.DataFrame) -> str:
    """Why a schema and a table do not go together at all, all reasons."""
    return "; ".join(sorted({_misfit(row) for row in general.itertuples()}))


def _misfit(failure: Any) -> str:
    """Why a schema and a table do not go together at all."""
    match failure.check:
        case "column_in_dataframe":
            return f"there is no column {_named(failure.failure_case)}"
        case "column_in_schema":
            return f"the schema has no column {_named(failure.failure_case)}, and is strict"
    if _has_raised(failure):
        of = "" if pd.isna(failure.column) else f" of {_named(failure.column)}"
        said = visible(mask(" ".join(failure.failure_case.split())), _LONGEST_ERROR)
        return f"the rule {mask(str(failure.check))}{of} raised {said}"
    return _rule(failure.column, failure.check)


def _rule(column: object, rule: object) -> str:
    text = str(rule)
    of = column is not None and not (isinstance(column, float) and np.isnan(column))
    if text.startswith(_COERCION):
        name = _named(column) if of else "the row"
        return f"{name} cannot be coerced to {_type_name(text.removeprefix(_COERCION).removesuffix(')'))}"
    return f"breaks the rule {mask(text)} of {_named(column)}" if of else f"breaks the rule {mask(text)}"


def _type_name(dtype: object) -> str:
    """A type as pandera writes it, without what Python puts around a class."""
    text = str(dtype).strip("'")
    return text.removeprefix("<class '").removesuffix("'>").rpartition(".")[2] if "<class" in text else text


def _named(label: object) -> str:
    """A column's label in a sentence."""
    return mask(repr(label.item() if isinstance(label, np.generic) else label))
