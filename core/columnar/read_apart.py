"""Tables that strangers send, decoded in a process of their own, with little memory and time.

A few bytes of a packed table may stand for gigabytes, and what a decoder written in another
language cannot allocate ends its process: here that is nobody else's.
"""

import resource
import subprocess
import sys
from typing import Any

import msgspec

from core.columnar.read_tables import read_table_rows
from core.errors import MalformedRequest, TickcastError, TooLarge

# What the process may take (bytes), how long it may compute (s), and what it may answer (bytes).
_MEMORY, _SECONDS, _ANSWER = 1 << 30, 20, 96 << 20
_TIMEOUT_S = 60


class _Told(msgspec.Struct):
    """What the process tells: rows, or which error there is."""

    rows: list[Any] = []
    refused: str = ""
    too_large: bool = False


def read_apart(content: bytes, kind: str, most_rows: int) -> list[Any]:
    """Return what `read_table_rows` does, and raise what it raises; blocks for a moment."""
    command = [sys.executable, "-m", __name__, kind, str(most_rows)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=_TIMEOUT_S)
        told = msgspec.msgpack.decode(done.stdout, type=_Told)
    except (subprocess.TimeoutExpired, msgspec.DecodeError):
        raise MalformedRequest(
            f"The body is not {kind.title()}, or takes more memory or time to read than a request "
            "may; send it in parts."
        ) from None
    if told.refused:
        raise (TooLarge if told.too_large else MalformedRequest)(told.refused)
    return told.rows


def main() -> None:
    """Read a table from standard input, and write its rows to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    kind, most_rows = sys.argv[1], int(sys.argv[2])
    try:
        told = _Told(read_table_rows(sys.stdin.buffer.read(), kind, most_rows))
    except TickcastError as error:
        told = _Told(refused=error.detail, too_large=isinstance(error, TooLarge))
    answer = msgspec.msgpack.encode(told)
    if len(answer) > _ANSWER:
        answer = msgspec.msgpack.encode(_Told(refused="The table is too large.", too_large=True))
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    main()
