"""Where the server is, and which key opens it."""

from typing import NamedTuple

import httpx
from pydantic_settings import BaseSettings, SettingsConfigDict

from client.errors import BadAddress, KeyUnreadable
from client.transport import is_loopback
from core.settings import Settings, read_settings


class Access(NamedTuple):
    """An address and the key to send there; None sends none."""

    base_url: str
    api_key: str | None


class _Given(BaseSettings):
    """TICKCAST_URL and TICKCAST_API_KEY, which only clients read."""

    model_config = SettingsConfigDict(env_prefix="TICKCAST_", env_file=".env", extra="ignore")

    url: str = ""
    api_key: str = ""


def find_access(base_url: str | None = None, api_key: str | None = None) -> Access:
    """Return the address and key to use: what is given, else what the environment says.

    Address: `base_url`, else TICKCAST_URL, else that of the server's own settings
    HOST and PORT. Key: `api_key`, else TICKCAST_API_KEY, else, for a server of
    this machine, TICKCAST_OWNER_KEY or the file `owner.key` in DATA_DIR; these
    two are never sent to another machine. Raises `WrongSetting`, `BadAddress`,
    `KeyUnreadable`.
    """
    if base_url and api_key:
        return Access(_checked(base_url), api_key)
    given, settings = _Given(), read_settings()
    url = _checked(base_url or given.url or own_address(settings))
    return Access(url, api_key or given.api_key or _own_key(url, settings))


def own_address(settings: Settings) -> str:
    """Return the address at which this machine reaches the server of these settings."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (nothing is bound here)
    host = everywhere.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _own_key(url: str, settings: Settings) -> str | None:
    host = httpx.URL(url).host
    ours = is_loopback(host) or host == settings.host
    if not ours or settings.auth == "off":
        return None
    return settings.owner_key or _key_in_file(settings)


def _key_in_file(settings: Settings) -> str | None:
    try:
        return settings.owner_key_file.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
    except OSError:
        raise KeyUnreadable(
            "The owner's key in DATA_DIR can be read by its owner only; set TICKCAST_API_KEY."
        ) from None


def _checked(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadAddress("TICKCAST_URL must be an address such as http://127.0.0.1:8000.")
    return url.rstrip("/")
