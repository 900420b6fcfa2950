"""
What a form says, as escaped HTML: the counter, the audience, the texts, the state of a run.

No scripts, and no colours of its own but those of `form.css`, which takes them from the notebook's theme.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from smsframe.form.draft import local_words
from smsframe.form.excerpts import skips
from smsframe.form.wording import in_form_words
from smsframe.formatting import amount, many
from smsframe.masking import mask, message_class, shown_name, visible
from smsframe.orders.experiment import HOLD_OUT
from smsframe.orders.profile import known_codes
from smsframe.outcomes.cards import summary_card
from smsframe.outcomes.summary import summary
from smsframe.planning.balance import balance_words, too_little
from smsframe.planning.plan_facts import optouts_said, rules_said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from smsframe.form.campaign_counts import CampaignCounts
    from smsframe.form.excerpts import Example, Skip
    from smsframe.form.preview import View
    from smsframe.orders.records import CampaignRecord

ALPHABETS = {"gsm": "standard", "ucs2": "extended"}
"""What encodings are called here: of the standard alphabet 160 characters are a segment, else 70."""
REPLACEMENTS_SHOWN = 4
"""Replacements listed by name."""
REASONS_SHOWN = 8
"""Reasons listed of a group; the rows of its others are counted together."""


def problem(sentence: str | None) -> str:
    """What is wrong; a screen reader reads it when the typing pauses."""
    return f'<div class="sf-problem" role="status">{escape(sentence)}</div>' if sentence else ""


def note(sentence: str) -> str:
    """A quiet remark."""
    return f'<div class="sf-note" role="status">{escape(sentence)}</div>' if sentence else ""


def heading(title: str) -> str:
    """The title of a part of the form."""
    return f'<h3 class="sf-heading">{escape(title)}</h3>'


def figures(listed: Iterable[tuple[str, str]]) -> str:
    """Figures in a row, each above what it counts."""
    cells = "".join(f"<div><b>{escape(value)}</b><span>{escape(unit)}</span></div>" for value, unit in listed)
    return f'<div class="sf-figures">{cells}</div>'


def counter(view: View) -> str:
    """Characters, alphabet and segments of the text, and what forces the extended alphabet."""
    typed, plan = view.typed, view.plan
    if typed is None:
        return figures([("0", "characters"), ("standard", "alphabet"), ("0", "segments"), ("0", "credits")])
    characters = "character" if typed.characters == 1 else "characters"
    replaced = view.draft.fix and plan is not None and plan.template.source != view.draft.text
    counted = [(f"{typed.characters:,}", f"{characters} {'after replacing' if replaced else 'typed'}")]
    if plan is None:  # what is counted of a text that cannot be sent would be said of another one
        return figures(counted)
    if not view.exact:
        return figures([*counted, ("…", "alphabet"), ("…", "segments each"), ("…", "credits")])
    causes = [
        f"{_character(character)} at character {position:,}"
        for character, position in [*typed.non_gsm.items()][:3]
    ]
    ready, kinds = plan.ready_people, plan.encodings
    if not ready.empty:
        encoding = " + ".join(ALPHABETS[kind] for kind in ("gsm", "ucs2") if kinds.get(kind))
        fewest, most = int(ready["segments"].min()), int(ready["segments"].max())
        segments = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
        counted += [
            (encoding, "alphabet"),
            (segments, "segment each" if segments == "1" else "segments each"),
        ]
        causes += [
            f"{_character(str(sign))} in the values of {many(rows, 'person', 'people')}"
            for sign, rows in plan.ucs2.head(4).items()
            if sign not in typed.non_gsm
        ][:3]
    counted.append((f"{view.credits:,}", "credit" if view.credits == 1 else "credits"))
    ucs2_note = (
        '<div class="sf-forcing">Extended alphabet, at 70 characters a segment instead of 160, because of '
        f"{', '.join(causes)}.</div>"
        if causes
        else ""
    )
    return figures(counted) + ucs2_note


def cheaper(view: View) -> str:
    """Which characters could be replaced by which, and what that saves; or which are, and what that saved."""
    made = view.plan is not None and view.readable and view.draft.fix
    proposal = view.plan.fixed if view.plan is not None and made else view.cheaper
    if proposal is None or not (proposal.saved or made):
        return ""
    facts = proposal.facts()
    # A character that is in the text and in a field is listed once.
    pairs = list(dict.fromkeys((row["before"], row["after"] or "") for row in facts["replacements"]))
    if not pairs:
        return note("Nothing is replaced: no text would become cheaper.")
    verb = "is sent as" if made else "becomes"
    listed = ", ".join(
        f"{_character(before)} {verb} {_character(after)}" for before, after in pairs[:REPLACEMENTS_SHOWN]
    )
    more = ", and others" if len(pairs) > REPLACEMENTS_SHOWN else ""
    saved = f": {many(facts['saved'], 'credit')} {'saved' if made else 'less'}" if view.exact else ""
    return f'<div class="sf-note" role="status">{listed}{more}{saved}.</div>'


def balance(view: View) -> str:
    """What is to be known of the balance before it is sent; a problem where it does not cover it."""
    if view.plan is None or not view.sendable or not view.exact:
        return ""
    words = balance_words(view.plan.balance, view.credits)
    words = words[:1].upper() + words[1:]
    return problem(words) if too_little(view.plan.balance, view.credits) else note(words)


def credits_left(view: View, quality: str, left: float | None) -> str:
    """The balance that somebody asked for; None when the gateway does not say it."""
    kind = f"of {quality} quality"
    if left is None:
        return note(f"The gateway does not say how many credits {kind} are left.")
    needed = f"; this needs {many(view.credits, 'credit')}" if view.counted else ""
    sentence = f"{amount(left)} credits {kind} are left{needed}."
    return note(sentence) if left >= view.credits else problem(sentence)


def audience(view: View, *, followed: bool = False, file_rows: bool = False) -> str:
    """
    From the rows of the table to the people who would be texted, with every reason for a skip.

    Args:
        view: What is shown.
        followed: Whether a run of the campaign that is under way is shown here, of this process or another.
        file_rows: Whether rows are called as the spreadsheet of their file calls them.
    """
    if view.plan is None:
        waiting = "" if view.experiment else "Who would be texted is counted again when the text is correct."
        return note(_experiment(view)) + (note(waiting) if "text" in view.problems else "")
    what = "to text" if view.readable else "can be texted"  # without a text, nobody would be
    number = f"{view.recipients:,}" if view.exact else "…"
    funnel = (
        f'<div class="sf-funnel"><span>{many(view.rows, "row")}</span>'
        f'<span class="sf-ready"><b>{number}</b> {what}</span></div>'
    )
    if not view.exact:
        return funnel + note("Every row is counted when typing pauses.")
    share = 100 * view.recipients / max(1, view.rows)
    skipped = skips(view.plan, followed=followed, file_rows=file_rows)
    listed = "".join(
        _skips(title, [skip for skip in skipped if skip.correctable == correctable])
        for title, correctable in (("Can be corrected", True), ("Nothing to correct", False))
    )
    remarks = (_experiment(view), _optouts(view), _country(view), _supplied(view))
    return (
        f'{funnel}<div class="sf-bar" aria-hidden="true"><span style="width:{share:.1f}%"></span></div>'
        f"{listed}{''.join(map(note, remarks))}"
    )


def _experiment(view: View) -> str:
    """How many people are in each variant, and that the hold-out gets no text."""
    people = [
        f"{name}: {count:,}" + (", without a text" if name == HOLD_OUT else "")
        for name, count in view.experiment
    ]
    return f"People in each variant, of those who can be texted: {'; '.join(people)}." if people else ""


def _optouts(view: View) -> str:
    """The lists of opt-outs that were read, and what other rules about people did."""
    facts = [] if view.plan is None else [*optouts_said(view.plan, where=False), *rules_said(view.plan)]
    return f"Opt-outs and house rules: {'; '.join(map(in_form_words, facts))}." if facts else ""


def nothing_to_read(view: View) -> str:
    """Why no message can be shown."""
    if view.typed is None:
        return note("Write a text to see what people will read.")
    if view.plan is None:
        return note("What people will read is shown when everything marked is correct.")
    return note("Nobody would be texted now: see the reasons under Audience.")


def message(example: Example, place: int, total: int | None) -> str:
    """
    One message as its person would read it, and what it is billed as.

    Args:
        example: The message.
        place: Its place, from 0.
        total: How many there are; None where they are of a sample.
    """
    rank = "the most expensive" if place == 0 else f"{place + 1:,}"
    facts = [
        "one of the messages" if total is None else f"{rank} of {many(total, 'message')}",
        f"row {example.row}",
        many(example.units, "character"),
        f"{ALPHABETS[example.encoding]} alphabet",
        many(example.segments, "segment"),
    ]
    words = " · ".join(facts)
    return (
        f'<figure class="sf-example"><figcaption>{escape(words[:1].upper() + words[1:])}</figcaption>'
        f'<blockquote class="{message_class()}" dir="auto">{escape(example.text)}</blockquote></figure>'
    )


def campaign_note(counts: CampaignCounts, campaign: str, entry: CampaignRecord | None = None) -> str:
    """What the journal knows of the campaign in the form, and its terms and text, if they are handed in."""
    text = "" if entry is None else note(campaign_terms(entry)) + quoted(entry.template)
    return (
        f'<div class="sf-known" role="status"><b>{escape(shown_name(campaign))}</b> was begun already: '
        f"{escape(counts.sentence())}.</div>{text}"
    )


def campaign_terms(entry: CampaignRecord) -> str:
    """The sender and the time of a campaign, in a sentence."""
    terms = entry.terms
    parts = [f"Sender {terms.sender}" if terms.sender else "The account's own sender"]
    if terms.schedule is not None:
        parts.append(f"scheduled for {local_words(terms.schedule).removeprefix('on ')}")
    elif terms.hours is not None:
        parts.append("goes out within hours of each person's day")
    return ", ".join(parts) + ". Its text:"


def quoted(text: str) -> str:
    """A text of a campaign, as escaped HTML; without characters that turn the others around."""
    words = escape(visible(text))
    return f'<figure class="sf-example sf-quoted"><blockquote dir="auto">{words}</blockquote></figure>'


def outcome_card(results: pd.DataFrame, *, whole_table: bool = True) -> str:
    """
    The card of a campaign's results; empty while there are none.

    Args:
        results: Of a table, or of the people of a campaign.
        whole_table: Which of the two.
    """
    if results.empty:
        return ""
    facts = summary(results).facts()
    facts["reasons"] = [
        {**row, "reason": in_form_words(row["reason"]), "status": row["status"]} for row in facts["reasons"]
    ]
    facts["cancel_until"] = in_form_words(facts["cancel_until"])
    facts["credits_note"] = facts["credits_note"].removesuffix(": see costs")
    meanings = {code: known.meaning for code, known in known_codes().items()}
    return summary_card(facts, meanings, rest="in the results", whole_table=whole_table)


def running(facts: Mapping[str, Any]) -> str:
    """How far a run is: a bar, and the counts in words."""
    settled = {name: facts.get(name) or 0 for name in ("accepted", "scheduled", "rejected", "unconfirmed")}
    parts = [f"{count:,} {name}" for name, count in settled.items() if count]
    done, total = sum(settled.values()), facts["recipients"]
    if facts.get("credits"):
        parts.append(f"{amount(facts['credits'])} credits")
    if facts.get("rate"):
        parts.append(f"{facts['rate']:,.0f} a second")
    if facts.get("seconds_left"):
        parts.append(f"{facts['seconds_left']:,.0f} s left")
    if not total:
        parts.append("writing down who is texted")
    elif not done:
        parts.append("waiting for the gateway's first answer")
    elif done == total and settled["unconfirmed"]:
        parts.append("asking the gateway about those unconfirmed")
    words = f"{done:,} of {total:,}" + "".join(f" · {escape(part)}" for part in parts)
    return (
        f'<progress class="sf-progress" max="{max(1, total)}" value="{done}" aria-label="People texted">'
        f'</progress><div class="sf-note">{words}</div>'
    )


def _supplied(view: View) -> str:
    """How many numbers were read as whole ones, because most of the column are."""
    supplied = int(view.plan.repairs.get("plus", 0)) if view.plan is not None else 0
    if not supplied:
        return ""
    return f"A missing + was supplied to {many(supplied, 'number')}: choose a country if they are national."


def _country(view: View) -> str:
    """Where the country comes from, when it is a column: it may have been guessed."""
    draft = view.draft
    if draft.region is None or draft.country is not None:
        return ""
    return f"The country is taken from the column {mask(str(draft.region))}."


def _skips(title: str, skipped: list[Skip]) -> str:
    """The reasons of one group, under its title."""
    if not skipped:
        return ""
    head = f"<h4>{title}<span>{sum(skip.rows for skip in skipped):,}</span></h4>"
    # Of reasons for which there is no room, one alone would take as much room as the line that counts them.
    listed = skipped if len(skipped) == REASONS_SHOWN + 1 else skipped[:REASONS_SHOWN]
    more = sum(skip.rows for skip in skipped[len(listed) :])
    others = f'<div class="sf-skip"><b>{more:,}</b> for other reasons</div>' if more else ""
    return f'<div class="sf-group">{head}{"".join(map(_skip, listed))}{others}</div>'


def _skip(skip: Skip) -> str:
    reason, explanation = in_form_words(skip.reason), in_form_words(skip.explanation)
    return (
        f'<details class="sf-skip"><summary><b>{skip.rows:,}</b> '
        f"<i>{escape(skip.status)}</i> {escape(reason)}</summary>"
        f'<div class="sf-note">{escape(explanation)}</div>{_rows(skip.sample)}</details>'
    )


def _rows(sample: pd.DataFrame) -> str:
    head = "".join(f'<th scope="col">{escape(str(label))}</th>' for label in sample.columns)
    # A handful of rows.
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in sample.itertuples(index=False)
    )
    return f'<div class="sf-look"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _character(character: str) -> str:
    if not character:
        return "nothing"
    code = f"the invisible U+{ord(character[0]):04X}"
    return f"<kbd>{escape(character)}</kbd>" if character.isprintable() and not character.isspace() else code
