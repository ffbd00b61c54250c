"""Micro-batches on their way through the broker: small, and free of any code."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import zstandard

from storage.tickers import Ticker
from storage.trades.columns import Trades

Packed = dict[str, list[str]]

_LEVEL = 1
_MOST_BYTES = 64 << 20


def pack_trades(trades: Mapping[str, Sequence[Trades]]) -> Packed:
    """Return each symbol's batches as compressed base64 text."""
    compressor = zstandard.ZstdCompressor(level=_LEVEL)
    return {
        symbol: [base64.b64encode(compressor.compress(part.to_bytes())).decode() for part in parts]
        for symbol, parts in trades.items()
    }


def unpack_trades(packed: Packed) -> dict[str, list[Trades]]:
    """Read what `pack_trades` wrote; a message of any other form raises `ValueError`."""
    expander = zstandard.ZstdDecompressor()
    return {
        symbol: [
            Trades.from_bytes(expander.decompress(base64.b64decode(text), _MOST_BYTES))
            for text in texts
        ]
        for symbol, texts in packed.items()
    }


def pack_tickers(tickers: Sequence[Ticker]) -> list[dict[str, Any]]:
    """Return quotes as plain values."""
    packed: list[dict[str, Any]] = msgspec.to_builtins(tickers)
    return packed


def unpack_tickers(packed: Any) -> list[Ticker]:
    """Read what `pack_tickers` wrote."""
    return msgspec.convert(packed, list[Ticker])
