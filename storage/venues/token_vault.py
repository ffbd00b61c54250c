"""The vault of venues' tokens: encrypted in SQL, by a key in a file that no backup holds.

Whoever has the database, or a backup, has no token without the file; whoever has the file has
none without the database. Fernet is AES-128-CBC with HMAC-SHA256 (github.com/fernet/spec).
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from core.errors import TickcastError
from storage.access.secret_file import SecretFile, UnusableSecret

HINT_LENGTH = 4


class VaultClosed(TickcastError):
    """A stored token cannot be read: the key is another or gone. The sentence names the remedy."""

    status = 503
    type = "vault_closed"


class Locked(NamedTuple):
    """A token as it is stored: unreadable, with the id of the key and its last characters."""

    text: str
    key_id: str
    hint: str


class _Sealed(msgspec.Struct):
    # Without whose it is, a row could be copied to another's account and opened there.
    holder: str
    token: str


class TokenVault:
    """Locks and opens tokens with the key in a file, which is made when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._file = SecretFile(path, "connect the accounts again, each with its token")

    def lock(self, token: str, holder: str) -> Locked:
        """Return a token encrypted for a holder; raises `VaultClosed` if the file is unusable."""
        key = self._key() or self._made()
        sealed = msgspec.json.encode(_Sealed(holder, token))
        return Locked(Fernet(key).encrypt(sealed).decode(), _id(key), token[-HINT_LENGTH:])

    def open(self, locked: Locked, holder: str) -> str:
        """Return the token of its holder; raises `VaultClosed`."""
        key = self._key()
        if not key:
            raise VaultClosed(
                f"{self._file.path.name} is missing, without which stored tokens cannot be read: "
                "put it back, or connect the account again with its token."
            )
        try:
            sealed = msgspec.json.decode(Fernet(key).decrypt(locked.text), type=_Sealed)
        except (InvalidToken, msgspec.MsgspecError):
            raise VaultClosed(self._unfit()) from None
        if sealed.holder != holder:
            raise VaultClosed(self._unfit())
        return sealed.token

    def fault(self, key_ids: set[str]) -> str | None:
        """Return why tokens locked by these keys cannot be opened, None if all can."""
        try:
            key = self._key()
        except VaultClosed as error:
            return error.detail
        if not key_ids:
            return None
        if not key:
            return f"{self._file.path.name} is missing: stored tokens of venues cannot be read."
        return None if key_ids == {_id(key)} else self._unfit()

    def _unfit(self) -> str:
        return (
            f"A stored token does not fit the key in {self._file.path.name}: put back the file "
            "that was there, or connect the account again with its token."
        )

    def _key(self) -> str:
        try:
            key = self._file.read()
            if key:
                Fernet(key)
        except UnusableSecret as error:
            raise VaultClosed(error.detail) from None
        except ValueError:
            name = self._file.path.name
            raise VaultClosed(
                f"{name} holds no key: put back the file that was there, or remove it and connect "
                "the accounts again, each with its token."
            ) from None
        return key

    def _made(self) -> str:
        try:
            return self._file.publish(Fernet.generate_key().decode())
        except OSError as error:
            name = self._file.path.name
            raise VaultClosed(f"{name} cannot be written ({error.strerror}).") from None


def _id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]
