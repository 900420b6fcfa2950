"""The one way the sandbox says no: a status and a sentence, which travel as ``{"result": "<sentence>"}``."""

from __future__ import annotations


class RefusedError(Exception):
    """
    The call is refused, and nothing of it was done.

    Attributes:
        reason: The sentence in the body of the answer.
        status: 400 for bad input, 401 for missing or bad keys, 404 for what does not exist
            (smSend docs, generic codes).
    """

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
