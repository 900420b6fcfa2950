"""
The key of the keyed hashes: where it is kept, made and found.

Not in the journal, which has the hashes: who gets hold of that alone learns no number from them. The first
place that has a key counts: the environment, a file that the environment names, the keyring of the operating
system, a file in the user's data directory that nobody else can read.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from smsframe.errors import JournalError
from smsframe.phones.keyed_hash import BLOCK, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "SMSFRAME_HASH_KEY"
KEY_FILE = "SMSFRAME_HASH_KEY_FILE"
LEAST = 32
"""Bytes of a key at least, as many as a hash has."""
SERVICE, ENTRY = "smsframe", "hash-key"
"""Its name in the keyring."""


@dataclass(frozen=True)
class HashKey:
    """
    A key, and where it was found.

    Attributes:
        value: Its bytes.
        place: Where it was found, in words.
    """

    value: bytes = field(repr=False)
    place: str

    @property
    def fingerprint(self) -> str:
        """What tells it from another one."""
        return fingerprint(self.value)

    @property
    def text(self) -> str:
        """The key as it is written into files, variables and keyrings."""
        return base64.b64encode(self.value).decode("ascii")


def default_file() -> Path:
    """The file in the user's data directory."""
    return Path(platformdirs.user_data_path("smsframe", appauthor=False)) / "hash.key"


def find() -> HashKey | None:
    """
    The key of this user, or None.

    Raises:
        JournalError: There is something in its place that is no key, or that others can read.
    """
    return next(_places(), None)


def create() -> HashKey:
    """
    A new key, kept in the keyring, or where there is none in a file; only where none is found.

    Raises:
        JournalError: It cannot be kept.
    """
    return keep(secrets.token_bytes(LEAST))


def keep(value: bytes) -> HashKey:
    """
    Keep a key in the keyring of this user, or where there is none in a file.

    Raises:
        JournalError: There is another key already, or it cannot be kept.
    """
    found = find()
    if found is not None:
        if found.value == value:
            return found
        raise JournalError(
            f"there is another key already ({found.place}, fingerprint {found.fingerprint}): what was hashed "
            "with it could no longer be compared. To use both, name one with SMSFRAME_HASH_KEY_FILE"
        )
    key = HashKey(value, "")
    ring = _keyring()
    if ring is not None:
        with suppress(Exception):  # a keyring that is locked, or that nobody can open here
            ring.set_password(SERVICE, ENTRY, key.text)
            if ring.get_password(SERVICE, ENTRY) == key.text:
                return HashKey(value, "the keyring")
    write(default_file(), key)
    return HashKey(value, str(default_file()))


def write(path: Path, key: HashKey) -> None:
    """
    Write a key into a new file that only its owner can read.

    Raises:
        JournalError: There is such a file, or it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key.text + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise JournalError(f"the key of the hashes cannot be written to {path}: {why}") from None


def read(path: Path) -> HashKey:
    """
    The key in a file.

    Raises:
        JournalError: It cannot be read, others can read it, or there is no key in it.
    """
    try:
        status = path.stat()
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise JournalError(f"the key of the hashes cannot be read from {path}: {why}") from None
    if os.name == "posix" and status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise JournalError(
            f"others than its owner can use the key of the hashes in {path}: chmod 600 {path}; nothing was "
            "sent"
        )
    return _key(text, str(path))


def _places() -> Iterator[HashKey]:
    if text := os.environ.get(KEY):
        yield _key(text, KEY)
    if path := os.environ.get(KEY_FILE):
        yield read(Path(path).expanduser())
    ring = _keyring()
    if ring is not None:
        text = None
        with suppress(Exception):  # as above
            text = ring.get_password(SERVICE, ENTRY)
        if text:
            yield _key(text, "the keyring")
    if default_file().exists():
        yield read(default_file())


def _keyring() -> Any | None:
    """The keyring of the operating system, if there is one that keeps anything."""
    try:
        import keyring  # noqa: PLC0415 - an extra
        from keyring.backends import fail, null  # noqa: PLC0415 - as above
    except ImportError:
        return None
    with suppress(Exception):
        if not isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring):
            return keyring
    return None


def _key(text: str, place: str) -> HashKey:
    value = b""
    with suppress(binascii.Error, ValueError):
        value = base64.b64decode(text.strip(), validate=True)
    if not LEAST <= len(value) <= BLOCK:
        raise JournalError(
            f"what {place} has is no key of hashes: {LEAST} to {BLOCK} bytes in Base64, as "
            "`smsframe hash-key export` writes them; nothing was sent"
        )
    return HashKey(value, place)
