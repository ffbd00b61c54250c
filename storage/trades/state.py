"""What is known of one traded symbol, kept in one key that every writer watches."""

import msgspec

from storage.trades.edges import Edges, Hole
from storage.trades.intervals import Intervals


class SymbolState(msgspec.Struct):
    """Where one symbol's stream stands.

    `version` counts transactions and numbers the journal's entries. `watermark`
    is the latest trade's time (microseconds UTC), `last_ms` the latest
    millisecond in the tick series. `open` maps a resolution to the opening (s)
    of its newest candle. `seen` is the packed intervals of trade ids.
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

    @property
    def seen_ids(self) -> Intervals:
        """Return the intervals of trade ids seen."""
        return Intervals.from_bytes(self.seen)

    @property
    def holes(self) -> list[Hole]:
        """Return the missing ids between those seen, with the times around them."""
        return Edges.from_bytes(self.edges).holes(self.seen_ids)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(SymbolState)


def pack_state(state: SymbolState) -> bytes:
    """Return the state as MessagePack."""
    return _ENCODER.encode(state)


def unpack_state(packed: bytes | None) -> SymbolState:
    """Return the state, or a new one where nothing is stored."""
    return _DECODER.decode(packed) if packed else SymbolState()
