"""Candles of MetaApi: at most 1,000 back from an instant, stamped in UTC.

Candles longer than an hour begin by the broker's clock there: they are made of hours here.
"""

from urllib.parse import quote

import msgspec

from core.clock.resolutions import HOUR, resolution_name
from core.clock.times import format_time, parse_time
from core.errors import ExchangeRefused, InvalidRequest
from core.names import read_symbol
from core.platforms import ProviderAccess
from feeds.json_calls import JsonCalls, Parameters

PAGE_LIMIT = 1_000


class _Candle(msgspec.Struct):
    time: str
    open: float
    high: float
    low: float
    close: float
    tickVolume: float = 0.0  # noqa: N815 - their name


_READ = msgspec.json.Decoder(list[_Candle]).decode


class MetaApiCandles:
    """Asks MetaApi for candles; `ExchangeCandles` says what its members mean."""

    platform = "metaapi"
    page_limit = PAGE_LIMIT

    def __init__(self, access: ProviderAccess, timeout_s: float, sleep_ms: int) -> None:
        self._account = access.account
        self._calls = JsonCalls(
            self.platform,
            access.url,
            timeout_s=timeout_s,
            pause_s=sleep_ms / 1_000,
            headers={"auth-token": access.key},
        )

    @property
    def clock_offset_ms(self) -> int | None:
        """Return its clock less ours at the last answer."""
        return self._calls.last.clock_offset_ms

    def fetch_page(
        self, symbol: str, resolution: int, start_s: int, end_s: int
    ) -> list[list[float]]:
        """Return rows that open in the range, oldest first; volumes are counts of ticks."""
        if resolution > HOUR:
            raise ExchangeRefused(f"metaapi is not asked for candles of {resolution} seconds.")
        wanted = (end_s - start_s) // resolution + 1
        path = (
            f"/users/current/accounts/{quote(self._account, safe='')}/historical-market-data"
            f"/symbols/{quote(read_symbol(symbol), safe='')}"
            f"/timeframes/{resolution_name(resolution)}/candles"
        )
        asked: Parameters = {
            "startTime": format_time(end_s * 1_000),
            "limit": min(wanted, PAGE_LIMIT),
        }
        try:
            rows = [_row(one) for one in _READ(self._calls.get(path, asked))]
        except (msgspec.MsgspecError, InvalidRequest):
            raise self._calls.unreadable() from None
        return sorted(row for row in rows if start_s <= row[0] <= end_s)


def _row(one: _Candle) -> list[float]:
    opened = parse_time(one.time, "time") // 1_000
    return [opened, one.open, one.high, one.low, one.close, one.tickVolume]
