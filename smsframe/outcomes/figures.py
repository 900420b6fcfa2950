"""
Figures of a summary: outcomes of the rows, deliveries over time, countries, and how long delivery took.

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
"""Countries that have a bar of their own; the others share one."""
NEVER_SENT = ("invalid", "suppressed", "duplicate")
NOT_ACCEPTED = {name: name for name in ("rejected", "unconfirmed", "pending", "cancelled")} | {
    "ready": "not sent yet"
}
TICKS = {1: "1 s", 5: "5 s", 20: "20 s", 60: "1 min", 300: "5 min", 1200: "20 min", 3600: "1 h"}
TICKS |= {4 * 3600: "4 h", 16 * 3600: "16 h", 48 * 3600: "2 days", 192 * 3600: "8 days"}


class Step(NamedTuple):
    """A bar of the funnel, in rows: a stage starts at 0; a loss starts where the next stage ends."""

    name: str
    start: int
    end: int
    lost: bool


def funnel(summary: Summary) -> list[Step]:
    """The steps from all rows to those delivered: each stage, and before it every loss that occurred."""
    counts = {str(name): int(count) for name, count in summary.statuses.items()}
    codes = {str(name): int(count) for name, count in summary.deliveries.items()}
    accepted = counts.get("accepted", 0) + counts.get("scheduled", 0)
    lost = {"will not arrive": sum(codes.get(code, 0) for code in lost_codes())}
    delivered = sum(codes.get(code, 0) for code in delivered_codes())
    lost["awaiting delivery report"] = accepted - delivered - lost["will not arrive"]
    stages = [
        ("rows", {}),
        ("ready", {name: counts.get(name, 0) for name in NEVER_SENT}),
        ("accepted", {text: counts.get(name, 0) for name, text in NOT_ACCEPTED.items()}),
        ("delivered", lost),
    ]
    if not codes:
        stages = stages[:3]
    if not accepted and not counts.keys() - {"ready", *NEVER_SENT}:
        stages = stages[:2]  # only checked, or planned
    remaining, steps = summary.rows, []
    for stage, losses in stages:
        for name, count in losses.items():
            if count:
                steps.append(Step(name, remaining - count, remaining, lost=True))
                remaining -= count
        steps.append(Step(stage, 0, remaining, lost=False))
    return steps


def draw(summary: Summary, kind: str | None, tz: str) -> Figure:
    """
    One figure of a summary, or all four in one.

    Raises:
        ValueError: There is no such kind of figure, or no such time zone.
        ImportError: matplotlib is not installed.
    """
    kinds = {"funnel": _funnel, "delivery": _delivery, "countries": _countries, "time": _time}
    if kind is not None and kind not in kinds:
        raise ValueError(f"kind={kind!r} is none of {', '.join(map(repr, kinds))}; leave it out for all four")
    zone = canvas.time_zone(tz)
    chosen = list(kinds.values()) if kind is None else [kinds[kind]]
    figure = canvas.figure_class()(figsize=(12, 9.2) if kind is None else (7.5, 5), layout="constrained")
    name = shown_name(summary.campaign or "no campaign", 36)
    figure.suptitle(f"{name}: {many(summary.rows, 'row')}", parse_math=False, fontsize="large")
    grid = figure.subplots(2, 2).flat if kind is None else [figure.subplots()]
    for part, axes in zip(chosen, grid, strict=True):
        axes.spines[["top", "right"]].set_visible(False)
        part(axes, summary, zone)
    return figure


def _funnel(axes: Axes, summary: Summary, _zone: ZoneInfo) -> None:
    axes.set_title("From rows to deliveries")
    steps = funnel(summary)
    colours = [ORANGE if step.lost else GREEN if step.name == "delivered" else BLUE for step in steps]
    positions = range(len(steps))
    widths = [step.end - step.start for step in steps]
    axes.barh(positions, widths, left=[step.start for step in steps], color=colours)
    for position, step, width in zip(positions, steps, widths, strict=True):
        canvas.label_bar(axes, step.end, position, f"-{width:,}" if step.lost else f"{width:,}")
    canvas.name_bars(axes, [step.name for step in steps], summary.rows, "rows")


def _countries(axes: Axes, summary: Summary, _zone: ZoneInfo) -> None:
    axes.set_title("Segments and credits by country")
    table = summary.countries
    if table.empty:
        return canvas.show_sentence(axes, "Nobody was texted.")
    if len(table) > COUNTRIES:
        others = table.iloc[COUNTRIES - 1 :]
        table = table.iloc[: COUNTRIES - 1].copy()
        table.loc[len(table)] = {"country": f"{len(others)} others", **others.drop(columns="country").sum()}
    maximum = float(max(table["segments"].max(), table["credits"].max()))
    unknown = f" (unknown for {summary.credits_unknown:,} texts)" if summary.credits_unknown else ""
    for column, colour, offset, text in (
        ("segments", BLUE, -0.22, "segments"),
        ("credits", ORANGE, 0.22, f"credits charged{unknown}"),
    ):
        values = [float(value) for value in table[column]]
        axes.barh(
            [position + offset for position in range(len(table))], values, 0.4, color=colour, label=text
        )
        for position, value in enumerate(values):
            canvas.label_bar(axes, value, position + offset, amount(value))
    canvas.name_bars(
        axes, [str(name) for name in table["country"]], maximum, "segments, credits", space_below=1.5
    )  # room for the legend
    axes.legend(loc="lower right", frameon=False, fontsize="small")
    return None


def _delivery(axes: Axes, summary: Summary, zone: ZoneInfo) -> None:
    from matplotlib.dates import (  # noqa: PLC0415 - see `canvas.figure_class`
        MINUTELY,
        SECONDLY,
        AutoDateLocator,
        DateFormatter,
    )

    axes.set_title("Texts by state over time")
    timeline = summary.timeline
    if timeline.empty:
        return canvas.show_sentence(
            axes, "Nobody was texted." if summary.countries.empty else "No times are known."
        )
    # A moment before the first and after the last: also one instant is an area then.
    margin = max((timeline["at"].iloc[-1] - timeline["at"].iloc[0]) / 20, pd.Timedelta(seconds=1))
    times_utc = [timeline["at"].iloc[0] - margin, *timeline["at"], timeline["at"].iloc[-1] + margin]
    names = {"delivered": GREEN, "lost": VERMILION, "under_way": GREY}
    heights = [[0, *timeline[name], timeline[name].iloc[-1]] for name in names]
    text = {"delivered": "delivered", "lost": "will not arrive", "under_way": "awaiting delivery report"}
    labels = [f"{text[name]}: {timeline[name].iloc[-1]:,}" for name in names]
    times = [moment.tz_convert(zone).to_pydatetime(warn=False) for moment in times_utc]
    axes.stackplot(times, heights, labels=labels, colors=list(names.values()), step="post")
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]  # untyped in matplotlib
    locator.intervald[SECONDLY] = locator.intervald[MINUTELY] = [1, 2, 5, 10, 15, 30]
    axes.xaxis.set_major_locator(locator)
    time_span = times[-1] - times[0]
    time_format, day = "%H:%M", f"{times[0]:%d %B %Y}, "
    if time_span < timedelta(minutes=10):
        time_format = "%H:%M:%S"
    elif time_span > timedelta(hours=36):
        time_format, day = "%d %b", f"{times[0]:%Y}, "
    axes.xaxis.set_major_formatter(DateFormatter(time_format, tz=zone))  # type: ignore[no-untyped-call]  # untyped in matplotlib
    axes.set_xlim(times[0], times[-1])
    axes.set_xlabel(f"{day}time in {zone.key}")
    axes.set_ylabel("texts")
    axes.set_ylim(0, sum(state[-1] for state in heights) * 1.35)  # room for the legend
    canvas.whole_number_ticks(axes.yaxis)
    axes.legend(loc="upper left", frameon=False, fontsize="small", reverse=True)
    return None


def _time(axes: Axes, summary: Summary, _zone: ZoneInfo) -> None:
    axes.set_title("Time to deliver")
    if summary.waits.empty:
        unknown = "No delivery is known yet:\n.sms.refresh() asks the gateway."
        return canvas.show_sentence(axes, "Nobody was texted." if summary.countries.empty else unknown)
    seconds = summary.waits.clip(lower=1.0)  # the gateway tells whole seconds
    axes.plot(seconds, summary.waits.index * 100, color=GREEN, linewidth=2)
    axes.set_xscale("log")
    right_edge = 1.3 * max(float(seconds.iloc[-1]), 20)
    axes.set_xlim(1 / 1.3, right_edge)
    ticks = [tick for tick in TICKS if tick <= right_edge]
    ticks = ticks[:: 1 + len(ticks) // 8]
    axes.set_xticks(ticks, [TICKS[tick] for tick in ticks])
    axes.minorticks_off()
    for share in (0.5, 0.95):
        needed = summary.waits.loc[share]
        axes.plot(max(needed, 1.0), share * 100, "o", color=BLUE)
    axes.set_ylim(0, 105)
    median, maximum = duration(summary.waits.loc[0.5]), duration(summary.waits.loc[0.95])
    axes.set_xlabel(f"time since sending\nhalf delivered within {median}, 95 % within {maximum}")
    axes.set_ylabel("% of delivered texts")
    return None
