"""Names of the keys of one traded symbol; like all key names, built in `storage` only."""

from core.series import Series

TICK_PARTS = ("price", "size", "last_id")


def state(platform: str, symbol: str) -> str:
    """Packed `SymbolState`: what every writer of the symbol watches."""
    return f"state:{platform}:{symbol}"


def journal(platform: str, symbol: str) -> str:
    """Redis stream of packed batches of raw trades."""
    return f"journal:{platform}:{symbol}"


def journal_index(platform: str, symbol: str) -> str:
    """Sorted set of the journal's entries by the time of their first trade (ms)."""
    return f"journal:{platform}:{symbol}:index"


def aggregates(series: Series) -> str:
    """Hash of packed `Aggregate` by opening (s)."""
    return f"agg:{series}"


def tick(platform: str, symbol: str, part: str) -> str:
    """Time series of trades collapsed per millisecond; part is one of `TICK_PARTS`."""
    return f"ts:{platform}:{symbol}:trade:{part}"


def live(platform: str, symbol: str) -> str:
    """Channel on which accepted trades and forming candles are told."""
    return f"live:{platform}:{symbol}"


DIRTY = "index:dirty"  # symbols whose series must be rebuilt from the journal
