"""What is known of one traded symbol, kept in one key that every writer watches."""

import msgspec

from storage.candles.live_grids import CandleGrids


class SymbolState(msgspec.Struct):
    """Where one symbol's stream stands.

    `version` counts transactions and numbers the journal's entries. `watermark`
    is the latest trade's time (microseconds UTC), `last_ms` the latest
    millisecond in the tick series. `open` maps a resolution to the opening (s)
    of its newest candle. `epochs` are the times from which ids began again, `ids`
    how many different ones the newest epoch has. `suspects` are packed trades
    under known ids that may be the beginning of another epoch. `sequence` says that
    the feed numbers its trades itself, without a hole. `grids` are those of its candles
    so far. `seen` and `edges` are the
    ids that versions before kept here.
    """

    version: int = 0
    watermark: int = 0
    last_ms: int = -1
    trades: int = 0
    duplicates: int = 0
    late: int = 0
    late_unapplied: int = 0
    overlaps: int = 0
    open: dict[int, int] = {}
    seen: bytes = b""
    edges: bytes = b""
    epochs: list[int] = []
    ids: int = 0
    suspects: bytes = b""
    sequence: bool = False
    grids: CandleGrids = CandleGrids()


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(SymbolState)


def pack_state(state: SymbolState) -> bytes:
    """Return the state as MessagePack."""
    return _ENCODER.encode(state)


def unpack_state(packed: bytes | None) -> SymbolState:
    """Return the state, or a new one where nothing is stored."""
    return _DECODER.decode(packed) if packed else SymbolState()
