"""Commands of RedisTimeSeries for the fields of a series."""

import time
from collections.abc import Iterable
from typing import Any

from redis.exceptions import ResponseError

from core.series import Series
from storage import keys
from storage.candles.candle_merge import Samples

PLAIN_FIELDS = ("open", "high", "low", "close", "volume")
FIELDS = (*PLAIN_FIELDS, "trades", "flags")

# Bytes a chunk, an eighth of the default: a new symbol has dozens of series, and one written
# out of order has a chunk of each decoded. Long series take a seventh more memory for it.
CHUNK_OPTIONS = ("CHUNK_SIZE", 512)

# A span of so many openings is packed as a whole, an hour after its end; whoever writes one of
# its candles more than half an hour after that end drops it. So clocks may differ by as much.
PACKED_CANDLES = 2_048
_DROP_AFTER_S, _PACK_AFTER_S = 1_800, 3_600

Command = list[Any]


def key(series: Series, field: str) -> str:
    """Return the key of a field; `flags` is one of them."""
    return keys.flags(series) if field == "flags" else keys.candle(series, field)


def own_keys(series: Series) -> list[str]:
    """Return the keys that hold what is known of a series, but for what follows from them."""
    names = [key(series, field) for field in FIELDS]
    return [*names, keys.candle_state(series), keys.series_facts(series)]


def span(start: int | None, end: int | None) -> tuple[str | int, str | int]:
    """Return the bounds of a range, given in seconds, both included."""
    return ("-" if start is None else max(start, 0) * 1_000, "+" if end is None else end * 1_000)


def create(series: Series, field: str, retention_ms: int) -> Command:
    """Return the command that makes a field's key; a sample written again replaces the old."""
    labels: Command = ["platform", series.platform, "symbol", series.symbol]
    labels += ["resolution", series.resolution, "field", field]
    options = ["RETENTION", retention_ms, *CHUNK_OPTIONS, "DUPLICATE_POLICY", "LAST"]
    return ["TS.CREATE", key(series, field), *options, "LABELS", *labels]


def alter(series: Series, field: str, retention_ms: int) -> Command:
    """Return the command that changes how long a field is kept; 0 is for ever."""
    return ["TS.ALTER", key(series, field), "RETENTION", retention_ms]


def add(series: Series, samples: Samples) -> Command:
    """Return the TS.MADD of all samples of one field."""
    command: Command = [key(series, samples.field)] * (3 * len(samples.time) + 1)
    command[0] = "TS.MADD"
    command[2::3] = (samples.time * 1_000).tolist()
    command[3::3] = samples.values.tolist()
    return command


def is_packed(series: Series, bucket: int, now_s: float, *, packing: bool = False) -> bool:
    """Say whether the candles of a span may be packed by others, or (`packing`) by us."""
    end = (bucket + 1) * PACKED_CANDLES * series.resolution
    return end + (_PACK_AFTER_S if packing else _DROP_AFTER_S) <= now_s


def draft(bucket: int) -> str:
    """Return the field that says who is packing a span: it is dropped with what is packed."""
    return f"draft:{bucket}"


def forget_packed(series: Series, openings: Iterable[int]) -> list[Command]:
    """Return what drops the packed candles of openings (s) that are written; live ones have none.

    It belongs into the transaction that writes them.
    """
    span, now_s = PACKED_CANDLES * series.resolution, time.time()
    buckets = {opening // span for opening in openings}
    dropped = [bucket for bucket in buckets if is_packed(series, bucket, now_s)]
    if not dropped:
        return []
    fields = [field for bucket in dropped for field in (str(bucket), draft(bucket))]
    return [["HDEL", keys.packed_candles(series), *fields]]


def queue_forget_packed(
    pipe: Any, platform: str, symbol: str, written: Iterable[tuple[int, int]]
) -> None:
    """Queue what drops the packed candles of a market's written `(resolution, opening)` pairs."""
    openings: dict[int, list[int]] = {}
    for resolution, opening in written:
        openings.setdefault(resolution, []).append(opening)
    for resolution, own in openings.items():
        for command in forget_packed(Series(platform, symbol, resolution), own):
            pipe.execute_command(*command)


def is_missing(reply: object) -> bool:
    """Say whether a reply is the error that the key does not exist."""
    return isinstance(reply, ResponseError) and "does not exist" in str(reply)


def is_there(reply: object) -> bool:
    """Say whether a reply is the error that the key exists already."""
    return isinstance(reply, ResponseError) and "already exists" in str(reply)


def or_empty(reply: Any) -> Any:
    """Return a reply, or nothing where the key does not exist; other errors are raised."""
    if is_missing(reply):
        return []
    if isinstance(reply, Exception):
        raise reply
    return reply
