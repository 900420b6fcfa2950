"""
Pictures of a summary: where the rows went, deliveries over time, countries, and how long delivery took.

Every number drawn is one of the summary's. Colours of things are those of Okabe and Ito, which colour-blind
people can tell apart; all others are the current style's, light or dark.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from smsframe.formatting import amount, duration, many
from smsframe.masking import shown_name
from smsframe.outcomes import canvas
from smsframe.outcomes.codes import delivered_codes, lost_codes

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from smsframe.outcomes.summary import Summary

BLUE, GREEN, ORANGE, VERMILION, GREY = "#0072B2", "#009E73", "#E69F00", "#D55E00", "#999999"
COUNTRIES = 12
"""Countries that are drawn at most; the others share a bar."""
NEVER_SENT = ("invalid", "suppressed", "duplicate")
NOT_ACCEPTED = {name: name for name in ("rejected", "unconfirmed", "pending", "cancelled")} | {
    "ready": "not sent yet"
}
TICKS = {1: "1 s", 5: "5 s", 20: "20 s", 60: "1 min", 300: "5 min", 1200: "20 min", 3600: "1 h"}
TICKS |= {4 * 3600: "4 h", 16 * 3600: "16 h", 48 * 3600: "2 days", 192 * 3600: "8 days"}


class Step(NamedTuple):
    """A bar of the funnel: from where to where, in rows; a stage begins at 0, a loss ends at the stage."""

    name: str
    start: int
    end: int
    lost: bool


def funnel(told: Summary) -> list[Step]:
    """The steps from all rows to those delivered: each stage, and before it every loss that occurred."""
    counts = {str(name): int(count) for name, count in told.statuses.items()}
    codes = {str(name): int(count) for name, count in told.deliveries.items()}
    accepted = counts.get("accepted", 0) + counts.get("scheduled", 0)
    lost = {"will not arrive": sum(codes.get(code, 0) for code in lost_codes())}
    arrived = sum(codes.get(code, 0) for code in delivered_codes())
    lost["no final word yet"] = accepted - arrived - lost["will not arrive"]
    stages = [
        ("rows", {}),
        ("ready", {name: counts.get(name, 0) for name in NEVER_SENT}),
        ("accepted", {words: counts.get(name, 0) for name, words in NOT_ACCEPTED.items()}),
        ("delivered", lost),
    ]
    if not codes:
        stages = stages[:3]
    if not accepted and not counts.keys() - {"ready", *NEVER_SENT}:
        stages = stages[:2]  # only checked, or planned
    left, steps = told.rows, []
    for stage, losses in stages:
        for name, count in losses.items():
            if count:
                steps.append(Step(name, left - count, left, lost=True))
                left -= count
        steps.append(Step(stage, 0, left, lost=False))
    return steps


def draw(told: Summary, kind: str | None, tz: str) -> Figure:
    """
    One picture of a summary, or all four.

    Raises:
        ValueError: There is no such kind of picture, or no such time zone.
        ImportError: matplotlib is not installed.
    """
    kinds = {"funnel": _funnel, "delivery": _delivery, "countries": _countries, "time": _time}
    if kind is not None and kind not in kinds:
        raise ValueError(f"kind={kind!r} is none of {', '.join(map(repr, kinds))}; leave it out for all four")
    zone = canvas.time_zone(tz)
    chosen = list(kinds.values()) if kind is None else [kinds[kind]]
    figure = canvas.figure_class()(figsize=(12, 9.2) if kind is None else (7.5, 5), layout="constrained")
    name = shown_name(told.campaign or "no campaign", 36)
    figure.suptitle(f"{name}: {many(told.rows, 'row')}", parse_math=False, fontsize="large")
    grid = figure.subplots(2, 2).flat if kind is None else [figure.subplots()]
    for part, axes in zip(chosen, grid, strict=True):
        axes.spines[["top", "right"]].set_visible(False)
        part(axes, told, zone)
    return figure


def _funnel(axes: Axes, told: Summary, _zone: ZoneInfo) -> None:
    axes.set_title("From rows to deliveries")
    steps = funnel(told)
    colours = [ORANGE if step.lost else GREEN if step.name == "delivered" else BLUE for step in steps]
    places = range(len(steps))
    widths = [step.end - step.start for step in steps]
    axes.barh(places, widths, left=[step.start for step in steps], color=colours)
    for place, step, width in zip(places, steps, widths, strict=True):
        canvas.label(axes, step.end, place, f"-{width:,}" if step.lost else f"{width:,}")
    canvas.rows(axes, [step.name for step in steps], told.rows, "rows")


def _countries(axes: Axes, told: Summary, _zone: ZoneInfo) -> None:
    axes.set_title("Segments and credits by country")
    table = told.countries
    if table.empty:
        return canvas.nothing(axes, "Nobody was texted.")
    if len(table) > COUNTRIES:
        others = table.iloc[COUNTRIES - 1 :]
        table = table.iloc[: COUNTRIES - 1].copy()
        table.loc[len(table)] = {"country": f"{len(others)} others", **others.drop(columns="country").sum()}
    most = float(max(table["segments"].max(), table["credits"].max()))
    unknown = f" (unknown for {told.credits_unknown:,} texts)" if told.credits_unknown else ""
    for column, colour, offset, words in (
        ("segments", BLUE, -0.22, "segments"),
        ("credits", ORANGE, 0.22, f"credits charged{unknown}"),
    ):
        values = [float(value) for value in table[column]]
        axes.barh([place + offset for place in range(len(table))], values, 0.4, color=colour, label=words)
        for place, value in enumerate(values):
            canvas.label(axes, value, place + offset, amount(value))
    canvas.rows(
        axes, [str(name) for name in table["country"]], most, "segments, credits", below=1.5
    )  # room for the legend
    axes.legend(loc="lower right", frameon=False, fontsize="small")
    return None


def _delivery(axes: Axes, told: Summary, zone: ZoneInfo) -> None:
    from matplotlib.dates import (  # noqa: PLC0415 - see `canvas.figure_class`
        MINUTELY,
        SECONDLY,
        AutoDateLocator,
        DateFormatter,
    )

    axes.set_title("Texts by state over time")
    line = told.timeline
    if line.empty:
        return canvas.nothing(axes, "Nobody was texted." if told.countries.empty else "No times are known.")
    # A moment before the first and after the last: also one instant is an area then.
    pause = max((line["at"].iloc[-1] - line["at"].iloc[0]) / 20, pd.Timedelta(seconds=1))
    moments = [line["at"].iloc[0] - pause, *line["at"], line["at"].iloc[-1] + pause]
    names = {"delivered": GREEN, "lost": VERMILION, "under_way": GREY}
    heights = [[0, *line[name], line[name].iloc[-1]] for name in names]
    words = {"delivered": "delivered", "lost": "will not arrive", "under_way": "no final word yet"}
    labels = [f"{words[name]}: {line[name].iloc[-1]:,}" for name in names]
    times = [moment.tz_convert(zone).to_pydatetime(warn=False) for moment in moments]
    axes.stackplot(times, heights, labels=labels, colors=list(names.values()), step="post")
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    locator.intervald[SECONDLY] = locator.intervald[MINUTELY] = [1, 2, 5, 10, 15, 30]
    axes.xaxis.set_major_locator(locator)
    span = times[-1] - times[0]
    written, day = "%H:%M", f"{times[0]:%d %B %Y}, "
    if span < timedelta(minutes=10):
        written = "%H:%M:%S"
    elif span > timedelta(hours=36):
        written, day = "%d %b", f"{times[0]:%Y}, "
    axes.xaxis.set_major_formatter(DateFormatter(written, tz=zone))  # type: ignore[no-untyped-call]
    axes.set_xlim(times[0], times[-1])
    axes.set_xlabel(f"{day}time in {zone.key}")
    axes.set_ylabel("texts")
    axes.set_ylim(0, sum(state[-1] for state in heights) * 1.35)  # room for the legend
    canvas.whole(axes.yaxis)
    axes.legend(loc="upper left", frameon=False, fontsize="small", reverse=True)
    return None


def _time(axes: Axes, told: Summary, _zone: ZoneInfo) -> None:
    axes.set_title("Time to deliver")
    if told.waits.empty:
        unknown = "No delivery is known yet:\n.sms.refresh() asks the gateway."
        return canvas.nothing(axes, "Nobody was texted." if told.countries.empty else unknown)
    seconds = told.waits.clip(lower=1.0)  # the gateway tells whole seconds
    axes.plot(seconds, told.waits.index * 100, color=GREEN, linewidth=2)
    axes.set_xscale("log")
    high = 1.3 * max(float(seconds.iloc[-1]), 20)
    axes.set_xlim(1 / 1.3, high)
    ticks = [at for at in TICKS if at <= high]
    ticks = ticks[:: 1 + len(ticks) // 8]
    axes.set_xticks(ticks, [TICKS[at] for at in ticks])
    axes.minorticks_off()
    for share in (0.5, 0.95):
        took = told.waits.loc[share]
        axes.plot(max(took, 1.0), share * 100, "o", color=BLUE)
    axes.set_ylim(0, 105)
    half, most = duration(told.waits.loc[0.5]), duration(told.waits.loc[0.95])
    axes.set_xlabel(f"time since sending\nhalf delivered within {half}, 95 % within {most}")
    axes.set_ylabel("% of delivered texts")
    return None
