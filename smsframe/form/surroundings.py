"""
Where a notebook runs: whether widgets show there.
"""

from __future__ import annotations

import sys

from smsframe.gateway.surroundings import refuse_browser


def refuse_without_widgets() -> None:
    """
    Say at once where a form would not be seen, and what to use instead.

    Raises:
        RuntimeError: The notebook is one of marimo's, or runs in a browser.
    """
    refuse_browser()
    marimo = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        raise RuntimeError(
            "marimo shows no ipywidgets, so the form cannot be seen here: plan and send from cells (their "
            "cards and figures show), or open the form beside it with `smsframe app FILE`"
        )
