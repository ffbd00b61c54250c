"""Names that reach a Redis key or a path."""

import re

from core.errors import InvalidRequest

NAME_LENGTH = 64
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
NAME_RULE = (
    "1 to 64 letters, digits, dots, underscores or hyphens, beginning with a letter or a digit"
)
_NAME = re.compile(NAME_PATTERN.replace("$", r"\Z"))


# Characters that tell a symbol of others' making (`BTC/USDT:USDT`, `^GSPC`, `GC=F`, `ES1!`).
FOREIGN = "^=:!&#+$@~*"
SYMBOL_PATTERN = r"^[A-Za-z0-9^=:&#+$@~*][A-Za-z0-9._/^=:!&#+$@~*-]{0,63}$"
_SYMBOL = re.compile(SYMBOL_PATTERN[:-1] + r"\Z")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]")
_ESCAPED = re.compile(r"\.x([0-9A-F]{2,6})\.")


def is_foreign(symbol: str) -> bool:
    """Say whether a symbol is one of others' making, whole and of the characters allowed."""
    return bool(_SYMBOL.match(symbol)) and any(mark in symbol for mark in FOREIGN)


def spell_symbol(symbol: str) -> str:
    """Return a symbol spelt with the letters of a name: `^GSPC` is `0.x5E.GSPC`.

    Each character that no name has becomes `.xHH.`, its code in hexadecimal; a
    name does not begin with a dot, so that a `0` comes before one. A symbol that
    is a name already stays as it is, and `read_symbol` gives back what was written.
    """
    if _NAME.match(symbol) and not _ESCAPED.search(symbol):
        return symbol
    # A dot of the symbol's own that could be read as the beginning of an escape becomes one.
    guarded = symbol.replace(".x", ".x2E.x")
    spelt = _NOT_PLAIN.sub(lambda found: f".x{ord(found[0]):02X}.", guarded)
    if re.match(r"0\.x[0-9A-F]{2,6}\.", spelt):
        spelt = f".x30.{spelt[1:]}"
    return spelt if spelt[:1].isalnum() else f"0{_first_escaped(spelt)}"


def read_symbol(name: str) -> str:
    """Return the symbol as it was written, of which `spell_symbol` made `name`."""
    text = name[1:] if re.match(r"0\.x[0-9A-F]{2,6}\.", name) else name
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _first_escaped(spelt: str) -> str:
    """Return a spelling that begins with an escape: a leading dot or hyphen is escaped too."""
    return spelt if _ESCAPED.match(spelt) else f".x{ord(spelt[0]):02X}.{spelt[1:]}" if spelt else ""


def check_name(value: str, field: str) -> str:
    """Return `value` if it may become part of a key or a path.

    Raises `InvalidRequest` naming `field` otherwise. Colons, slashes, braces,
    spaces and control characters are what this keeps out.
    """
    if not _NAME.match(value):
        raise InvalidRequest(f"{field} must be {NAME_RULE}.", field=field)
    return value
