"""Whether a key still opens, in words."""

from core.clock.times import format_time, now_ms
from storage.access.access_keys import AccessKey


def key_state(key: AccessKey) -> str:
    """Say whether a key is active, and until when, or has expired or was revoked, and when."""
    if key.revoked_at:
        return f"revoked {format_time(key.revoked_at)}"
    if key.expires_at is None:
        return "active"
    word = "active until" if key.opens(now_ms()) else "expired"
    return f"{word} {format_time(key.expires_at)}"
