"""Recorded messages: trade files, and raw captures of feeds, in the order of their times."""

import gzip
import heapq
import io
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import zstandard

from core.errors import InvalidRequest, MalformedRequest
from core.names import check_name
from feeds.trade_files import TRADE_FILE, read_trades

_ENCODE = msgspec.json.Encoder().encode
_CAPTURE_FILE = re.compile(r".+\.(jsonl|txt|ws\.\d+\.\d+|\d+)(\.gz|\.zst)?\Z")
# `1617647603.42: {...}` (epoch seconds) or `1723161253937085768 {...}` (epoch nanoseconds).
_RECEIVED = re.compile(rb"(\d{9,19}(?:\.\d+)?)[: ]\s*([{\[].*)")
_NANOSECONDS_FROM = 1e14


class Recorded(NamedTuple):
    """One message, and when it was received or happened (epoch s)."""

    time: float
    message: bytes


class _CaptureLine(msgspec.Struct):
    t: str = ""
    ts: float = 0.0
    data: str = ""


_CAPTURE_LINE = msgspec.json.Decoder(_CaptureLine)


def find_recordings(folder: Path, platform: str | None = None) -> dict[str, list[Path]]:
    """Return the files to play by platform.

    Trade files are `trades/{platform}/{symbol}.csv[.gz]` as for the simulator;
    where there are none, captures are `ws/{platform}/*` or `{platform}/*`. With
    `platform`, only its files; and if no folder has its name, `folder`'s own
    captures (or the one file that it is) are taken for it.
    """
    if folder.is_file():
        return {platform: [folder]} if platform else {}
    for below, pattern in (("trades", TRADE_FILE), ("ws", _CAPTURE_FILE), (".", _CAPTURE_FILE)):
        found = {
            place.name: files
            for place in sorted((folder / below).glob("*/"))
            if platform in (None, place.name)
            and (files := [path for path in sorted(place.iterdir()) if pattern.match(path.name)])
        }
        if found:
            return found
    own = [path for path in sorted(folder.iterdir()) if _CAPTURE_FILE.match(path.name)]
    return {platform: own} if platform and own else {}


def read_recordings(files: Collection[Path], symbols: Collection[str] = ()) -> Iterator[Recorded]:
    """Yield the messages of one platform's files together, by time.

    `symbols` narrows trade files; captures come whole. Raises `MalformedRequest`
    naming the file and the line that cannot be read.
    """
    sources = []
    for path in files:
        found = TRADE_FILE.match(path.name)
        if found is None:
            sources.append(_capture(path))
        elif not symbols or found[1] in symbols:
            sources.append(_trades(path, found[1]))
    yield from heapq.merge(*sources, key=lambda one: one.time)


def _trades(path: Path, symbol: str) -> Iterator[Recorded]:
    """Yield generic messages of a file `trade_id,time,price,size,side`, times in epoch ms."""
    try:
        check_name(symbol, "symbol")
    except InvalidRequest:
        raise MalformedRequest(f"{path.name} is not named after a symbol.") from None
    try:
        for trade in read_trades(path):
            told = {"type": "trade", "symbol": symbol, **trade._asdict()}
            yield Recorded(trade.time / 1_000, _ENCODE(told))
    except (ValueError, OSError, EOFError) as error:
        raise MalformedRequest(f"{path.name}: {error}.") from None


def _capture(path: Path) -> Iterator[Recorded]:
    """Yield what a feed was heard to say; what was sent to it, and HTTP, is left out."""
    with _opened(path) as lines:
        try:
            for line in lines:
                if (found := _captured(line.encode())) is not None:
                    yield found
        except (OSError, EOFError, UnicodeDecodeError, zstandard.ZstdError):
            raise MalformedRequest(f"{path.name} cannot be read to its end.") from None


def _captured(line: bytes) -> Recorded | None:
    if line.startswith(b'{"t":'):
        try:
            told = _CAPTURE_LINE.decode(line)
        except msgspec.MsgspecError:
            return None
        # Some venues answer a ping with a bare `pong`, which is no message.
        is_message = told.t == "recv" and told.data.lstrip()[:1] in ("{", "[")
        return Recorded(told.ts, told.data.encode()) if is_message else None
    found = _RECEIVED.match(line)
    if found is None:
        return None
    at = float(found[1])
    return Recorded(at / 1e9 if at >= _NANOSECONDS_FROM else at, found[2].rstrip())


def _opened(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8", newline="")
    if path.suffix == ".zst":
        reader = zstandard.ZstdDecompressor().stream_reader(path.open("rb"), closefd=True)
        return io.TextIOWrapper(reader, encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
