"""
Keyed hashes of people's canonical numbers: who has the key can tell whether a number is one of them, and
nobody else can, though there are few enough numbers to try all of them.

HMAC with SHA-256 (RFC 2104, FIPS 198-1). What depends on the key alone is hashed once, as its section 4 says:
a number then takes a third of the time that the library's own function takes.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = 64
"""Bytes of a block of SHA-256."""
LENGTH = 64
"""Characters of a hash, in hexadecimal."""


def keyed_hashes(persons: NDArray[np.int64], key: bytes) -> list[str]:
    """
    The keyed hash of each canonical number (`smsframe.phones.match.keys`), in hexadecimal.

    Args:
        persons: Canonical numbers.
        key: The key, of at most 64 bytes.

    Example:
        >>> import numpy as np
        >>> [one[:8] for one in keyed_hashes(np.array([393471234567]), bytes(32))]
        ['0318ee23']
    """
    padded = key.ljust(BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + b"person ")
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def keyed_hash(person: int) -> str:
        one, other = inner.copy(), outer.copy()
        one.update(b"%d" % person)
        other.update(one.digest())
        return other.hexdigest()

    return [*map(keyed_hash, persons.tolist())]


def fingerprint(key: bytes) -> str:
    """
    What tells one key from another, and tells nothing else of it.

    Example:
        >>> len(fingerprint(bytes(32)))
        16
    """
    return hmac.new(key, b"fingerprint", "sha256").hexdigest()[:16]
