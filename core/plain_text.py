"""Text from outside, made fit for a line of a log or of a terminal."""

# What moves a cursor, rings, ends a line, or turns the direction of reading: the
# controls of ASCII and Latin-1, separators of lines, marks and overrides of direction.
_UNFIT = (
    *range(0x20),
    *range(0x7F, 0xA0),
    0x061C,
    *range(0x200E, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
)
_ESCAPES = {code: f"\\u{code:04x}" for code in _UNFIT}
_ESCAPES_BUT_LINES = {code: text for code, text in _ESCAPES.items() if code != ord("\n")}


def escape_controls(text: str, *, lines: bool = False) -> str:
    r"""Return `text` with control characters as JSON writes them, such as `\u001b`.

    JSON stays the same JSON. With `lines`, line feeds stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_ESCAPES_BUT_LINES if lines else _ESCAPES)
