"""A file that holds one secret and that only its owner may read."""

import os
import secrets
from pathlib import Path

from core.errors import TickcastError


class UnusableSecret(TickcastError):
    """A file of a secret is not what it should be; the sentence names the remedy."""

    type = "unusable_secret"


class SecretFile:
    """One file, written atomically with mode 0600; `remade` says what comes of removing it."""

    error: type[UnusableSecret] = UnusableSecret

    def __init__(self, path: Path, remade: str) -> None:
        self.path = path
        self._remade = remade

    def read(self) -> str:
        """Return what it holds, "" where there is none; raises `UnusableSecret`."""
        name = self.path.name
        try:
            mode = self.path.stat().st_mode
            plain = self.path.read_text().strip()
        except FileNotFoundError:
            return ""
        except IsADirectoryError:
            raise self.error(f"{name} is a folder; remove it, and {self._remade}.") from None
        except UnicodeDecodeError:
            raise self.error(f"{name} holds no text; remove it, and {self._remade}.") from None
        except OSError as error:
            raise self.error(f"{name} cannot be read ({error.strerror}).") from None
        if mode & 0o077:
            raise self.error(
                f"{name} can be read by others than its owner: chmod 600 it, and replace the key "
                "if somebody may have seen it: remove the file and start again."
            )
        return plain

    def publish(self, plain: str) -> str:
        """Create the file unless another process was faster; return what it holds."""
        draft = self._write(plain)
        try:
            os.link(draft, self.path)
        except FileExistsError:
            plain = self.read() or plain
        finally:
            draft.unlink()
        return plain

    def replace(self, plain: str) -> None:
        """Let it hold something else."""
        self._write(plain).replace(self.path)

    def _write(self, plain: str) -> Path:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w") as file:
            file.write(plain + "\n")
            file.flush()
            os.fsync(file.fileno())
        return draft
