"""Who may call: sessions that die of idleness, one token that does not."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from smsframe.sandbox.refusal import RefusedError

if TYPE_CHECKING:
    from smsframe.sandbox.questions import OpenQuestions

IDLE = timedelta(minutes=5)  # smSend docs, GET login: a session dies after five minutes without a call


class Shown(NamedTuple):
    """The key headers of one call."""

    user_key: str | None
    session_key: str | None
    access_token: str | None


class Keys:
    """The keys of the one account of a sandbox."""

    def __init__(self, username: str, password: str, questions: OpenQuestions) -> None:
        self._login = (username, password)
        self._questions = questions
        self._sessions: dict[str, datetime] = {}  # to the time of the last call
        self.user_key = str(10_000 + secrets.randbelow(90_000))  # a short number in all published examples
        self.access_token = _key()  # permanent (smSend docs, GET token)

    def check(self, username: str, password: str) -> None:
        """Refuse a wrong login; with 404, as smSend's documentation says, or 401, as some clients met."""
        if (username, password) != self._login:
            raise RefusedError("Wrong username or password", status=self._questions.login_refused)

    def open(self, now: datetime) -> str:
        """The key of a new session."""
        if not self._questions.several_sessions:
            self._sessions.clear()
        session_key = _key()
        self._sessions[session_key] = now
        return session_key

    def admit(self, shown: Shown, now: datetime) -> None:
        """Let an authorised call pass and renew its session; refuse any other with 401."""
        if not (shown.user_key and (shown.session_key or shown.access_token)):
            raise RefusedError(
                "The headers user_key and Session_key or Access_token are required", status=401
            )
        if not self.alive(shown, now):
            raise RefusedError("The keys are not valid, or the session has expired", status=401)
        if shown.session_key in self._sessions:
            self._sessions[shown.session_key] = now

    def alive(self, shown: Shown, now: datetime) -> bool:
        """Whether the keys are good now; asking does not renew (smSend docs, GET checksession)."""
        if shown.user_key != self.user_key:
            return False
        last_call = self._sessions.get(shown.session_key or "")
        return shown.access_token == self.access_token or (last_call is not None and now - last_call < IDLE)

    def forget_sessions(self) -> None:
        """Lose every session; the token stays good."""
        self._sessions.clear()


def _key() -> str:
    return secrets.token_hex(12)  # 24 characters, as in clients' examples
