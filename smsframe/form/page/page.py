"""
The page of `smsframe app`: upload a table, compose, send, follow, correct, and all campaigns of the journal.

It is made of the form and of the screen of a campaign; it decides nothing of its own.
"""

from __future__ import annotations

import warnings
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import ipywidgets as widgets

from smsframe.api.prepare import read_contacts
from smsframe.campaign.options import SendOptions
from smsframe.errors import ContactsError, SmsFrameError
from smsframe.form import html
from smsframe.form.compose import compose
from smsframe.form.page.campaign import CampaignScreen
from smsframe.form.page.corrections import ALONE, given, put_into, same_columns
from smsframe.form.page.drafts import LEFT, UnsentDraft
from smsframe.form.page.files import Download, Upload, file_name
from smsframe.form.page.html import title
from smsframe.form.page.list import campaign_list
from smsframe.form.page.memory import KeptRows, TableRows
from smsframe.form.page.optouts import OptoutsScreen, counted
from smsframe.form.page.origin import are_marked, marked, of_campaign, of_table, unmarked
from smsframe.form.page.parts import button, part
from smsframe.form.page.results import SentRows, has_own
from smsframe.form.preview import error_sentence
from smsframe.form.session import FormSession
from smsframe.form.tasks import AtWork
from smsframe.form.variants import NO_VARIANT
from smsframe.formatting import many
from smsframe.planning.options import PlanOptions
from smsframe.planning.problems import VARIANT

if TYPE_CHECKING:
    import os

    import pandas as pd

    from smsframe.contacts.policy import Policy
    from smsframe.form.attached import AttachedForm
    from smsframe.form.page.drafts import Left
    from smsframe.orders.records import CampaignRecord
    from smsframe.planning.plan import Plan


class Page:
    """
    The page, as a widget that shows itself.

    Args:
        file: A table to begin with, or None: then the page begins with the upload and the campaigns.
        downloads: The folder in which the server of the page finds files to be downloaded, or None.
        rows: The folder in which the server keeps, while it runs, the rows that need a hand, and the table
            that is not sent yet with what was typed; None to know them in this page alone.
        journal: As in `smsframe.send`.
        policy: As in `smsframe.compose`.
        options: Of `smsframe.compose`, for the table to begin with: ``phone`` and ``region``.
    """

    def __init__(
        self,
        file: str | os.PathLike[str] | None = None,
        *,
        downloads: str | os.PathLike[str] | None = None,
        rows: str | os.PathLike[str] | None = None,
        journal: str | None = None,
        policy: Policy | None = None,
        **options: Any,
    ) -> None:
        self._downloads = None if downloads is None else Path(downloads)
        self._journal, self._policy = journal, policy
        self._session = FormSession(None, journal, PlanOptions(policy=policy), SendOptions())
        self._table: tuple[pd.DataFrame, str] | None = None
        folder = None if rows is None else Path(rows)
        self._kept, self._sent_rows, self._draft = KeptRows(folder), SentRows(), UnsentDraft(folder)
        self._rows: TableRows | None = None
        """Of the table that was uploaded last, as a whole."""
        self._shown: TableRows | None = None
        self.form: AttachedForm | None = None
        """The form that was shown last, and what of its table needs a hand."""
        self._unsent: tuple[AttachedForm, tuple[Any, ...]] | None = None
        """The form of that table as it was left, until something of it is sent."""
        self._home = button("All campaigns", self.show_home)
        self._again = button("Back to the table", self._show_table)
        self._body = widgets.VBox()
        self._body.add_class("sf-body")
        nav = widgets.HBox([self._home, self._again])
        nav.add_class("sf-nav")
        css = "".join(
            files("smsframe.form").joinpath(name).read_text("utf-8") for name in ("form.css", "page/page.css")
        )
        style = widgets.HTML(f"<style>{css}</style>")
        style.layout.display = "none"
        self.widget = widgets.VBox([style, nav, self._body])
        self.widget.add_class("smsframe-form")
        self.widget.add_class("smsframe-page")
        self._at_work = AtWork(self.widget)
        if file is not None:
            self._table = (read_contacts(file), Path(file).name)
        self._begin(options)

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = self.widget._repr_mimebundle_(**options)
        return bundle

    def _begin(self, options: dict[str, Any]) -> None:
        """A run that is alive is shown first; else what was left unsent; else the table; else the home."""
        live = [entry for entry, at_work in self._known() if at_work]
        left = self._draft.left()
        if left is not None:
            self._table = (left.table, left.name)
        if len(live) == 1:
            self.show_campaign(live[0])
        elif left is not None:
            self._take_up(left)
        elif self._table is not None:
            self.show_form(*self._table, **options)
        else:
            self.show_home()

    def show_home(self) -> None:
        """The upload, and the campaigns of the journal."""
        upload = Upload("Upload a table", self._uploaded)
        begin = part(
            widgets.HTML(title("A new campaign")),
            widgets.HTML(
                html.note("A table of people: CSV, Excel (XLSX) or Parquet, up to 50 MB, with a heading.")
            ),
            upload.box,
        )
        try:
            live = {entry.name for entry, at_work in self._known() if at_work}
            listed = campaign_list(self._session, live, self._open)
        except SmsFrameError as error:
            listed = part(widgets.HTML(title("Campaigns")), widgets.HTML(html.problem(error_sentence(error))))
            self._show(begin, listed, home=False)  # of the opt-outs the same would be said
            return
        people = part(
            widgets.HTML(title("Opt-outs")),
            widgets.HTML(counted(self._session)),
            button("See or add opt-outs", self.show_optouts),
        )
        self._show(begin, listed, people, home=False)

    def show_optouts(self) -> None:
        """Who may not be texted through the account."""
        self._show(OptoutsScreen(self._session, self._downloads).box)

    def _open(self, name: str) -> None:
        if (entry := self._session.find(name)) is not None:
            self.show_campaign(entry)

    def show_campaign(self, entry: CampaignRecord, said: str = "") -> None:
        """The screen of a campaign; ``said``: why a run of it stopped, if one has."""
        screen = CampaignScreen(
            self._session,
            entry,
            self._downloads,
            kept=self._kept,
            sent=self._sent_rows,
            correct=partial(self._correct, entry),
            at_work=self._at_work,
            said=said,
        )
        self._show(screen.box)

    def show_form(
        self,
        table: pd.DataFrame,
        name: str,
        rows: TableRows | None = None,
        *,
        remark: str = "",
        **options: Any,
    ) -> None:
        """The form for a table; ``rows``: what of it needs a hand, where it corrects another one."""
        whole = rows is None
        if rows is None:
            rows = self._rows = self._rows or TableRows(self._kept, table)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what was guessed is in the form, and can be changed there
            try:
                form = cast(
                    "AttachedForm", compose(table, journal=self._journal, policy=self._policy, **options)
                )
            except (SmsFrameError, ValueError, OSError) as error:
                self._show(widgets.HTML(title(name)), widgets.HTML(html.problem(error_sentence(error))))
                return
        self.form, self._shown = form, rows
        form.call_rows_as_in_file()
        form.begun, form.after_run = rows.begun, partial(self._sent, form, rows)
        form.at_work = self._at_work
        faults = Download(
            "Download the rows that need a hand", self._downloads, partial(_problems, form, name, rows.token)
        )
        form.on_change(faults.clear)  # what was wrong may be right now, and a file is of the earlier text
        corrected = Upload("Upload corrected rows", self._replace)
        hand = part(
            widgets.HTML(html.heading("Rows that need a hand")),
            widgets.HTML(
                html.note(
                    "The reasons are under Audience. Download those rows, correct them in a spreadsheet and "
                    "upload them: now, or after this campaign was sent; nobody is texted twice."
                )
            ),
            faults.box,
            corrected.box,
        )
        remarks = [widgets.HTML(html.note(remark))] if remark else []
        parts = (widgets.HTML(title(name)), *remarks, form.widget, hand)
        if whole:
            self._unsent = (form, parts)
            form.on_change(lambda: self._draft.keep(table, name, form.typed))
            form.begun = partial(self._begun, rows)
        self._show(*parts, table=not whole)

    def _uploaded(self, table: pd.DataFrame, name: str) -> None:
        table = unmarked(table)
        self._table, self._rows, self._unsent = (table, name), None, None
        self.show_form(table, name)
        if self.form is not None:
            self._draft.keep(table, name, self.form.typed)

    def _take_up(self, left: Left) -> None:
        """What was worked on when the page was closed or reloaded."""
        draft = left.draft
        columns = same_columns(left.table, draft.phone, draft.region)
        self.show_form(left.table, left.name, remark=LEFT, **given(draft), **columns)
        if self.form is not None:
            self.form.take_over(draft)

    def _replace(self, table: pd.DataFrame, name: str) -> None:
        """Corrected rows, before anything was sent: with the text and the campaign that are in the form."""
        if self.form is None:
            return
        before, draft = self._shown, self.form.draft
        sure = are_marked(table, "" if before is None else before.token)
        if before is not None:
            table = of_table(table, before.token, draft.campaign.strip())
        typed = given(draft)
        columns = same_columns(table, draft.phone, draft.region)
        whole = None
        if self._table is not None and before is self._rows:
            whole = put_into(self._table[0], table, sure)
        if self._table is None or whole is None:
            rows, alone = TableRows(self._kept, table, of=before), ALONE if before is self._rows else ""
            self.show_form(table, name, rows, remark=alone, **typed, **columns)
        else:
            self._table = (whole, self._table[1])
            put = f"{many(len(table), 'row')} of {name} put into the table."
            self.show_form(whole, self._table[1], remark=put, **typed, **columns)
            self._draft.keep(whole, self._table[1], draft)
        self.form.take_over(draft)

    def _correct(self, entry: CampaignRecord, table: pd.DataFrame, name: str) -> None:
        """Corrected rows of a campaign that was sent: with its text, in the same campaign."""
        kept = self._kept.of(entry.name)
        if VARIANT not in table.columns and self._session.results(entry)[VARIANT].notna().any():
            raise ContactsError(NO_VARIANT)
        table, token, remark = of_campaign(table, entry.name, kept)
        mine = self._rows if self._rows is not None and self._rows.token == token else None
        draft = self.form.draft if self.form is not None else None
        columns = same_columns(table, draft and draft.phone, draft and draft.region)
        self.show_form(
            table,
            name,
            TableRows(self._kept, table, of=mine, token=token, part=True),
            remark=remark,
            text=entry.template,
            campaign=entry.name,
            sender=entry.terms.sender or "",
            quality=self._session.profile.quality_names.get(entry.terms.message_type, "high"),
            **columns,
        )
        if self.form is None:
            return
        self.form.read_numbers_of(draft and draft.region)
        schedule = entry.terms.schedule
        if schedule is not None and schedule > self._session.clock.now():
            self.form.at_time(schedule)  # those who are corrected are not texted before the others

    def _show_table(self) -> None:
        if self._unsent is not None:
            self.form, parts = self._unsent
            self.form.look_again()  # the campaign may have gone on meanwhile
            self._show(*parts, table=False)
        elif self._table is not None:
            self.show_form(*self._table)

    def _begun(self, rows: TableRows, plan: Plan) -> None:
        rows.begun(plan)
        self._draft.forget()  # from now on the journal has it

    def _sent(self, form: AttachedForm, rows: TableRows) -> None:
        """A run of a form is over: what came of it."""
        try:
            entry = self._session.find(form.draft.campaign.strip())
        except SmsFrameError:  # the form says what is wrong with the journal
            return
        if form.results is None or entry is None:
            return
        if has_own(form.results):  # of a run of somebody else the journal knows people, not rows
            rows.over(entry.name, form.results)
            self._sent_rows.over(entry.name, form.results, rows)
        if self._unsent is not None and form is self._unsent[0]:
            self._unsent = None
            self._draft.forget()
        if form is self.form:  # another table may have been uploaded meanwhile
            self.show_campaign(entry, form.stopped)

    def _known(self) -> list[tuple[CampaignRecord, bool]]:
        """The campaigns, and whether somebody is at work on each."""
        journal = self._session.journal
        try:
            at_work = (
                [key for key, tally in journal.batches.tallies().items() if tally.at_work]
                if journal.exists
                else []
            )
            names = journal.campaigns().set_index("id")["name"]
            return [(journal.get(str(names[key])), True) for key in at_work if key in names.index]
        except SmsFrameError:  # the list says what is wrong
            return []

    def _show(self, *parts: Any, home: bool = True, table: bool = True) -> None:
        self._home.layout.display = None if home else "none"
        self._again.layout.display = None if table and self._table is not None else "none"
        self._body.children = parts


def _problems(form: AttachedForm, name: str, table: str) -> tuple[pd.DataFrame, str]:
    """The rows of a form's table that need a hand."""
    plan = form.counted_plan()  # of a long table, the plan of the moment may be of a sample
    if plan is None:
        raise ValueError("Correct what is marked above first.")
    rows = plan.problems()
    if not len(rows):
        raise ValueError("No row needs a hand.")
    return marked(rows, table=table), f"{file_name(Path(name).stem)} to correct"
