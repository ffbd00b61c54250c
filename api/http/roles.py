"""What each role may call. A new route is the owner's alone unless it only reads."""

from storage.access.access_keys import OWNER, READER

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Calls of a reader that are no GET: they compute, and change nothing that others see.
_COMPUTING = frozenset(
    {
        ("POST", "/lstm/predict"),
        ("POST", "/lstm/predictnsteps"),
        ("POST", "/api/v1/predictions"),
        ("POST", "/api/v1/signals"),
        ("WEBSOCKET", "/ws/stream"),
    }
)
_OWNERS_FOLDERS = ("/admin",)


def may_call(role: str, method: str, template: str) -> bool:
    """Say whether a key of a role may call a route, given by method and path template."""
    if role == OWNER:
        return True
    if role != READER or template.startswith(_OWNERS_FOLDERS):
        return False
    return method in _READING or (method, template) in _COMPUTING
