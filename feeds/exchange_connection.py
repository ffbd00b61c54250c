"""A ccxt exchange set up our way: other address, shared rate limit, capped session."""

import threading
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from core.errors import ExchangeRefused
from core.platforms import ccxt_name
from feeds.exchange_session import ExchangeSession
from feeds.rate_gate import shared_gate

# Symbols change rarely, and loading them costs an exchange-wide answer or two.
MARKETS_LIVE_S = 3_600.0
MARKETS_RECHECKED_S = 60.0
_markets: dict[str, tuple[float, Any, Any]] = {}
_markets_lock = threading.Lock()


def open_exchange(
    platform: str,
    session: ExchangeSession,
    *,
    base_url: str | None,
    timeout_s: float,
    sleep_ms: int,
    rate_limit_ms: float | None,
) -> Any:
    """Return ccxt's synchronous exchange for `platform`.

    ccxt takes about half a second to import, so it is imported here and not
    before. Its rate limit is kept (`rate_limit_ms` overrides it), across all
    threads of the process; `sleep_ms` is added to it.
    """
    exchange = getattr(import_module("ccxt"), ccxt_name(platform))(
        # Spot only: three lists of derivatives are megabytes that nobody here reads.
        {"session": session, "timeout": round(timeout_s * 1_000), "enableRateLimit": True}
    )
    if isinstance(exchange.options.get("fetchMarkets"), dict) and exchange.has.get("spot"):
        exchange.options["fetchMarkets"]["types"] = ["spot"]
    if base_url:
        exchange.urls["api"] = _moved(exchange.urls["api"], _checked(base_url, platform))
    if rate_limit_ms is not None:
        exchange.rateLimit = rate_limit_ms
    _share_rate(exchange, f"{platform} {base_url or ''}", sleep_ms)
    _keep_all_rows(exchange)
    return exchange


def _share_rate(exchange: Any, name: str, sleep_ms: int) -> None:
    """Let ccxt wait at the gate of that name, as long as its own limiter would."""
    gate = shared_gate(name)

    def throttle(cost: float | None = None) -> None:
        weight = 1.0 if cost is None else cost
        gate.wait((exchange.rateLimit * weight + sleep_ms) / 1_000)

    exchange.throttle = throttle


def _keep_all_rows(exchange: Any) -> None:
    """Stop ccxt from dropping rows that it cannot read: they would look like outages."""
    ccxt = import_module("ccxt")
    if type(exchange).parse_ohlcvs is not ccxt.Exchange.parse_ohlcvs:
        return

    def parse(rows: Any, market: Any = None, *_filters: Any) -> list[Any]:
        if not isinstance(rows, list | None):
            raise ccxt.BadResponse("not a list of candles")
        return [exchange.parse_ohlcv(row, market) for row in rows or []]

    exchange.parse_ohlcvs = parse


def load_markets(exchange: Any, name: str, *, again: bool = False) -> None:
    """Give `exchange` its markets: those loaded within the hour under `name`, or fresh ones.

    `again` asks the exchange anew unless that was done within the last minute.
    """
    with _markets_lock:
        at, markets, currencies = _markets.get(name, (float("-inf"), None, None))
    if time.monotonic() - at < (MARKETS_RECHECKED_S if again else MARKETS_LIVE_S):
        if again or not exchange.markets:
            exchange.set_markets(markets, currencies)
        return
    loaded = exchange.load_markets(True)
    if not loaded:
        raise import_module("ccxt").BadResponse("no markets at all")
    with _markets_lock:
        _markets[name] = (time.monotonic(), loaded, exchange.currencies)


def _checked(base_url: str, platform: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ExchangeRefused(f"The address set for {platform} is not an http or https one.")
    return base_url.rstrip("/")


def _moved(urls: Any, base_url: str) -> Any:
    """Return ccxt's addresses with scheme and host replaced; their paths stay."""
    if isinstance(urls, Mapping):
        return {name: _moved(url, base_url) for name, url in urls.items()}
    if not isinstance(urls, str) or "://" not in urls:
        return urls
    _, _, path = urls.split("://", 1)[1].partition("/")
    return f"{base_url}/{path}".rstrip("/")
