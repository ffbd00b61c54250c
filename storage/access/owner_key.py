"""The owner's key: made on the first start, kept in a file that only the owner can read."""

from pathlib import Path

from core.errors import Conflict, InvalidRequest
from storage.access.access_keys import FILE_LABEL, FIXED_KEY_LENGTH, OWNER, AccessKeyStore, new_key
from storage.access.secret_file import SecretFile, UnusableSecret


class UnusableOwnerKey(UnusableSecret):
    """The owner's file is not what it should be; the sentence names the remedy."""

    type = "unusable_owner_key"


class _OwnerFile(SecretFile):
    error = UnusableOwnerKey

    def read(self) -> str:
        """Return the key, "" where there is none that is long enough."""
        plain = super().read()
        return plain if len(plain) >= FIXED_KEY_LENGTH else ""


def ensure_owner_key(store: AccessKeyStore, fixed: str, path: Path) -> str:
    """Return the owner's key in clear and see to it that it opens the API.

    It is `fixed` if given (at least 16 characters, else `InvalidRequest`), else
    what the file `path` holds, else a new one. The file is written atomically with
    mode 0600. An earlier owner's key made here is revoked when another takes its
    place. Safe when several processes start at once.
    """
    if fixed and len(fixed) < FIXED_KEY_LENGTH:
        raise InvalidRequest(f"TICKCAST_OWNER_KEY needs at least {FIXED_KEY_LENGTH} characters.")
    file = _OwnerFile(path, "a key is made")
    plain = fixed or _usable(store, file) or file.publish(new_key())
    if file.read() != plain:
        file.replace(plain)
    _open(store, plain)
    return plain


def _usable(store: AccessKeyStore, file: _OwnerFile) -> str:
    """Return the key in the file, unless it was revoked: then the file goes."""
    plain = file.read()
    if plain and store.known(plain) and store.find(plain) is None:
        file.path.unlink(missing_ok=True)
        return ""
    return plain


def _open(store: AccessKeyStore, plain: str) -> None:
    if store.find(plain) is None:
        try:
            store.adopt(plain, OWNER, FILE_LABEL)
        except Conflict:
            store.restore(plain)
    current = store.find(plain)
    for key in store.list():
        replaced = current and key.id != current.id and key.revoked_at is None
        if replaced and (key.role, key.label) == (OWNER, FILE_LABEL):
            store.revoke(key.id)
