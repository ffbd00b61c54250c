"""The owner's key: made on the first start, kept in a file that only the owner can read."""

import os
import secrets
from pathlib import Path

from core.errors import Conflict, InvalidRequest, TickcastError
from storage.access.access_keys import FILE_LABEL, FIXED_KEY_LENGTH, OWNER, AccessKeyStore, new_key


class UnusableOwnerKey(TickcastError):
    """The owner's file is not what it should be; the sentence names the remedy."""

    type = "unusable_owner_key"


def ensure_owner_key(store: AccessKeyStore, fixed: str, path: Path) -> str:
    """Return the owner's key in clear and see to it that it opens the API.

    It is `fixed` if given (at least 16 characters, else `InvalidRequest`), else
    what the file `path` holds, else a new one. The file is written atomically with
    mode 0600. An earlier owner's key made here is revoked when another takes its
    place. Safe when several processes start at once.
    """
    if fixed and len(fixed) < FIXED_KEY_LENGTH:
        raise InvalidRequest(f"TICKCAST_OWNER_KEY needs at least {FIXED_KEY_LENGTH} characters.")
    plain = fixed or _usable(store, path) or _publish(new_key(), path)
    if _read(path) != plain:
        _replace(plain, path)
    _open(store, plain)
    return plain


def _usable(store: AccessKeyStore, path: Path) -> str:
    """Return the key in the file, unless it was revoked: then the file goes."""
    plain = _read(path)
    if plain and store.known(plain) and store.find(plain) is None:
        path.unlink(missing_ok=True)
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


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        plain = path.read_text().strip()
    except FileNotFoundError:
        return ""
    except IsADirectoryError:
        raise UnusableOwnerKey(f"{path.name} is a folder; remove it, and a key is made.") from None
    except UnicodeDecodeError:
        raise UnusableOwnerKey(
            f"{path.name} holds no text; remove it, and another key is made."
        ) from None
    except OSError as error:
        raise UnusableOwnerKey(f"{path.name} cannot be read ({error.strerror}).") from None
    if mode & 0o077:
        raise UnusableOwnerKey(
            f"{path.name} can be read by others than its owner: chmod 600 it, and replace the key "
            "if somebody may have seen it: remove the file and start again."
        )
    return plain if len(plain) >= FIXED_KEY_LENGTH else ""


def _publish(plain: str, path: Path) -> str:
    """Create the file unless another process was faster; return what it holds."""
    draft = _write(plain, path)
    try:
        os.link(draft, path)
    except FileExistsError:
        plain = _read(path) or plain
    finally:
        draft.unlink()
    return plain


def _replace(plain: str, path: Path) -> None:
    _write(plain, path).replace(path)


def _write(plain: str, path: Path) -> Path:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w") as file:
        file.write(plain + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft
