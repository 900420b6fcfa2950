"""
Figures of a summary: outcomes of the rows, deliveries over time, countries, and how long delivery took.

Every number drawn is one of the summary's. Colours of things are those of Okabe and Ito, which colour-blind
people can tell apart; all others are the current style's, light or dark.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from smsframe.formatting import MINUTE, amount, day_words, duration, many
from smsframe.masking import shown_name
from smsframe.outcomes import canvas
from smsframe.outcomes.codes import delivered_codes, lost_codes
from smsframe.phones.country import WORLD
from smsframe.phones.region_names import country_name

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from matplotlib.figure import Figure, FigureBase

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


STATES = {"delivered": "delivered", "lost": "will not arrive", "under_way": "awaiting delivery report"}
STATE_COLOURS = {"delivered": GREEN, "lost": VERMILION, "under_way": GREY}
FORMER_NAMES = {"delivery": "timeline", "time": "waits"}
"""What figures were called before they were called as the facts that they show."""
NO_COUNTRY = {"unknown": "unknown country", WORLD: "of no country"}
LONGEST_COUNTRY = 22
"""Characters of a country's name in a figure."""
SPREAD = 20
"""Above so many times the median, the longest time to deliver needs a logarithmic axis."""


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
    kinds = {"funnel": _funnel, "timeline": _timeline, "countries": _countries, "waits": _waits}
    kind = FORMER_NAMES.get(kind or "", kind)
    if kind is not None and kind not in kinds:
        raise ValueError(f"kind={kind!r} is none of {', '.join(map(repr, kinds))}; leave it out for all four")
    zone = canvas.time_zone(tz)
    chosen = list(kinds.values()) if kind is None else [kinds[kind]]
    figure = canvas.figure_class()(figsize=(12, 9.2) if kind is None else (8, 4.8), layout="constrained")
    name = shown_name(summary.campaign or "no campaign", 36)
    figure.suptitle(f"{name}: {many(summary.rows, 'row')}", parse_math=False, fontsize="large")
    # A part of a figure may itself have several axes.
    parts: Any = [figure] if kind is not None else figure.subfigures(2, 2, hspace=0.04, wspace=0.03)
    for draw_part, part in zip(chosen, np.ravel(parts), strict=True):
        draw_part(part, summary, zone)
    return figure


def _funnel(part: FigureBase, summary: Summary, _zone: ZoneInfo) -> None:
    axes = canvas.plain_axes(part, "From rows to deliveries")
    steps = funnel(summary)
    colours = [ORANGE if step.lost else GREEN if step.name == "delivered" else BLUE for step in steps]
    positions = range(len(steps))
    widths = [step.end - step.start for step in steps]
    axes.barh(positions, widths, left=[step.start for step in steps], color=colours)
    for position, step, width in zip(positions, steps, widths, strict=True):
        canvas.label_bar(axes, step.end, position, f"-{width:,}" if step.lost else f"{width:,}")
    canvas.name_bars(axes, [step.name for step in steps], summary.rows, "rows")


def _countries(part: FigureBase, summary: Summary, _zone: ZoneInfo) -> None:
    if summary.countries.empty:
        axes = canvas.plain_axes(part, "Deliveries and credits by country")
        return canvas.show_sentence(axes, "Nobody was texted.")
    table = _most_frequent(summary.countries)
    names = [_shown_country(str(name)) for name in table["country"]]
    share, cost = part.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    texts = table["texts"].to_numpy(dtype="int64")  # older pandas adds up the others as floats
    states = {"delivered": table["delivered"], "lost": table["lost"]}
    states["under_way"] = table["texts"] - table["delivered"] - table["lost"]
    start = np.zeros(len(table))
    for name, counts in states.items():
        widths = 100 * counts.to_numpy() / texts
        share.barh(range(len(table)), widths, 0.6, left=start, color=STATE_COLOURS[name], label=STATES[name])
        start += widths
    for position, (delivered, of) in enumerate(zip(table["delivered"], texts, strict=True)):
        canvas.label_bar(share, 100, position, f"{delivered / of:.1%} of {of:,}")
    canvas.name_bars(
        share, names, 100, "% of texts", space_below=1.6, space_right=1.45
    )  # room for the legend
    share.set_xticks(range(0, 101, 25))
    share.spines["bottom"].set_bounds(0, 100)
    share.set_title("Delivered")
    share.legend(loc="lower left", frameon=False, fontsize="small", ncols=2, handlelength=1, borderpad=0)
    credits_ = [float(value) for value in table["credits"]]
    cost.barh(range(len(table)), credits_, 0.6, color=ORANGE)
    for position, value in enumerate(credits_):
        canvas.label_bar(cost, value, position, amount(value))
    unknown = f"\n(unknown for {many(summary.credits_unknown, 'text')})" if summary.credits_unknown else ""
    canvas.name_bars(
        cost, names, max(credits_), f"credits charged{unknown}", space_below=1.6, space_right=1.35
    )
    cost.set_xticks([])  # each bar has its number
    cost.spines["bottom"].set_visible(False)
    cost.tick_params(axis="y", labelleft=False)
    cost.set_title("Credits")
    for axes in (share, cost):
        canvas.without_frame(axes)
    return None


def _most_frequent(table: pd.DataFrame) -> pd.DataFrame:
    """The countries with most segments; the others as one."""
    if len(table) <= COUNTRIES:
        return table
    others = table.iloc[COUNTRIES - 1 :]
    table = table.iloc[: COUNTRIES - 1].copy()
    table.loc[len(table)] = {"country": f"{len(others)} others", **others.drop(columns="country").sum()}
    return table


def _shown_country(code: str) -> str:
    """The name of a country, of a length that leaves room for its bar."""
    name = NO_COUNTRY.get(code) or country_name(code)
    return name if len(name) <= LONGEST_COUNTRY else name[: LONGEST_COUNTRY - 1].rstrip() + "…"


def _timeline(part: FigureBase, summary: Summary, zone: ZoneInfo) -> None:
    from matplotlib.dates import (  # noqa: PLC0415 - see `canvas.figure_class`
        MINUTELY,
        SECONDLY,
        AutoDateLocator,
        DateFormatter,
    )

    axes = canvas.plain_axes(part, "Texts by state over time")
    timeline = summary.timeline
    if timeline.empty:
        return canvas.show_sentence(
            axes, "Nobody was texted." if summary.countries.empty else "No times are known."
        )
    # A moment before the first and after the last: also one instant is an area then.
    margin = max((timeline["at"].iloc[-1] - timeline["at"].iloc[0]) / 20, pd.Timedelta(seconds=1))
    times_utc = [timeline["at"].iloc[0] - margin, *timeline["at"], timeline["at"].iloc[-1] + margin]
    heights = [[0, *timeline[name], timeline[name].iloc[-1]] for name in STATES]
    labels = [f"{text}: {timeline[name].iloc[-1]:,}" for name, text in STATES.items()]
    times = [moment.tz_convert(zone).to_pydatetime(warn=False) for moment in times_utc]
    axes.stackplot(times, heights, labels=labels, colors=list(STATE_COLOURS.values()), step="post")
    locator = AutoDateLocator(tz=zone, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]  # untyped in matplotlib
    locator.intervald[SECONDLY] = locator.intervald[MINUTELY] = [1, 2, 5, 10, 15, 30]
    axes.xaxis.set_major_locator(locator)
    time_span = times[-1] - times[0]
    time_format, day = "%H:%M", f"{day_words(times[0])}, "
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


def _waits(part: FigureBase, summary: Summary, _zone: ZoneInfo) -> None:
    axes = canvas.plain_axes(part, "Time to deliver")
    waits = summary.waits
    if waits.empty:
        unknown = "No delivery is known yet:\n.sms.refresh() asks the gateway."
        return canvas.show_sentence(axes, "Nobody was texted." if summary.countries.empty else unknown)
    first, last = float(waits.iloc[0]), float(waits.iloc[-1])
    axes.plot(waits, waits.index * 100, color=GREEN, linewidth=2.5)
    if last > SPREAD * max(float(waits.loc[0.5]), 1.0):  # a few that took long would flatten all others
        first = max(first, 1.0)  # the gateway tells whole seconds
        axes.set_xscale("log")
        axes.set_xlim(first / 1.3, last * 1.3)
        axes.set_xticks(*_log_ticks(first / 1.3, last * 1.3))
        axes.minorticks_off()
    else:
        margin = max((last - first) * 0.06, 0.5)
        axes.set_xlim(max(first - margin, 0.0), last + margin)
        canvas.duration_ticks(axes.xaxis, max(first - margin, 0.0), last + margin)
    for share in (0.5, 0.95):
        needed = max(float(waits.loc[share]), axes.get_xlim()[0])
        axes.hlines(share * 100, axes.get_xlim()[0], needed, color=GREY, linewidth=1, linestyle=":")
        axes.plot(needed, share * 100, "o", color=BLUE)
    axes.set_ylim(0, 105)
    median, most = _exactly(waits.loc[0.5]), _exactly(waits.loc[0.95])
    axes.set_xlabel(f"time since sending\nhalf delivered within {median}, 95 % within {most}")
    axes.set_ylabel("% of delivered texts")
    return None


def _exactly(seconds: float) -> str:
    """Seconds with one decimal, minutes and hours as people say them."""
    return f"{seconds:.1f} s" if seconds < MINUTE else duration(seconds)


def _log_ticks(left: float, right: float) -> tuple[list[int], list[str]]:
    """The ticks of a logarithmic axis between two times, at most eight."""
    ticks = [tick for tick in TICKS if left <= tick <= right]
    ticks = ticks[:: 1 + len(ticks) // 8]
    return ticks, [TICKS[tick] for tick in ticks]
