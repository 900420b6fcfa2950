"""What PostgreSQL's last word is, where libpq has it only as a reason: no SQLSTATE comes with it."""

import pytest

from smsframe.journal.postgres import errors

psycopg = pytest.importorskip("psycopg")


@pytest.mark.parametrize("around", ["{}", "consuming input failed: {}", "sending query failed: FATAL:  {}\n"])
@pytest.mark.parametrize(
    ("said", "state"),
    [  # src/backend/tcop/postgres.c, ProcessInterrupts() and quickdie()
        ("terminating connection due to administrator command", "57P01"),
        ("terminating connection because of crash of another server process", "57P02"),
        ("terminating connection due to idle-session timeout", "57P05"),
        ("terminating connection due to idle-in-transaction timeout", "57P05"),
        ("the database system is shutting down", "57P03"),
        ("sorry, too many clients already", "53300"),
    ],
)
def test_the_words_of_a_lost_connection_say_as_much_as_its_state(around, said, state):
    shown = errors.problem(psycopg.OperationalError(around.format(said)))
    assert shown is not None
    assert shown.startswith(errors.ADVICE[state])
    assert said in shown


def test_other_words_of_a_lost_connection_are_shown_masked():
    shown = errors.problem(psycopg.OperationalError("server closed the connection; row (393471234567)"))
    assert shown is not None
    assert shown.startswith("no connection to the server")
    assert "3471234567" not in shown
    assert errors.problem(ValueError("393471234567")) is None
