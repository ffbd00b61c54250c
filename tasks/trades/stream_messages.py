"""Micro-batches on their way to the workers: small, and free of any code."""

from collections.abc import Mapping, Sequence

import msgspec
import zstandard

from storage.journal.columns import Trades
from storage.trades.tickers import Ticker

_LEVEL = 1
_MOST_BYTES = 256 << 20


class StreamBatch(msgspec.Struct):
    """Trades by symbol (packed columns) or quotes of one platform."""

    platform: str
    trades: dict[str, list[bytes]] = {}
    tickers: list[Ticker] = []

    def unpacked(self) -> dict[str, list[Trades]]:
        """Return the trades as columns."""
        return {
            symbol: [Trades.from_bytes(part) for part in parts]
            for symbol, parts in self.trades.items()
        }


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(StreamBatch).decode


def pack(
    platform: str,
    trades: Mapping[str, Sequence[Trades]] | None = None,
    tickers: Sequence[Ticker] = (),
) -> bytes:
    """Return a batch as compressed MessagePack."""
    packed = {
        symbol: [part.to_bytes() for part in parts] for symbol, parts in (trades or {}).items()
    }
    batch = StreamBatch(platform, packed, list(tickers))
    return zstandard.ZstdCompressor(level=_LEVEL).compress(_ENCODE(batch))


def unpack(content: bytes) -> StreamBatch:
    """Read what `pack` wrote; raises `ValueError` or `ZstdError` for anything else."""
    return _DECODE(zstandard.ZstdDecompressor().decompress(content, _MOST_BYTES))
