"""
What an answer of the gateway to a POST proves, read the way that texts nobody twice.

It knows no network: `interpret_response` is given the facts of an answer, and the statuses of a gateway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from smsframe.orders.states import Event


class Answer(NamedTuple):
    """
    The facts of an answer to a POST that decide what it proves.

    Attributes:
        status: The HTTP status, or None when no answer came.
        connected: Whether a TCP (and TLS) connection stood, so that the request may have left.
        ok: Whether the body was readable and its ``result`` was ``OK``.
        retry_after: Whether the answer named a time to come back.
        page: Whether the body is a page for people (HTML), as a proxy's own answers are.
    """

    status: int | None
    connected: bool = True
    ok: bool = False
    retry_after: bool = False
    page: bool = False


@dataclass(frozen=True, slots=True)
class StatusProof:
    """
    What each HTTP status proves of an order that was posted; one that is nowhere here proves nothing.

    Those that a gateway documents are its own; the others are HTTP's, for every gateway (see
    `interpret_response`).

    Attributes:
        accepted: Taken, if the body says so too.
        refused: Refused, as an order that cannot be sent.
        unauthorised: Not taken, for lack of valid credentials.
        wrong_address: Not taken, by something that is not this gateway or not for this account.
        not_taken: Not taken, safe to repeat.
        busy: The same, if the answer names a time to come back and is no page for people.
    """

    accepted: frozenset[int] = frozenset({200, 201})
    refused: frozenset[int] = frozenset({400})
    unauthorised: frozenset[int] = frozenset({401})
    wrong_address: frozenset[int] = frozenset({307, 308, 403, 404})
    not_taken: frozenset[int] = frozenset({413, 415, 429})
    busy: frozenset[int] = frozenset({503})


HTTP = StatusProof()
"""What smSend documents, and HTTP defines."""


def interpret_response(answer: Answer, proves: StatusProof = HTTP) -> Event:
    """
    What an answer to a POST proves, read the way that texts nobody twice.

    ``proves`` is a gateway's own; what follows are the reasons of smSend's.

    A 201 is success by the quick-start page, a 200 by the documentation of ``paramsms``; both only with
    ``result`` = ``OK``. 400, 401 and 404 are documented per call. The others are documented nowhere: they are
    read as HTTP defines them, and count as proof only where no honest server or proxy could mean them of an
    order that was processed. (Numbers are sections of RFC 9110 unless another is named.)

    ===========  ============================================================================================
    1xx          Interim: the final answer is still to come (15.2). No proof.
    200, 201     Accepted, if the body says so; else yes and no at once. Any other 2xx says that something was
                 done, but not what (202: perhaps later, 15.3.3). No proof.
    307, 308     The same request is to be made elsewhere (15.4.8, 15.4.9), so it was not processed here.
    other 3xx    303 answers a POST *after* it was processed (15.4.4), and by custom so do 301 and 302, which
                 clients turn into a GET (15.4.2, 15.4.3). No proof.
    400          Refused, as documented for this call.
    401          Not applied, for lack of valid credentials (15.5.2).
    403, 404     Understood and refused (15.5.4); nothing is here, or nobody says so (15.5.5).
    413, 415     The server refuses to process so much (15.5.14), or this kind (15.5.16).
    429          Too many requests, come back later (RFC 6585, 4): turned away at the door.
    other 4xx    Mostly not processed either, but also 409 (perhaps with our own earlier attempt) and 408 and
                 499, which say that somebody stopped waiting. No proof: a look-up costs a moment.
    503          Not able to handle it now (15.6.4), where it names a time to come back. Without one, or as a
                 page for people, proxies and caches say so too when the gateway broke off after it had the
                 request. No proof then.
    other 5xx    It may have broken afterwards; 502 and 504 are by a proxy about a gateway that had it
                 (15.6.3, 15.6.5). No proof.
    no answer    Not sent if no connection ever stood, else no proof.
    ===========  ============================================================================================

    Example:
        >>> interpret_response(Answer(status=500))
        <Event.NO_PROOF: 'no_proof'>
    """
    match answer:
        case Answer(status=None, connected=False):
            return Event.NOT_SENT
        case Answer(status=status, ok=True) if status in proves.accepted:
            return Event.ACCEPTED
        case Answer(status=status) if status in proves.refused:
            return Event.REFUSED
        case Answer(status=status) if status in proves.unauthorised:
            return Event.UNAUTHORISED
        case Answer(status=status) if status in proves.wrong_address:
            return Event.WRONG_ADDRESS
        case Answer(status=status) if status in proves.not_taken:
            return Event.NOT_SENT
        case Answer(status=status, retry_after=True, page=False) if status in proves.busy:
            return Event.NOT_SENT
        case _:
            return Event.NO_PROOF
