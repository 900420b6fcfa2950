"""
Where Python runs: in a browser nothing can be sent.
"""

from __future__ import annotations

import sys


def refuse_browser() -> None:
    """
    Say at once that nothing can be sent from JupyterLite or another Python that runs in a browser.

    Raises:
        RuntimeError: There are no threads, no sockets, and no disk on which a journal would stay.
    """
    if sys.platform == "emscripten":
        raise RuntimeError(
            "this Python runs in a browser (JupyterLite), without threads, sockets or a disk that lasts, so "
            "nothing can be sent from it: check, plan, normalize and segments work here; send from Jupyter "
            "on a computer"
        )
