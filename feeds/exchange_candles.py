"""Candles of any exchange, one page at a time, through ccxt."""

import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from core.errors import ExchangeRefused, ExchangeUnavailable, TickcastError
from feeds.connector import FetchedTrade, Side

if TYPE_CHECKING:
    from feeds.exchange_session import Answer

# Where ccxt does not know a page's cap; all exchanges give at least this many.
UNKNOWN_PAGE_LIMIT = 100
LARGEST_PAGE = 2_000


class ExchangeCandles:
    """Asks one platform for candles.

    `base_url` replaces the exchange's own address (the simulator, say).
    ccxt's rate limit is kept, process-wide; `sleep_ms` is a pause on top, and
    `rate_limit_ms` replaces ccxt's limit where the other side has none. Not for
    use by several threads at once. Raises `NotFound` for an unknown platform.

    `clock_offset_ms`: the exchange's clock less ours at the last answer, good to
    about 500 ms; None before the first.
    """

    def __init__(
        self,
        platform: str,
        *,
        base_url: str | None = None,
        timeout_s: float = 15.0,
        sleep_ms: int = 0,
        rate_limit_ms: float | None = None,
    ) -> None:
        # requests and ccxt cost most of a second to import: only who fetches pays for them.
        from feeds.exchange_connection import open_exchange
        from feeds.exchange_session import ExchangeSession

        self.platform = platform
        self.clock_offset_ms: int | None = None
        self._name = f"{platform} {base_url or ''}"
        # A page may come slowly, but not for ever: twice one wait covers connect and body.
        self._session = ExchangeSession(max_seconds=2 * timeout_s)
        self._exchange = open_exchange(
            platform,
            self._session,
            base_url=base_url,
            timeout_s=timeout_s,
            sleep_ms=sleep_ms,
            rate_limit_ms=rate_limit_ms,
        )
        self.page_limit = _page_limit(self._exchange)

    def fetch_page(
        self, symbol: str, resolution: int, start_s: int, end_s: int
    ) -> list[list[float]]:
        """Return rows `[time_s, open, high, low, close, volume]`, oldest first.

        Openings from `start_s` to `end_s`, both included, both on the grid, at
        most `page_limit` of them. A value that is no number is NaN, for the
        checks to reject by row. Raises `ExchangeUnavailable` when asking again
        may help, `ExchangeRefused` when not (no such symbol or resolution).
        """
        timeframe = self._timeframe(resolution)
        # A day of 23 hours counts as a whole one.
        wanted = -(-(end_s - start_s) // resolution) + 1
        if not 1 <= wanted <= self.page_limit:
            raise ValueError(f"a page holds 1 to {self.page_limit} candles, not {wanted}")
        market = self._market(symbol)
        found = self._ask(
            lambda: self._exchange.fetch_ohlcv(market, timeframe, start_s * 1_000, wanted)
        )
        rows = _checked_rows(found, self.platform)
        return sorted(row for row in rows if start_s <= row[0] <= end_s)

    def newest_trades(self, symbol: str) -> list[FetchedTrade]:
        """Return the newest trades that one call brings, in order; raises like `fetch_page`.

        An id that is no number counts as 0.
        """
        market = self._market(symbol)
        found = self._ask(lambda: self._exchange.fetch_trades(market))
        try:
            return sorted(map(_told_trade, found), key=lambda row: (row.time, row.trade_id))
        except (TypeError, ValueError, KeyError):
            detail = f"{self.platform} gave an answer that holds no trades."
            raise ExchangeUnavailable(detail, retry_after=None) from None

    @property
    def last_answer(self) -> "Answer":
        """What the exchange last answered, beside its body."""
        return self._session.last

    def _timeframe(self, resolution: int) -> str:
        name = timeframes(self._exchange).get(resolution)
        if name is None:
            raise ExchangeRefused(f"{self.platform} has no candles of {resolution} seconds.")
        return name

    def _market(self, symbol: str) -> str:
        """Return ccxt's symbol; a symbol not known yet may have been listed meanwhile."""
        from feeds.exchange_connection import load_markets

        for again in (False, True):
            self._ask(partial(load_markets, self._exchange, self._name, again=again))
            if found := _find_market(self._exchange, symbol):
                return found
        raise ExchangeRefused(f"{self.platform} has no symbol {symbol[:64]}.")

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            answer = call()
        except TickcastError:
            raise
        except Exception as error:
            # ccxt reads foreign answers: a garbled one may raise anything at all.
            from feeds.exchange_errors import our_error

            raise our_error(error, self.platform, self._session.last) from error
        finally:
            if self._session.last.clock_offset_ms is not None:
                self.clock_offset_ms = self._session.last.clock_offset_ms
        return answer


def timeframes(exchange: Any) -> dict[int, str]:
    """Return ccxt's names of the candle lengths that an exchange offers, by seconds."""
    ccxt = import_module("ccxt")
    found: dict[int, str] = {}
    for name in exchange.timeframes or {}:
        # Some list lengths, a year say, that ccxt cannot count in seconds.
        with suppress(ccxt.NotSupported):
            found.setdefault(exchange.parse_timeframe(name), name)
    return found


def _page_limit(exchange: Any) -> int:
    features = exchange.features or {}
    kinds = [features.get("spot"), *(features.get("swap") or {}).values()]
    limits = [(kind.get("fetchOHLCV") or {}).get("limit") for kind in kinds if kind]
    return min(next(filter(None, limits), UNKNOWN_PAGE_LIMIT), LARGEST_PAGE)


def _find_market(exchange: Any, symbol: str) -> str | None:
    """Return the unified symbol: by name, by raw id, or by its letters alone, spot first."""
    if symbol in exchange.markets:
        return symbol
    if matches := exchange.markets_by_id.get(symbol):
        return str(next((m for m in matches if m.get("spot")), matches[0])["symbol"])
    letters = _letters(symbol)
    for market in exchange.markets.values():
        pair = f"{market.get('base')}{market.get('quote')}"
        if market.get("spot") and letters in (_letters(pair), _letters(str(market["id"]))):
            return str(market["symbol"])
    return None


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()


def _told_trade(trade: Any) -> FetchedTrade:
    number, time = str(trade["id"] or ""), trade["timestamp"]
    if isinstance(time, bool) or not isinstance(time, int):
        raise TypeError("not a time")
    told = int(number) if number.isascii() and number.isdigit() and len(number) < 20 else 0
    side: Side = "sell" if trade["side"] == "sell" else "buy"
    return FetchedTrade(told, time, repr(trade["price"]), repr(trade["amount"]), side)


def _checked_rows(found: Any, platform: str) -> list[list[float]]:
    try:
        return [_checked_row(row) for row in found]
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        detail = f"{platform} gave an answer that holds no candles."
        raise ExchangeUnavailable(detail, retry_after=None) from None


def _checked_row(row: Any) -> list[float]:
    values = [_value(row[i]) for i in range(1, 6)]
    if all(map(math.isnan, values)):
        raise ValueError("not a candle")
    return [_second(row[0]), *values]


def _second(milliseconds: Any) -> int:
    if isinstance(milliseconds, bool) or not 0 <= milliseconds < 1e13:
        raise ValueError("not an opening time")
    return int(milliseconds // 1_000)


def _value(number: Any) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return math.nan
    return float(number)
