"""
The options that commands share, each said once, and how files and dates on the command line are read.
"""

from __future__ import annotations

import inspect
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import smsframe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

ENDINGS = ("", ".csv", ".txt", ".xlsx", ".parquet")
COMPRESSED = (".gz", ".bz2", ".xz", ".zip")
"""What pandas packs a file as, by its ending."""


def table_file(out: Path | None) -> Path | None:
    """Refuse a file whose name says another format than rows are written in, before anything is sent."""
    if out is not None:
        packed = out.suffix.lower() in COMPRESSED
        ending = (out.with_suffix("") if packed else out).suffix.lower()
        if ending not in (ENDINGS[:3] if packed else ENDINGS):
            raise typer.BadParameter(
                f"rows are written as CSV, XLSX or Parquet, which {out.suffix} is not: "
                f"name it {out.with_suffix('.csv').name}, which spreadsheets open too"
            )
        if ending == ".xlsx":
            from smsframe.outcomes import workbook  # noqa: PLC0415 - brings pandas, which --help does without

            workbook.writer()  # says how to install it
    return folder_exists(out)


def folder_exists(out: Path | None) -> Path | None:
    """Refuse a file in a folder that is not there, before anything is sent: afterwards is too late."""
    if out is not None and not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.absolute().parent}")
    return out


def one_character(sep: str | None) -> str | None:
    """The delimiter of a file, of which a shell types a tab with difficulty."""
    if sep is None or len(sep) == 1:
        return sep
    if sep in {"tab", r"\t"}:
        return "\t"
    raise typer.BadParameter("give one character, such as ';', or tab")


def read_file(given: Mapping[str, Any]) -> pd.DataFrame:
    """The table of people that a command is given, read as its options say."""
    named = {"sep": given["sep"], "encoding": given["encoding"], "skiprows": given["skip_rows"]}
    wanted = {name: value for name, value in named.items() if value is not None}
    return smsframe.read_contacts(given["file"], sheet=given["sheet"], **wanted)


File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="The table: CSV, XLSX or Parquet.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
Sheet = Annotated[str | None, typer.Option(help="The sheet of a workbook; the only one if left out.")]
Encoding = Annotated[
    str | None, typer.Option(help="The encoding of a CSV file, such as cp1252; found if left out.")
]
Sep = Annotated[
    str | None,
    typer.Option(callback=one_character, help="The delimiter of a CSV file, or tab; found if left out."),
]
SkipRows = Annotated[
    int | None, typer.Option(min=0, help="Rows above the heading; found in a workbook if left out.")
]
Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's name.", show_default=False)]
Name = Annotated[str, typer.Option("--campaign", help="The name under which nobody is texted twice.")]
LookOnly = Annotated[
    str | None, typer.Option("--campaign", help="The campaign it is for: shows who was texted in it already.")
]
Text = Annotated[str | None, typer.Option(help="What people read: {column}, {column:default}.")]
TextFile = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, help="A UTF-8 file with the text; its last line end is left out."
    ),
]
Phone = Annotated[str | None, typer.Option(help="The column of phone numbers; required by `send`.")]
Region = Annotated[
    str | None, typer.Option(help="Country of numbers in national form (IT), or the column that has it.")
]
Numbers = Annotated[Literal["mobile", "valid", "possible"], typer.Option(help="Which numbers are usable.")]
Suppress = Annotated[
    Path | None,
    typer.Option(
        exists=True, dir_okay=False, help="A file of numbers that nobody may text: CSV, XLSX, Parquet."
    ),
]
Policy = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="House rules, a TOML file: prices, budget, cap and the like; else SMSFRAME_POLICY.",
    ),
]
Sender = Annotated[str | None, typer.Option(help="The sender shown: 11 characters at most, or a number.")]
Quality = Annotated[Literal["high", "medium", "low"], typer.Option(help="The quality of the texts.")]
MessageType = Annotated[str | None, typer.Option(help="The gateway's own type, for brands with other names.")]
Schedule = Annotated[
    str | None, typer.Option(help="When it goes out, with an offset: 2026-12-01T09:00+01:00. Otherwise now.")
]
Undo = Annotated[
    str | None,
    typer.Option(help='Let texts that would go out at once wait, so that they can be taken back: "5 min".'),
]
Ramp = Annotated[
    str | None,
    typer.Option(help='Text people in growing stages, with a stop: "1%, 10%, rest".'),
]
Hours = Annotated[
    str | None,
    typer.Option(help="Text people only between these times of their own day: 09:00-20:00."),
]
Days = Annotated[str | None, typer.Option(help="And only on these days: Mon-Sat, or Mon,Wed-Fri.")]
Zone = Annotated[
    str | None,
    typer.Option(help="Whose time it is: an IANA name, or the column; each number's own if left out."),
]
Rules = Annotated[
    Literal["marketing"] | None,
    typer.Option(help="Also keep what public sources say of advertising per country; no legal advice."),
]
MaxSegments = Annotated[int | None, typer.Option(help="Skip people whose text needs more segments.")]
BatchSize = Annotated[int, typer.Option(help="People per order at most.")]
TextFix = Annotated[
    Literal["gsm", "gsm+letters"] | None,
    typer.Option(
        help="Replace characters that make texts more expensive: typography; also accents of letters."
    ),
]
Adopt = Annotated[
    bool,
    typer.Option("--adopt", help="Take over orders that the gateway has and this journal does not know."),
]
Journal = Annotated[
    str | None,
    typer.Option(help="The journal: a file; else SMSFRAME_JOURNAL, else one in your data directory."),
]
Workers = Annotated[int, typer.Option(help="Orders under way at once.")]
Rate = Annotated[float | None, typer.Option(help="Recipients per second at most.")]
Grace = Annotated[float, typer.Option(help="Seconds until an order the gateway took is visible to it.")]
Refusals = Annotated[
    Literal["split", "skip"],
    typer.Option(help="Orders with refused numbers: halve them, or let the gateway leave the numbers out."),
]
Progress = Annotated[
    bool | None, typer.Option("--progress/--no-progress", help="A bar on stderr; when it is a terminal.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        dir_okay=False,
        callback=table_file,
        help="Write the rows here: CSV, .xlsx or .parquet.",
    ),
]


def read_text(text: str | None, file: Path | None) -> str:
    """The text people read, given one way or the other."""
    if text is not None and file is None:
        return text
    if file is not None and text is None:
        return file.read_text(encoding="utf-8-sig").removesuffix("\n")
    raise typer.BadParameter("give the text here, or a file with --text-file", param_hint="--text")


def moment(schedule: str | None) -> datetime | None:
    """A schedule as a date; whether it has a time zone is for the plan to say."""
    try:
        return None if schedule is None else datetime.fromisoformat(schedule)
    except ValueError:
        raise typer.BadParameter(
            "a date and time with an offset, such as 2026-12-01T09:00+01:00", param_hint="--schedule"
        ) from None


def hours(given: Mapping[str, Any]) -> smsframe.Hours | None:
    """The hours that options ask for, or None when they ask for none."""
    named = {name: given[name] for name in ("days", "zone", "rules") if given.get(name) is not None}
    between = given.get("hours")
    if between is None and not named:
        return None
    if given.get("schedule") is not None:
        raise typer.BadParameter("give --schedule, or hours, not both", param_hint="--hours")
    if between is not None:
        begin, dash, end = between.partition("-")
        if not dash:
            raise typer.BadParameter("two times with a dash, such as 09:00-20:00", param_hint="--hours")
        named["between"] = (begin.strip(), end.strip())
    return smsframe.Hours(**named)


def house_rules(file: Path | None) -> smsframe.Policy | None:
    """The policy of a file."""
    return None if file is None else smsframe.Policy.from_file(file)


def keywords(
    function: Callable[..., Any], given: Mapping[str, Any], *, but: Callable[..., Any] | None = None
) -> dict[str, Any]:
    """
    The options of a command that are keywords of a public function, as that takes them.

    Commands have the options and the defaults of the functions, so nothing is passed on by hand.

    Args:
        function: The public function.
        given: All parameters of the command.
        but: Another function, whose keywords are left out.
    """
    names = _keyword_names(function) - (_keyword_names(but) if but is not None else set())
    convert: dict[str, Callable[[Any], Any]] = {"schedule": moment, "progress": bar, "policy": house_rules}
    taken = {
        name: convert[name](value) if name in convert else value
        for name, value in given.items()
        if name in names
    }
    return taken | {"schedule": hours(given) or taken["schedule"]} if "schedule" in taken else taken


def _keyword_names(function: Callable[..., Any]) -> set[str]:
    parameters = inspect.signature(function).parameters.values()
    return {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


def bar(wanted: bool | None) -> bool:  # noqa: FBT001 - the option as it came
    """Whether to draw a bar: as was said, else where somebody sees it move."""
    return sys.stderr.isatty() if wanted is None else wanted
