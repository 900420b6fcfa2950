"""
What a form says, as escaped HTML: the counter, the audience, the texts, the state of a run.

No scripts, and no colours of its own but those of `form.css`, which takes them from the notebook's theme.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from smsframe.form.excerpts import examples, skips
from smsframe.formatting import amount, many
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from smsframe.form.excerpts import Example, Skip
    from smsframe.form.preview import Standing, View

ENCODINGS = {"gsm": "GSM-7", "ucs2": "UCS-2"}
SIGNS = 4
"""Replacements named."""
REGION = "pass region= with the country or the column that has it"
"""How a program says the country, in the long sentence of a reason."""
REASONS = 8
"""Reasons listed; the rows of the others are counted together."""


def problem(sentence: str | None) -> str:
    """What is wrong, said where it is wrong; a screen reader waits until the typing pauses."""
    return f'<div class="sf-problem" role="status">{escape(sentence)}</div>' if sentence else ""


def note(sentence: str) -> str:
    """A quiet remark."""
    return f'<div class="sf-note" role="status">{escape(sentence)}</div>' if sentence else ""


def heading(title: str) -> str:
    """The title of a part of the form."""
    return f'<h3 class="sf-heading">{escape(title)}</h3>'


def counter(view: View) -> str:
    """Characters, encoding and segments of the text, and what forces UCS-2."""
    typed = view.typed
    if typed is None:
        return _figures([("0", "characters"), ("GSM-7", "encoding"), ("0", "segments"), ("0", "credits")])
    encoding, segments = ENCODINGS[typed.encoding], f"{typed.segments:,}"
    forcing = [f"{_sign(sign)} at character {at:,}" for sign, at in [*typed.forcing.items()][:3]]
    credit = "0"
    if view.plan is not None and "text" not in view.problems and view.recipients:
        ready = view.plan.ready
        fewest, most = int(ready["segments"].min()), int(ready["segments"].max())
        segments = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
        kinds = view.plan.encodings
        encoding = " + ".join(ENCODINGS[kind] for kind in ("gsm", "ucs2") if kinds.get(kind))
        forcing += [
            f"{_sign(str(sign))} in the values of {many(round(rows * view.scale), 'person', 'people')}"
            for sign, rows in view.plan.ucs2.head(4).items()
            if sign not in typed.forcing
        ][:3]
        credit = ("" if view.exact else "≈ ") + f"{view.credits:,}"
    figures = [
        (f"{typed.characters:,}", "character typed" if typed.characters == 1 else "characters typed"),
        (encoding, "encoding"),
        (segments, "segment each" if segments == "1" else "segments each"),
        (credit, "credits"),
    ]
    why = (
        '<div class="sf-forcing">UCS-2, at 70 characters a segment instead of 160, because of '
        f"{', '.join(forcing)}.</div>"
        if forcing
        else ""
    )
    return _figures(figures) + why


def cheaper(view: View) -> str:
    """Which characters could be replaced by which, and what that saves; or that they are."""
    if view.draft.fix:
        return note("Characters that make the text dear are replaced.")
    if view.cheaper is None or not view.cheaper.saved:
        return ""
    facts = view.cheaper.facts()
    # One that is in the text and in a field too is said once.
    pairs = list(dict.fromkeys((row["before"], row["after"] or "") for row in facts["replacements"]))
    told = ", ".join(f"{_sign(before)} becomes {_sign(after)}" for before, after in pairs[:SIGNS])
    more = ", and others" if len(pairs) > SIGNS else ""
    saved = round(facts["saved"] * view.scale)
    return f'<div class="sf-note" role="status">{told}{more}: {many(saved, "credit")} less.</div>'


def audience(view: View) -> str:
    """From the rows of the table to the people who would be texted, with every kind of skip."""
    if view.plan is None:
        return ""
    plan, about = view.plan, "" if view.exact else "≈ "
    ready = view.recipients
    share = 100 * plan.recipients / max(1, len(plan.frame))
    found = skips(plan)
    listed = "".join(_skip(skip, view.scale, about) for skip in found[:REASONS])
    if more := sum(skip.rows for skip in found[REASONS:]):
        listed += f'<div class="sf-skip"><b>{about}{round(more * view.scale):,}</b> for other reasons</div>'
    guess = (
        "" if view.exact else f"Estimated from {len(plan.frame):,} rows; duplicates show in the exact count."
    )
    return (
        f'<div class="sf-funnel"><span>{many(view.rows, "row")}</span>'
        f'<span class="sf-ready"><b>{about}{ready:,}</b> to text</span></div>'
        f'<div class="sf-bar" aria-hidden="true"><span style="width:{share:.1f}%"></span></div>'
        f"{listed}{note(_country(view))}{note(guess)}"
    )


def readers(view: View) -> str:
    """The texts as people would read them: the first, the longest, the most expensive."""
    if view.plan is None or view.typed is None or "text" in view.problems:
        return note("Write a text to see what people will read.")
    shown = examples(view.plan)
    if not shown:
        return note("Nobody would be texted now.")
    return "".join(_example(example) for example in shown)


def known(standing: Standing, campaign: str) -> str:
    """What the journal knows of the campaign in the form."""
    return (
        f'<div class="sf-known" role="status"><b>{escape(campaign)}</b> is in the journal: '
        f"{escape(standing.sentence())}.</div>"
    )


def running(facts: Mapping[str, Any]) -> str:
    """How far a run is: a bar, and the same in words."""
    settled = {name: facts.get(name) or 0 for name in ("accepted", "scheduled", "rejected", "unconfirmed")}
    told = [f"{count:,} {name}" for name, count in settled.items() if count]
    done, total = sum(settled.values()), facts["recipients"]
    if facts.get("credits"):
        told.append(f"{amount(facts['credits'])} credits")
    if facts.get("rate"):
        told.append(f"{facts['rate']:,.0f} a second")
    if facts.get("seconds_left"):
        told.append(f"{facts['seconds_left']:,.0f} s left")
    words = f"{done:,} of {total:,}" + "".join(f" · {escape(part)}" for part in told)
    return (
        f'<progress class="sf-progress" max="{max(1, total)}" value="{done}" aria-label="People texted">'
        f'</progress><div class="sf-note">{words}</div>'
    )


def _country(view: View) -> str:
    """Where the country comes from, when it is a column: perhaps nobody chose it, and it was guessed."""
    draft = view.draft
    if draft.region is None or draft.home is not None:
        return ""
    return f"The country is taken from the column {mask(str(draft.region))}."


def _figures(figures: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<div><b>{escape(what)}</b><span>{escape(unit)}</span></div>" for what, unit in figures)
    return f'<div class="sf-figures">{cells}</div>'


def _skip(skip: Skip, scale: float, about: str) -> str:
    # Nobody types arguments here.
    reason = skip.reason.replace("pass region=", "choose its country")
    explanation = skip.explanation.replace(REGION, "choose its country above")
    return (
        f'<details class="sf-skip"><summary><b>{about}{round(skip.rows * scale):,}</b> '
        f"<i>{escape(skip.status)}</i> {escape(reason)}</summary>"
        f'<div class="sf-note">{escape(explanation)}</div>{_rows(skip.look)}</details>'
    )


def _rows(look: pd.DataFrame) -> str:
    head = "".join(f'<th scope="col">{escape(str(label))}</th>' for label in look.columns)
    # A handful of rows.
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in look.itertuples(index=False)
    )
    return f'<div class="sf-look"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _example(example: Example) -> str:
    facts = (
        f"{example.why} · {example.units:,} characters · {ENCODINGS[example.encoding]} · "
        f"{many(example.segments, 'segment')}"
    )
    return (
        f'<figure class="sf-example"><figcaption>{escape(facts)}</figcaption>'
        f"<blockquote>{escape(example.text)}</blockquote></figure>"
    )


def _sign(sign: str) -> str:
    if not sign:
        return "nothing"
    code = f"the invisible U+{ord(sign[0]):04X}"
    return f"<kbd>{escape(sign)}</kbd>" if sign.isprintable() and not sign.isspace() else code
