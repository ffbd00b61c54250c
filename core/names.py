"""Names that reach a Redis key or a path."""

import re

from core.errors import InvalidRequest

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
NAME_RULE = (
    "1 to 64 letters, digits, dots, underscores or hyphens, beginning with a letter or a digit"
)
_NAME = re.compile(NAME_PATTERN.replace("$", r"\Z"))


def check_name(value: str, field: str) -> str:
    """Return `value` if it may become part of a key or a path.

    Raises `InvalidRequest` naming `field` otherwise. Colons, slashes, braces,
    spaces and control characters are what this keeps out.
    """
    if not _NAME.match(value):
        raise InvalidRequest(f"{field} must be {NAME_RULE}.", field=field)
    return value
