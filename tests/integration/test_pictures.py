"""Pictures: every number drawn is one of the summary's, and nothing hides anything else."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smsframe
from smsframe.outcomes.breakdowns import TIMELINE_POINTS
from smsframe.outcomes.canvas import INK
from smsframe.outcomes.columns import results_for
from smsframe.outcomes.figures import LONGEST_COUNTRY
from smsframe.phones.country import countries
from smsframe.phones.region_names import country_name

matplotlib = pytest.importorskip("matplotlib")

from matplotlib import image as plt_image  # noqa: E402 - after the check that it is there
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402 - after the check that it is there
from matplotlib.style import context  # noqa: E402 - after the check that it is there

KINDS = ["funnel", "timeline", "countries", "waits"]
# One mobile number of each country, with three digits to go; ranges for films where there are any.
TWELVE = ["+39347123", "+44770090", "+3363998", "+4915123", "+1415555", "+1416555", "+4179123", "+3461234"]
TWELVE += ["+35191234", "+467012345", "+45203123", "+4366412345"]
STATES = ["accepted", "rejected", "unconfirmed", "pending", "invalid", "duplicate", "suppressed", "cancelled"]
DELIVERIES = ["DLVRD", "DLVRD", "DLVRD", "KO", "WAIT4DLVR", "UNKNRCPT", "DEMO", None]


def frame(rows, begins=TWELVE, states=("accepted", *STATES), seconds=1.0, campaign="autumn"):
    """Results as a campaign leaves them, with every state in turn."""
    place = np.arange(rows)
    status = pd.Series(np.resize(states, rows), dtype=object)
    went = status.eq("accepted")
    code = pd.Series(np.resize(DELIVERIES, rows), dtype=object).where(went, None)
    start = pd.Series(np.resize(begins, rows), dtype="string[pyarrow]")
    sent = pd.Series(pd.Timestamp("2026-11-22 09:00", tz="UTC") + pd.to_timedelta(place // 100, unit="min"))
    took = pd.Series(pd.to_timedelta(seconds * (1 + place % 97), unit="s"))
    return results_for(
        rows,
        sms_campaign=campaign,
        sms_phone=start + (place % 1000).astype(str),
        sms_status=status,
        sms_segments=pd.Series(1 + place % 3, dtype="Int64").where(went),
        sms_credits=pd.Series(1.5 + place % 2, dtype="Float64").where(went & (place % 50 != 0)),
        sms_order_id=pd.Series("sf-a", index=status.index, dtype="string").where(went),
        sms_sent_at=sent.where(went),
        sms_delivery=code,
        sms_delivered_at=(sent + took).where(code.eq("DLVRD")),
    )


FRAMES = {
    "twelve countries": frame(3000),
    "forty-eight countries": frame(
        4800, [f"+{code}7123456" for code in (*range(30, 69), 90, 91, 92, 93, 94)]
    ),
    "one country": frame(300, ["+39347123"]),
    "a million of each": frame(1000).assign(sms_credits=2_000_000.125, sms_segments=1_000_000),
    "one row": frame(1),
    "no rows": frame(0),
    "nothing delivered": frame(200).assign(sms_delivery=None, sms_delivered_at=pd.NaT),
    "slow": frame(500, seconds=5000.0),
    "nobody was fit": frame(50, states=("invalid", "duplicate")),
    "a wide name": frame(100, campaign="W" * 200),
    "a hostile name": frame(100, campaign=r"$\frac{x}$ <script> \u202e 你好 _^{ +393471234567"),
}


def boxes(figure):
    """Where everything that can be read is, in pixels, after drawing."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    words = [figure._suptitle]
    for axes in figure.axes:
        words += [axes.title, *axes.texts]
        if not axes.axison:
            continue
        words += [axes.xaxis.label, axes.yaxis.label, axes.xaxis.get_offset_text()]
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, sorted(axes.get_ylim()))):
            labels = axis.get_majorticklabels()  # only those that are shown
            ticks = zip(axis.get_majorticklocs(), labels, strict=True) if labels else ()
            words += [label for at, label in ticks if low <= at <= high]
        if legend := axes.get_legend():
            words += legend.get_texts()
    return [(text.get_text(), text.get_window_extent(renderer)) for text in words if text.get_text().strip()]


def overlaps(one, other):
    """Whether two boxes share more than a hair's breadth."""
    return (
        min(one.x1, other.x1) - max(one.x0, other.x0) > 1
        and min(one.y1, other.y1) - max(one.y0, other.y0) > 1
    )


def drawn(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.samples(4)
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *[(name, None) for name in FRAMES],
        *[(name, kind) for name in ("forty-eight countries", "a wide name") for kind in KINDS],
    ],
)
def test_no_words_overlap_and_none_leaves_the_picture(name, kind):
    figure = FRAMES[name].sms.plot(kind)
    found = boxes(figure)
    assert [(a, b) for (a, one), (b, other) in combinations(found, 2) if overlaps(one, other)] == []
    width, height = figure.canvas.get_width_height()
    assert [
        text for text, box in found if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ] == []


@pytest.mark.parametrize("kind", ["countries", "timeline"])
@pytest.mark.parametrize("name", ["twelve countries", "forty-eight countries", "one row", "one country"])
def test_the_legend_hides_nothing_that_is_drawn(name, kind):
    same = FRAMES[name].assign(sms_segments=1)  # bars of the same length reach everywhere
    figure = same.sms.plot(kind)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    legend = axes.get_legend().get_window_extent()
    bars = [bar.get_window_extent() for bar in axes.patches]
    areas = [area.get_datalim(axes.transData).transformed(axes.transData) for area in axes.collections]
    assert [box for box in (*bars, *areas) if overlaps(box, legend)] == []


def test_the_funnel_is_the_summarys_numbers_and_adds_up():
    made = FRAMES["twelve countries"].sms.summary()
    axes = made.plot("funnel").axes[0]
    numbers = dict(zip([label.get_text() for label in axes.get_yticklabels()], drawn(axes), strict=True))
    counts, codes = made.statuses, made.deliveries
    for status in ("invalid", "duplicate", "suppressed", "rejected", "unconfirmed", "pending", "cancelled"):
        assert numbers[status] == f"-{counts[status]:,}"
    assert numbers["rows"] == "3,000"
    assert numbers["ready"] == f"{3000 - counts['invalid'] - counts['duplicate'] - counts['suppressed']:,}"
    assert numbers["accepted"] == f"{counts['accepted']:,}"
    assert numbers["will not arrive"] == f"-{codes['KO'] + codes['UNKNRCPT'] + codes['DEMO']:,}"
    assert numbers["delivered"] == f"{codes['DLVRD']:,}"
    shown = [int(text.replace(",", "")) for text in drawn(axes)]
    names = list(numbers)
    for stage, following in (("rows", "ready"), ("ready", "accepted"), ("accepted", "delivered")):
        first, last = names.index(stage), names.index(following)
        assert shown[first] + sum(shown[first + 1 : last]) == shown[last]


@pytest.mark.parametrize(
    ("made", "stages"),
    [
        (frame(40, states=("ready", "invalid")), ["rows", "invalid", "ready"]),
        (frame(40, states=("pending", "invalid")), ["rows", "invalid", "ready", "pending", "accepted"]),
        (FRAMES["no rows"], ["rows", "ready"]),
    ],
)
def test_the_funnel_ends_where_the_campaign_is(made, stages):
    labels = made.assign(sms_delivery=None).sms.plot("funnel").axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == stages


def test_the_countries_are_the_summarys_numbers():
    made = FRAMES["forty-eight countries"].sms.summary()
    axes, cost = made.plot("countries").axes
    table = made.countries
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [*map(country_name, table["country"].head(11)), f"{len(table) - 11} others"]
    assert "Netherlands" in names
    for state, first in (("delivered", 0), ("lost", 12)):
        shares = [bar.get_width() for bar in axes.patches[first : first + 11]]
        assert shares == pytest.approx(100 * table[state].head(11) / table["texts"].head(11))
    assert [sum(bar.get_width() for bar in axes.patches[at::12]) for at in range(12)] == pytest.approx(
        [100] * 12
    )
    first = table.iloc[0]
    assert drawn(axes)[0] == f"{first['delivered'] / first['texts']:.1%} of {first['texts']:,}"
    others = table.iloc[11:]
    assert (
        drawn(axes)[11]
        == f"{others['delivered'].sum() / others['texts'].sum():.1%} of {others['texts'].sum():,}"
    )
    assert sum(bar.get_width() for bar in cost.patches) == made.credits == table["credits"].sum()
    assert f"unknown for {made.credits_unknown:,} texts" in cost.get_xlabel()
    assert table["credits_unknown"].sum() == made.credits_unknown


def test_the_countries_of_a_summary_are_those_of_its_rows():
    made = FRAMES["twelve countries"]
    by = made[made["sms_status"].eq("accepted")].sms.by("country")
    table = made.sms.summary().countries.set_index("country")
    assert table["delivered"].to_dict() == by["delivered"].to_dict()
    assert table["lost"].to_dict() == by["not_delivered"].to_dict()


def test_a_long_name_of_a_country_leaves_room_for_its_bar():
    made = frame(30, ["+508551", "+1649231"])
    names = [label.get_text() for label in made.sms.plot("countries").axes[0].get_yticklabels()]
    assert sorted(names) == ["St. Pierre & Miquelon", "Turks & Caicos Islands"]
    assert max(map(len, names)) <= LONGEST_COUNTRY


@pytest.mark.parametrize(("former", "now"), [("delivery", "timeline"), ("time", "waits")])
def test_figures_are_called_as_their_facts_and_former_names_go_on(former, now):
    made = FRAMES["one country"].sms.summary()
    assert len(getattr(made, now)) > 0
    titles = [[axes.get_title() for axes in made.plot(kind).axes] for kind in (former, now)]
    assert titles[0] == titles[1] != []


def test_the_states_over_time_end_with_the_summarys_numbers():
    made = FRAMES["twelve countries"].sms.summary()
    axes = made.plot("timeline", tz="Europe/Rome").axes[0]
    told = {text.get_text() for text in axes.get_legend().get_texts()}
    codes, accepted = made.deliveries, made.statuses["accepted"]
    lost = codes["KO"] + codes["UNKNRCPT"] + codes["DEMO"]
    assert told == {
        f"delivered: {codes['DLVRD']:,}",
        f"will not arrive: {lost:,}",
        f"awaiting delivery report: {accepted - codes['DLVRD'] - lost:,}",
    }
    assert made.timeline.iloc[-1][["delivered", "lost", "under_way"]].sum() == accepted
    assert axes.get_xlabel() == "22 November 2026, time in Europe/Rome"
    figure = axes.get_figure()
    figure.draw_without_rendering()
    hours = [label.get_text() for label in axes.get_xticklabels()]
    assert hours[0].startswith("10:")  # nine in UTC


def test_a_timeline_never_loses_a_text_and_never_goes_back():
    line = FRAMES["slow"].sms.summary().timeline
    assert len(line) <= TIMELINE_POINTS
    assert line["at"].is_monotonic_increasing
    assert line["delivered"].is_monotonic_increasing
    assert line["under_way"].ge(0).all()


def test_time_to_deliver_is_what_the_frame_says():
    made = FRAMES["twelve countries"]
    took = (made["sms_delivered_at"] - made["sms_sent_at"]).dt.total_seconds()
    waits = made.sms.summary().waits
    assert waits.loc[0.5] == took.median()
    assert waits.loc[1.0] == took.max()
    axes = made.sms.plot("waits").axes[0]
    line = axes.lines[0]
    assert line.get_xdata().max() == took.max()
    assert line.get_ydata().max() == 100
    assert f"half delivered within {took.median():.1f} s" in axes.get_xlabel()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_the_limits_of_the_time_to_deliver_fit_the_data(seconds):
    made = frame(len(seconds), states=("accepted",)).assign(sms_delivery="DLVRD")
    made["sms_delivered_at"] = made["sms_sent_at"] + pd.to_timedelta(pd.Series(seconds), unit="s")
    figure = made.sms.plot("waits")
    figure.draw_without_rendering()
    (axes,) = figure.axes
    waits, (left, right) = made.sms.summary().waits, axes.get_xlim()
    assert left <= max(waits.iloc[0], 1.0)
    assert right >= waits.iloc[-1]
    scale = np.log if axes.get_xscale() == "log" else float
    used = scale(max(waits.iloc[-1], 1.0)) - scale(max(waits.iloc[0], 1.0))
    if waits.iloc[-1] - waits.iloc[0] > 10:
        assert used / (scale(right) - scale(left)) > 0.8  # what is drawn fills the figure
    ticks = [
        label.get_text()
        for at, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        if left <= at <= right
    ]
    assert len(ticks) == len(set(ticks)) <= 9


def test_a_clock_that_is_ahead_makes_no_negative_time():
    early = frame(10, seconds=-3.0)
    assert early.sms.summary().waits.eq(0).all()
    assert early.sms.summary().timeline["under_way"].ge(0).all()


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("+393471234567", "IT"),
        ("+14165550123", "CA"),
        ("+14155550123", "US"),
        ("+447700900123", "GB"),
        ("+447781234567", "GG"),
        ("+77012345678", "KZ"),
        ("+79161234567", "RU"),
        ("+88213123456", "world"),
        ("+999123456789", None),
        ("not a number", None),
        (None, None),
    ],
)
def test_a_number_is_in_its_country(phone, country):
    told = countries(pd.Series([phone, "+393471234567"], index=["a", "a"], dtype="string"))
    assert told.fillna("").tolist() == [country or "", "IT"]
    assert told.index.tolist() == ["a", "a"]


def test_colours_and_background_are_the_current_styles(tmp_path):
    with context("dark_background"):
        dark = FRAMES["one country"].sms.plot()
    light = FRAMES["one country"].sms.plot()
    assert dark.get_facecolor() != light.get_facecolor()
    assert dark.axes[0].title.get_color() != light.axes[0].title.get_color()
    dark.savefig(tmp_path / "dark.png", dpi=30)


def pixels(figure):
    """The picture in a notebook, as red, green, blue and opacity from 0 to 1."""
    return plt_image.imread(io.BytesIO(figure._repr_png_()), format="png")


def luminance(colour):
    """Relative luminance (WCAG 2.1)."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    return linear[..., :3] @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("name", ["twelve countries", "nothing delivered", "nobody was fit"])
def test_a_notebook_shows_figures_that_are_read_on_white_and_on_black(name):
    figure = FRAMES[name].sms.plot()
    image = pixels(figure)
    assert (image[..., 3] == 0).mean() > 0.5  # no background of its own
    solid = image[image[..., 3] == 1]
    for background in (1.0, luminance(np.array([0x11 / 255] * 3))):
        pairs = np.sort([luminance(solid), np.full(len(solid), background)], axis=0) + 0.05
        assert (pairs[1] / pairs[0]).min() > 2  # the palest area; words have 4.3
    assert figure._suptitle.get_color() == "black"  # a file is black on white
    assert figure.get_facecolor() == (1, 1, 1, 1)


def test_words_in_a_notebook_have_the_contrast_that_both_backgrounds_allow():
    ink = luminance(np.array([int(INK[at : at + 2], 16) / 255 for at in (1, 3, 5)]))
    for background in (1.0, luminance(np.array([0x11 / 255] * 3))):
        lighter, darker = max(ink, background) + 0.05, min(ink, background) + 0.05
        assert lighter / darker > 4.2


def test_a_style_of_the_users_own_keeps_its_background():
    with context("dark_background"):
        image = pixels(FRAMES["one country"].sms.plot("funnel"))
    assert (image[..., 3] == 1).all()
    assert (image[0, 0, :3] == 0).all()


def test_nothing_global_changes_and_pyplot_is_not_even_loaded():
    code = """
import sys, matplotlib, pandas as pd, smsframe
def settings():  # to ask for the backend is to load pyplot
    return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}
before = settings()
out = pd.DataFrame({"mobile": ["+393471234567"]}).sms.check(phone="mobile")
figure = out.sms.plot()
png = figure._repr_png_()
print(png[:4] == b"\\x89PNG", "matplotlib.pyplot" in sys.modules, before == settings())
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "False", "True"]


def test_importing_smsframe_does_not_load_matplotlib():
    code = "import sys, smsframe; print('matplotlib' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_without_matplotlib_the_error_says_what_to_install():
    code = """
import sys; sys.modules["matplotlib"] = None
import pandas as pd, smsframe
try:
    pd.DataFrame({"mobile": ["+393471234567"]}).sms.check(phone="mobile").sms.plot()
except ImportError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "smsframe[plot]"' in ran.stdout


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(ValueError, match="none of 'funnel', 'timeline', 'countries', 'waits'"):
        FRAMES["one row"].sms.plot("pie")
    with pytest.raises(ValueError, match="no time zone"):
        FRAMES["one row"].sms.plot(tz="Rome")
    with pytest.raises(smsframe.ContactsError):
        pd.DataFrame({"a": [1]}).sms.plot()


def test_a_picture_of_a_hostile_name_shows_no_number_and_warns_nobody():
    figure = FRAMES["a hostile name"].sms.plot("waits")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert figure._repr_png_().startswith(b"\x89PNG")
    assert "3471234567" not in figure._suptitle.get_text()


def test_a_million_rows_are_drawn_with_a_few_hundred_points():
    figure = pd.concat([frame(1000)] * 1000, ignore_index=True).sms.plot()
    points = sum(len(line.get_xdata()) for axes in figure.axes for line in axes.lines)
    points += sum(
        len(path.vertices) for axes in figure.axes for area in axes.collections for path in area.get_paths()
    )
    assert points < 10 * TIMELINE_POINTS
