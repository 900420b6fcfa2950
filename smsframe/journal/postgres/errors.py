"""
What PostgreSQL refuses, in words that say what to do, and that carry neither a number nor a password.
"""

from __future__ import annotations

from smsframe.masking import mask

ADVICE = {
    "28P01": "the password was refused: correct it in the URL, in PGPASSWORD or in the password file",
    "28000": "this role may not log in from here: see pg_hba.conf on the server",
    "3D000": "there is no such database on that server",
    "3F000": "there is no such schema in that database",
    "42501": "this role lacks a right there; docs/scale.md lists those that it needs",
    "25006": "it can only be read: is it a replica?",
    "53100": "the disk of the server is full; what is written stays as it is, and nothing more is sent",
    "53300": "the server has no connection left: it lets in no more than max_connections, and "
    "a role or a database no more than its CONNECTION LIMIT",
    "55P03": "another process has been writing for longer than 10 minutes: look at pg_stat_activity there",
    "57P01": "the server is being stopped, or an administrator ended this session",
    "57P02": "the server crashed; resume the campaign once it is back",
    "57P03": "the server is starting or stopping; try again in a minute",
    "25P03": "the server ended a transaction that stood still: see idle_in_transaction_session_timeout there",
    "57P05": "the server ended a session that stood still: see idle_session_timeout and "
    "idle_in_transaction_session_timeout there",
    "42P01": "a table is missing there: was the schema changed by another program?",
}
"""By SQLSTATE (PostgreSQL's manual, appendix A)."""


def problem(error: BaseException | None) -> str | None:
    """
    What an error of psycopg's is about; None if it is none of psycopg's.

    Of what the server says only its primary message is shown, and masked: its details name rows.
    """
    import psycopg  # noqa: PLC0415 - an extra

    if not isinstance(error, psycopg.Error):
        return None
    if error.sqlstate in ADVICE:
        return ADVICE[error.sqlstate]
    message = error.diag.message_primary or str(error).strip().splitlines()[0] if str(error) else ""
    shown = mask(message) or type(error).__name__
    for state, words in _BY_WORDS.items():
        if words in str(error):
            return f"{ADVICE[state]} ({shown})"
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return f"no connection to the server ({shown}); what was written stays written"
    return shown


_BY_WORDS = {
    "28P01": "password authentication failed",
    "3D000": 'database "',
    "57P03": "the database system is",
    "53300": "too many c",  # clients; connections for role, or for database
    "57P01": "terminating connection due to administrator command",
    "57P02": "terminating connection because of crash",
    "57P05": "terminating connection due to idle",
}
"""
What a server says before there is a connection carries no SQLSTATE (psycopg's documentation), and neither
does its last word, where libpq reads it only as the reason for which the connection is gone.
"""
