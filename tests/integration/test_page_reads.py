"""How often the page reads the journal to show a campaign: its people once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from helpers.page import button, outcome, send, upload
from helpers.sending import table

from smsframe.form.page.page import Page


@pytest.fixture
def asked():
    """The statements that read people of a campaign as a whole."""
    found = []

    def note(_connection, _cursor, statement, *_):
        if "json_group_array" in statement:
            found.append(statement.split("json_group_array")[1])

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)


@pytest.mark.samples(1)
def test_a_campaign_is_opened_with_one_reading_of_its_people(terminal, tmp_path, asked):
    for name in ("downloads", "rows"):
        (tmp_path / name).mkdir()
    page = Page(downloads=tmp_path / "downloads", rows=tmp_path / "rows")
    table(40, bad=[3]).to_csv(tmp_path / "guests.csv", index=False)
    upload(page, tmp_path / "guests.csv")
    send(page)
    for opened in (page, Page(downloads=tmp_path / "downloads", rows=tmp_path / "rows")):
        opened.show_home()
        asked.clear()
        button(opened, "autumn").click()
        assert "39 sent" in outcome(opened)
        assert "1 needs a hand" in outcome(opened)
        assert len(asked) == 1
