"""The handle: a gateway served from a thread of this process, to 127.0.0.1 only."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from smsframe.sandbox import app, brands, frames
from smsframe.sandbox.keys import Keys
from smsframe.sandbox.ledger import Ledger
from smsframe.sandbox.questions import OpenQuestions
from smsframe.sandbox.questions import reply_fields as named_reply_fields
from smsframe.sandbox.refusal import RefusedError
from smsframe.sandbox.serving import Running
from smsframe.sandbox.switches import Switchboard, switch
from smsframe.sandbox.tls import require_trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    import pandas as pd

    from smsframe.gateway.smsend import Gateway

OWN = "+393399900000"
"""The number of the account that people write to, unless another is named."""
FASTEST = 1_000_000  # beyond, a long-running sandbox would leave the calendar


class Sandbox:
    """
    A gateway to rehearse on: real HTTP on 127.0.0.1, nobody is texted and nothing is billed.

    A context manager; outside of ``with``, call ``start`` and ``stop``. What becomes of a text is decided by
    the last two digits of its recipient: ``docs/sandbox.md`` has the table.

    Args:
        port: The port, or 0 for a free one.
        username: The account's name.
        password: Its password.
        brand: Whom it plays: ``"smsend"``, or ``"skebby"``, a sister brand with other message types.
        credits: Credits of every message type, or of each: ``{"N": 100, "L": 0}``.
        speed: How many times faster than the clock schedules and deliveries go, from 1: at 3600 an hour
            passes in a second.
        clock: Gives the time, aware; sessions expire by it.
        latency: Seconds that every answer takes on its way, as from a gateway far away; calls made at once
            wait side by side.
        tls: Whether to speak TLS, with a certificate that is thrown away.
        seed: Of the calls that ``misbehave(rate=...)`` chooses.
        repeated_order_id: Open question. A second order under one id is refused (400), merged (answered like
            the first, no new texts), or accepted as one more.
        duplicates: Open question. A number twice in one order gets two texts, or one (``"merge"``), or the
            order is refused.
        left_out: Open question. With ``allowInvalidRecipients`` the order's state names the numbers that were
            left out, and they cost nothing; or they are named and charged all the same; or not listed.
        all_left_out: Open question. An order whose numbers are all left out is accepted, or refused (400).
        outside_gsm: Open question. A text with encoding gsm and characters outside it is refused, or they
            become ``?``.
        length_in: Open question. What the limits of 1000, 450 and 160 count.
        timezone: Open question. The zone of dates that come without one, and of those in answers to calls
            that cannot name one.
        several_sessions: Open question. Whether a new login leaves earlier sessions alive.
        refund_cancelled: Open question. Whether a cancelled order gives its credits back.
        cancelled_order: Open question. A cancelled order is gone from state and history; or it stays listed
            as ``SCHEDULED``, though nothing goes out; or every other text of it had left before.
        stop_list_pages: Open question. The pages of the list of opt-outs are as they should be; or the first
            one is repeated for ever (``"repeated"``), they have no end (``"endless"``), the last number of
            each is missing (``"short"``), or they do not say how many there are (``"uncounted"``).
        extra_values: Open question. Query values that a call does not have are ignored, or refused (400).
        login_refused: Sources differ. The status of a wrong login: 404 or 401; the brand's when not given.
        paramsms_accepted: Sources differ. The status of an accepted ``paramsms``: 200 or 201; the brand's
            when not given.
        long_pages: Open question. Pages of more than 100 rows are given, cut to 100, or refused (400).
        reply_fields: Open question. What the fields of a received message are called: some of ``id``,
            ``recipient``, ``sender``, ``text`` and ``received_at``, each by another name.
        senders: The senders that the account has registered, each with its ``alias-state``: ``{"ACME": 2}``.

    Example:
        >>> people = pd.DataFrame({"mobile": ["+393471234567"]})
        >>> with smsframe.Sandbox(speed=3600) as sandbox:
        ...     out = people.sms.send(
        ...         "Ciao", campaign="x", phone="mobile", gateway=sandbox.gateway(), progress=False
        ...     )
        ...     sandbox.inbox()["text"].tolist()
        ['Ciao']
    """

    def __init__(
        self,
        *,
        port: int = 0,
        username: str = "demo",
        password: str = "demo",  # noqa: S107 - of a gateway that texts nobody
        brand: Literal["smsend", "skebby"] = "smsend",
        credits: int | Mapping[str, int] = 10_000,  # noqa: A002 - the gateway's word
        speed: float = 1.0,
        clock: Callable[[], datetime] | None = None,
        latency: float = 0.0,
        tls: bool = False,
        seed: int = 0,
        repeated_order_id: Literal["refuse", "merge", "accept"] = "refuse",
        duplicates: Literal["send", "merge", "refuse"] = "send",
        left_out: Literal["named", "charged", "unlisted"] = "named",
        all_left_out: Literal["accept", "refuse"] = "accept",
        outside_gsm: Literal["refuse", "replace"] = "refuse",
        length_in: Literal["characters", "units"] = "characters",
        timezone: str = "Europe/Rome",
        several_sessions: bool = True,
        refund_cancelled: bool = False,
        cancelled_order: Literal["gone", "listed", "partly_sent"] = "gone",
        stop_list_pages: Literal["whole", "repeated", "endless", "short", "uncounted"] = "whole",
        extra_values: Literal["ignore", "refuse"] = "ignore",
        login_refused: Literal[404, 401] | None = None,
        paramsms_accepted: Literal[200, 201] | None = None,
        long_pages: Literal["whole", "cut", "refuse"] = "whole",
        reply_fields: Mapping[str, str] | None = None,
        senders: Mapping[str, int] | None = None,
    ) -> None:
        if not 0 <= port <= 65535:  # noqa: PLR2004 - the ports there are
            raise ValueError(f"port is between 0 and 65535, not {port}")
        if not 1 <= speed <= FASTEST:
            raise ValueError(f"speed is between 1 and {FASTEST}, not {speed}")
        if not 0 <= latency < math.inf:
            raise ValueError(f"latency is a number of seconds from 0, not {latency}")
        if tls:
            require_trustme()
        played = brands.brand(brand)
        questions = OpenQuestions(
            repeated_order_id=repeated_order_id,
            duplicates=duplicates,
            left_out=left_out,
            all_left_out=all_left_out,
            outside_gsm=outside_gsm,
            length_in=length_in,
            timezone=timezone,
            several_sessions=several_sessions,
            refund_cancelled=refund_cancelled,
            cancelled_order=cancelled_order,
            stop_list_pages=stop_list_pages,
            extra_values=extra_values,
            login_refused=played.login_refused if login_refused is None else login_refused,
            paramsms_accepted=played.paramsms_accepted if paramsms_accepted is None else paramsms_accepted,
            long_pages=long_pages,
            reply_fields=named_reply_fields(reply_fields or {}),
        )
        clock = clock or (lambda: datetime.now(UTC))
        if clock().tzinfo is None:
            raise ValueError("clock gives aware times, such as datetime.now(UTC)")
        self._account = {"username": username, "password": password}
        self._brand = brand
        self._wanted_port = port
        self._ledger = Ledger(
            Keys(username, password, questions),
            _credit(credits, played.types),
            questions,
            clock=clock,
            speed=speed,
        )
        self._ledger.senders.update(senders or {})
        self._calls: list[app.Call] = []
        self._switchboard = Switchboard(seed)
        self._app = app.build(self._ledger, self._switchboard, self._calls.append, clock, latency)
        self._tls = tls
        self._running: Running | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self._running.url if self._running else '(stopped)'}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Serve, and return once calls are answered. A sandbox that was stopped goes on with what it knew."""
        if self._running is None:
            self._running = Running(self._app, self._wanted_port, secure=self._tls)
        return self

    def stop(self) -> None:
        """Stop serving, close every connection, and remove the temporary folder."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    @property
    def url(self) -> str:
        """The base URL, ending in ``/API/v1.0/REST/``."""
        return self._started.url

    @property
    def certificate(self) -> str | None:
        """The file (PEM) of the authority to trust; None without TLS. Another one after each start."""
        found = self._started.certificate
        return str(found) if found else None

    @property
    def credits(self) -> dict[str, int]:
        """The credits left, by message type."""
        return self._ledger.credit()

    def gateway(self, **options: Any) -> Gateway:
        """
        A ``Gateway`` to this sandbox, logged in as its account, with a temporary journal of its own.

        Args:
            options: Of ``Gateway``; they win over the defaults. With ``user_key`` and ``access_token`` no
                username and password are passed.
        """
        from smsframe.gateway.smsend import Gateway  # noqa: PLC0415 - the sandbox needs nothing of ours to serve

        own: dict[str, Any] = {"journal": self._started.folder / "journal.sqlite", "profile": self._brand}
        own["reply_fields"] = self._ledger.questions.reply_fields
        if not options.keys() & {"user_key", "access_token"}:
            own |= self._account
        if self._tls:
            own["verify"] = self.certificate
        return Gateway(self.url, **own | options)

    def inbox(self) -> pd.DataFrame:
        """Every text a person has received by now, in the order they were accepted."""
        return frames.inbox(self._ledger.arrived())

    def reply(
        self, sender: str | Sequence[str], text: str, *, at: datetime | None = None, recipient: str = OWN
    ) -> None:
        """
        Let somebody write to the account, as a person who answers a text does.

        Args:
            sender: Their number, or several who write the same; a name, as companies send under.
            text: What they write.
            at: When, an aware time; now when not given.
            recipient: The account's own number that they write to.

        Example:
            >>> with smsframe.Sandbox() as sandbox:
            ...     sandbox.reply("+393471234567", "STOP")
        """
        senders = [sender] if isinstance(sender, str) else sender
        self._ledger.receive((each, recipient, text, at) for each in senders)

    def orders(self) -> pd.DataFrame:
        """Every order accepted, cancelled ones too."""
        return frames.orders(self._ledger.orders())

    def calls(self) -> pd.DataFrame:
        """
        Every call received: when, method, path after the base URL without query, status.

        The status is missing while no answer has left, and stays so where the client got none.
        """
        return frames.calls(self._calls)

    def cancel(self, order_id: str) -> None:
        """
        Cancel a scheduled order, as somebody else does by the gateway's web panel.

        Args:
            order_id: The order's id, as the POST named it.

        Raises:
            ValueError: There is no such order, or it can no longer be cancelled.
        """
        try:
            self._ledger.cancel(order_id)
        except RefusedError as error:
            raise ValueError(error.reason) from None

    def forget_sessions(self) -> None:
        """Lose every session, as a restarted gateway would; tokens stay good."""
        self._ledger.forget_sessions()

    def misbehave(
        self,
        kind: str,
        *,
        call: str = "order",
        rate: float | None = None,
        order: int | Sequence[int] | None = None,
        times: int | None = None,
        seconds: float | None = None,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        """
        Do something wrong from now on; ``docs/sandbox.md`` describes each kind.

        Without ``rate`` and ``order``, every matching call gets it; but ``refuse`` then closes the port at
        once, for one time. Of several faults for one call the first that was set is played, and counts.

        Args:
            kind: ``refuse``, ``drop_before``, ``drop_after``, ``error_before``, ``error_after``,
                ``late_answer``, ``late_acceptance``, ``half_body``, ``html``, ``redirect``, ``busy``,
                ``session_lost``, ``blind``; of pages ``endless_pages``, ``repeated_pages``,
                ``skipped_rows``, ``wrong_total``; or ``magic``, for faults by the digits of recipients.
            call: Which calls match: ``order`` (POST ``sms`` and ``paramsms``), ``state``, ``history``,
                ``status``, ``login``, ``cancel`` (DELETE ``sms/{order_id}``), ``replies``, ``senders`` or
                ``any``.
            rate: The share of them that gets it, from 0 to 1.
            order: The numbers of those that get it, counted from 1 since it was set.
            times: How often at most.
            seconds: Of ``refuse``, ``late_answer``, ``late_acceptance`` and ``blind``: how long; 1.
            status: Of the errors (500), ``redirect`` (302) and ``busy`` (429, or 503).
            retry_after: Of ``busy``: the seconds it asks for; 1.

        Raises:
            ValueError: The arguments do not go together; says what is possible.

        Example:
            >>> with smsframe.Sandbox() as sandbox:
            ...     sandbox.misbehave("drop_after", order=2)  # the answer to the second order is lost
            ...     sandbox.behave()
        """
        wanted = switch(
            kind,
            call=call,
            rate=rate,
            order=order,
            times=times,
            seconds=seconds,
            status=status,
            retry_after=retry_after,
        )
        if wanted.at_once:
            self._started.refuse(wanted.fault.seconds)
        else:
            self._switchboard.set(wanted)

    def behave(self) -> None:
        """Do nothing wrong any more; what has begun runs out, as a closed port or an order that is hidden."""
        self._switchboard.clear()

    @property
    def _started(self) -> Running:
        if self._running is None:
            raise RuntimeError("The sandbox is not running: use `with Sandbox() as sandbox`, or call start()")
        return self._running


def _credit(given: int | Mapping[str, int], types: tuple[str, ...]) -> dict[str, int]:
    each = dict.fromkeys(types, given) if isinstance(given, int) else {**dict.fromkeys(types, 0), **given}
    if set(each) != set(types) or any(quantity < 0 for quantity in each.values()):
        raise ValueError(f"credits are a number from 0, or one for each of {', '.join(types)}, not {given!r}")
    return each
