"""Check one market of an exchange, probe by probe."""

import asyncio
import time
from collections.abc import Collection, Iterator

from core.clock.resolutions import MINUTE
from core.errors import ExchangeRefused, ExchangeUnavailable, NotFound
from core.names import check_name
from core.platforms import CONTIGUOUS_IDS, raw_symbol
from core.retry import RetryPolicy
from feeds.check import candles, clock, comparison, feed, ids, rates, trades
from feeds.check.report import Finding, Report, Result
from feeds.connector import Connector, FetchedTrade
from feeds.exchange_candles import ExchangeCandles
from feeds.exchange_trades import ExchangeTrades
from feeds.venues import find_connector

# An exchange may need some seconds to finish a candle: what differs is asked for once more.
SETTLING_S = 3.0
_TRADES_PROBES = (trades.PROBE, ids.PROBE, comparison.PROBE)
_FAILURES = (ExchangeRefused, ExchangeUnavailable)


def check_exchange(
    platform: str, symbol: str, seconds: float, exchange_url: str | None = None
) -> Report:
    """Ask an exchange itself whether all that we rely on is so; listens for `seconds`.

    `exchange_url` (http or https) replaces the exchange's own addresses. What fails is told
    in the report. Raises `NotFound` for a platform of that name that nobody knows.
    """
    market = check_name(raw_symbol(platform, symbol).upper(), "symbol")
    check = _Check(platform, market, exchange_url)
    findings = [*check.of_rest(), *check.of_trades(seconds)]
    passed = all(one.result is not Result.FAILED for one in findings)
    return Report(platform, market, seconds, passed, findings)


class _Check:
    """The probes of one market; each asks the exchange, and a pure function judges."""

    def __init__(self, platform: str, symbol: str, exchange_url: str | None) -> None:
        self._platform, self._symbol, self._url = platform, symbol, exchange_url
        self._candles = ExchangeCandles(platform, base_url=exchange_url)

    def of_rest(self) -> Iterator[Finding]:
        """Yield what needs candles only."""
        # Not the minute that has just ended: its candle may take some seconds to come.
        start = int(time.time()) // MINUTE * MINUTE - candles.SPAN - MINUTE
        try:
            rows = self._page(start, start + candles.SPAN - MINUTE)
        except _FAILURES as error:
            yield Finding(candles.PROBE, Result.FAILED, error.detail)
        else:
            yield candles.judge_candles(rows, start)
        yield clock.judge_clock(self._candles.clock_offset_ms)
        try:
            answers = rates.ask_at_our_pace(
                lambda: self._page(start, start), lambda: self._candles.last_answer
            )
        except ExchangeRefused as error:
            yield Finding(rates.PROBE, Result.NOT_POSSIBLE, error.detail)
        else:
            yield rates.judge_rates(answers)

    def of_trades(self, seconds: float) -> Iterator[Finding]:
        """Yield what needs the feed, then what needs trades that it told of."""
        try:
            venue = find_connector(self._platform)
        except NotFound as error:
            yield from self._without_connector(error.detail)
            return
        noted = asyncio.run(feed.listen(venue, self._symbol, seconds, self._url))
        yield feed.judge_feed(noted)
        if noted.frames:
            yield feed.judge_kinds(noted)
        else:
            yield Finding(feed.KINDS_PROBE, Result.NOT_POSSIBLE, "No message came.")
        yield from self._of_newest(venue, noted)

    def _without_connector(self, why: str) -> Iterator[Finding]:
        """Yield what can be told of trades through ccxt alone: whether any is missing cannot."""
        for probe in (feed.PROBE, feed.KINDS_PROBE):
            yield Finding(probe, Result.NOT_POSSIBLE, why)
        try:
            told = self._candles.newest_trades(self._symbol)
        except _FAILURES as error:
            refused = isinstance(error, ExchangeRefused)
            first = Result.NOT_POSSIBLE if refused else Result.FAILED
            yield from _without_trades(Finding(trades.PROBE, first, error.detail))
            return
        if not told:
            said = "No trade came over REST: the market is quiet."
            yield from _without_trades(Finding(trades.PROBE, Result.NOT_POSSIBLE, said))
            return
        readable = trades.judge_trades(told)
        yield from (readable, self._judge_ids(feed.Listened(), told))
        if readable.result is Result.FAILED:
            yield Finding(comparison.PROBE, Result.NOT_POSSIBLE, "Trades cannot be read.")
        else:
            yield _in_doubt(self._compare(told))

    def _of_newest(self, venue: Connector, noted: feed.Listened) -> Iterator[Finding]:
        if noted.newest is None:
            for probe in _TRADES_PROBES:
                yield Finding(probe, Result.NOT_POSSIBLE, "The feed told of no trade.")
            return
        exchange = ExchangeTrades(
            self._platform, base_url=self._url, policy=RetryPolicy(attempts=1)
        )
        try:
            told = trades.fetch_newest(exchange, self._symbol, noted.newest)
        except _FAILURES as error:
            yield from _without_trades(Finding(trades.PROBE, Result.FAILED, error.detail))
            return
        readable = trades.judge_trades(told)
        whole = self._judge_ids(noted, told)
        yield from (readable, whole)
        if Result.FAILED in (readable.result, whole.result):
            said = "Trades are missing or cannot be read."
            yield Finding(comparison.PROBE, Result.NOT_POSSIBLE, said)
        else:
            yield self._compare(told)

    def _judge_ids(self, noted: feed.Listened, told: list[FetchedTrade]) -> Finding:
        if self._platform not in CONTIGUOUS_IDS:
            said = f"Trade ids of {self._platform} do not count up by one in each market."
            return Finding(ids.PROBE, Result.NOT_POSSIBLE, said)
        return ids.judge_ids(noted.left_out, (trade.trade_id for trade in told))

    def _compare(self, told: list[FetchedTrade]) -> Finding:
        made = comparison.candles_of(told)
        newest = max(made, default=0)
        ours = {at: candle for at, candle in made.items() if at > newest - candles.SPAN}
        try:
            found = comparison.judge_comparison(ours, self._theirs(ours))
            if found.result in (Result.FAILED, Result.WARNING):
                time.sleep(SETTLING_S)
                found = comparison.judge_comparison(ours, self._theirs(ours))
        except _FAILURES as error:
            return Finding(comparison.PROBE, Result.FAILED, error.detail)
        return found

    def _theirs(self, ours: Collection[int]) -> dict[int, list[float]]:
        rows = self._page(min(ours), max(ours)) if ours else []
        return {int(row[0]): row[1:] for row in rows}

    def _page(self, first: int, last: int) -> list[list[float]]:
        return self._candles.fetch_page(self._symbol, MINUTE, first, last)


def _without_trades(first: Finding) -> Iterator[Finding]:
    """Yield why no trades came over REST, and that nothing else can be told of them."""
    yield first
    for probe in _TRADES_PROBES[1:]:
        yield Finding(probe, Result.NOT_POSSIBLE, "No trades came over REST.")


def _in_doubt(found: Finding) -> Finding:
    """Return a failure as a warning: trades that REST left out may explain it."""
    if found.result is not Result.FAILED:
        return found
    said = f"{found.said} Whether REST left out trades is not known here."
    return Finding(found.probe, Result.WARNING, said)
