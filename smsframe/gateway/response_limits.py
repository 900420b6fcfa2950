"""
How much of an answer is read, and for how long; beyond that it proves nothing, and costs no more.

The time-out of a socket is one for each piece that arrives, and HTTP has no end of its own: a byte a second,
chunks, headers or interim answers without end, a few kilobytes that unpack to gigabytes. Everything that
arrives on a connection, a proxy's answer to ``CONNECT`` included, passes through `Answer`, which counts bytes
and time.
"""

from __future__ import annotations

import io
import math
import zlib
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, ClassVar

from smsframe.clock import SYSTEM, Clock

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable

    from _typeshed import WriteableBuffer

SIZE = 16 * 2**20
"""Bytes of one answer, as it arrives and again unpacked: over 100,000 recipients of one order. Not more,
because as JSON it can take twenty times as much memory."""

ANSWER_TIMEOUTS = 2.0
"""How many read time-outs a whole answer may take, from the last byte of the request to its own last byte."""

CODINGS = "gzip"
"""The ``Accept-Encoding`` of every request. Nothing else is unpacked: no coding that an optional package
brings, perhaps without a bound, and none inside another."""


class UnusableError(HTTPException):
    """An answer that is too long, or packed in a way that was not asked for; it proves nothing."""


class Answer(HTTPResponse):
    """
    What http.client reads an answer with, on a connection that ends.

    Attributes:
        clock: Measures how long it takes; a subclass has the one that was handed in.
    """

    clock: ClassVar[Clock] = SYSTEM

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Bounded(self.fp.detach(), sock, self.clock.monotonic))


class _Bounded(io.RawIOBase):
    """The bytes of one answer: up to `SIZE`, for up to `ANSWER_TIMEOUTS` times the time-out of the socket."""

    def __init__(self, wire: io.RawIOBase, sock: socket.socket, monotonic: Callable[[], float]) -> None:
        self._wire, self._sock, self._left, self._monotonic = wire, sock, SIZE, monotonic
        timeout = sock.gettimeout()
        self._timeout = math.inf if timeout is None else timeout
        self._end = monotonic() + ANSWER_TIMEOUTS * self._timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        time_left = self._end - self._monotonic()
        if time_left <= 0:
            raise TimeoutError("the answer does not end")
        if time_left < self._timeout:  # urllib3 sets it anew for the next request
            self._sock.settimeout(time_left)
        count = self._wire.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise UnusableError(f"the answer is longer than {SIZE // 2**20} MiB")
        return count

    def close(self) -> None:
        self._wire.close()  # lets go of the socket, which is closed with the last that holds it
        super().close()


def unpacked(chunks: Iterable[bytes], coding: str) -> bytes:
    """
    The whole body, unpacked as it arrives.

    Args:
        chunks: As they arrive.
        coding: ``Content-Encoding``; those applied one after the other are a list.

    Raises:
        UnusableError: It is too long, broken, not whole, followed by something, or packed otherwise.
    """
    body = bytearray()
    for chunk in _plain(chunks, coding.strip().lower()):
        body += chunk
        if len(body) > SIZE:
            raise UnusableError(f"the answer is longer than {SIZE // 2**20} MiB")
    return bytes(body)


def _plain(chunks: Iterable[bytes], coding: str) -> Iterable[bytes]:
    if coding in ("", "identity"):
        return chunks
    if coding in ("gzip", "x-gzip"):  # the same, RFC 9110, 8.4.1.3
        return _gunzip(chunks)
    raise UnusableError("the answer is packed in a way that was not asked for")


def _gunzip(chunks: Iterable[bytes]) -> Iterable[bytes]:
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for chunk in chunks:
            if inflate.eof:
                raise UnusableError("the answer goes on after its end")
            yield inflate.decompress(chunk, SIZE + 1)  # so much is too long, so nothing is left to decompress
    except zlib.error:
        raise UnusableError("the answer cannot be unpacked") from None
    if not inflate.eof or inflate.unused_data:
        raise UnusableError("the answer cannot be unpacked")
