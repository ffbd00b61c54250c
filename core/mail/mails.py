"""Mails: their kinds, and the server that takes them."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

LOCALES = ("en", "pt", "es")
# Where links to keys lead.
CLAIM_PAGE = "/app/claim"
# Seconds until a mail is tried again that was not taken; after the last of them it has failed.
RETRY_S = (60, 300, 1_800, 7_200, 21_600, 86_400)
ADDRESS_LENGTH = 254
_ADDRESS = re.compile(r"[^\s@<>\"',;:()\\\x00-\x1f]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,187}\Z")


class MailKind(StrEnum):
    """What a mail is about."""

    CLAIM = "claim"  # a link to the first key
    RECOVER = "recover"  # a link that replaces all keys
    ROTATED = "rotated"
    EXPIRING = "expiring"
    ENDED = "ended"
    CHANGED = "changed"  # the address itself: both are told
    ADMIN_ALARM = "admin_alarm"


class SmtpServer(NamedTuple):
    """Where mails are handed in; `tls` from the first byte, else STARTTLS unless on loopback."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""

    @property
    def may_be_plain(self) -> bool:
        """Whether nobody can listen on the way."""
        return is_loopback(self.host)


def parse_smtp(url: str) -> SmtpServer:
    """Return the server of `smtps://user:pass@host:465` or `smtp://host:587`.

    Raises `ValueError` with a sentence.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("must be smtps://user:password@host:465 or smtp://host:587")
    tls = parts.scheme == "smtps"
    port = parts.port or (465 if tls else 587)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return SmtpServer(parts.hostname, port, tls, user, password)


def is_address(text: str) -> bool:
    """Say whether a text has the shape of one mail address."""
    return len(text) <= ADDRESS_LENGTH and bool(_ADDRESS.match(text))


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def said_time(instant: int) -> str:
    """Return an instant (epoch ms) as people read it: `2026-06-27 00:00 UTC`."""
    return datetime.fromtimestamp(instant / 1_000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def check_public_url(url: str) -> str:
    """Return an address that others reach this server at, without a slash at its end.

    Raises `ValueError` with a sentence unless it is https, or http on loopback.
    """
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be https://HOST (http on loopback only)")
    return url.rstrip("/")
