"""
A keyring in one file, as `keyring` finds it by its name: what one process puts into it, another one reads.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

FILE, LOCKED = "TEST_KEYRING_FILE", "TEST_KEYRING_LOCKED"
"""Variables: where it is; whether nobody can open it now."""


class FileKeyring(KeyringBackend):
    """Keeps passwords as JSON, by service and name."""

    priority = 1

    def get_password(self, service, username):
        """The password, or None."""
        return self._read().get(f"{service}/{username}")

    def set_password(self, service, username, password):
        """Keep a password."""
        self._write(self._read() | {f"{service}/{username}": password})

    def delete_password(self, service, username):
        """Forget a password."""
        kept = self._read()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("there is none")
        self._write(kept)

    def _read(self):
        if os.environ.get(LOCKED):
            raise KeyringLocked("it is locked")
        path = Path(os.environ[FILE])
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def _write(self, kept):
        Path(os.environ[FILE]).write_text(json.dumps(kept), encoding="utf-8")
