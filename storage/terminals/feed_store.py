"""What a terminal pushes, stored at once: the answer says what became of it.

It is written by who answers, not by a job: the terminal is told what was revised and what to
send next, and the signal of a candle that has just closed has 30 seconds.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from core.brokers.clock import (
    BY_OFFSET,
    CONFIRMED,
    BrokerClock,
    learn_clock,
    measured_offset,
    refine_clock,
    shown_offset,
)
from core.brokers.messages import (
    MOST_BARS,
    NEEDED,
    PUSHED,
    FeedAnswer,
    FeedMessage,
    PushedSeries,
)
from core.brokers.symbols import canonical_symbol, is_pair_of_currencies
from core.clock.clocks import check_zone
from core.clock.resolutions import parse_resolution, timeframe_code
from core.clock.times import now_ms
from core.clock.wall_times import Seconds
from core.errors import Conflict, InvalidRequest, RequestError
from core.series import Market, Series
from storage.candles.candle_checks import RejectedRow, opening_seconds
from storage.candles.candle_merge import WriteResult
from storage.terminals.bars import read_bars
from storage.terminals.broker_clocks import BrokerClockStore
from storage.terminals.market_facts import MarketFacts
from storage.terminals.quotes import QuoteStore
from storage.terminals.resting_markets import RestingMarkets
from storage.terminals.series_writer import SeriesWriter
from storage.terminals.symbol_names import SymbolNames
from storage.terminals.terminals import FeedState, TerminalStore
from storage.terminals.wanted_spans import WantedSpans

# So many rows that are not stored are named.
MOST_NAMED = 100
# A terminal asks every so many seconds, more often while something is wanted of it.
POLL_S, HASTY_POLL_S = 5, 2


class Stored(NamedTuple):
    """The answer to a message, and whether a candle came with it that has just closed."""

    answer: FeedAnswer
    closed: bool


class FeedStore:
    """Every method may raise `RedisUnavailable`, `StorageFull` or `DatabaseUnavailable`."""

    def __init__(
        self,
        clocks: BrokerClockStore,
        names: SymbolNames,
        writer: SeriesWriter,
        wanted: WantedSpans,
        terminals: TerminalStore,
        quotes: QuoteStore,
        facts: MarketFacts,
        resting: RestingMarkets,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._clocks = clocks
        self._names = names
        self._writer = writer
        self._wanted = wanted
        self._terminals = terminals
        self._quotes = quotes
        self._facts = facts
        self._resting = resting
        self._clock = clock

    def store(self, platform: str, message: FeedMessage, more: dict[str, Any]) -> Stored:
        """Store a message; the same one again changes nothing. `more` is kept of its terminal.

        Raises `Conflict` where its clock is not the one that is known of the platform, and
        `InvalidRequest` for too many candles.
        """
        _check_size(message)
        now = self._clock() // 1_000
        try:
            clock, offset = self._settled(platform, message, now)
        except Conflict as error:
            self._terminals.note_refusal(platform, error.detail)
            raise
        tally = _Tally()
        theirs = message.clock.server - offset
        for pushed in message.series:
            self._store_series(platform, pushed, clock, theirs, tally)
        self._store_quotes(platform, message, clock, theirs, tally)
        if message.terminal.connected:
            for series, newest in tally.newest.items():
                tally.closed |= self._finish_early(series, newest, clock, theirs)
        counts = {
            "accepted": tally.accepted,
            "revised": tally.revised,
            "rejected": len(tally.rejected),
        }
        self._terminals.note_push(platform, message, offset, counts, more)
        asked = _all_lengths(platform, tally.names, NEEDED) | tally.series
        want = self._wanted.ask(asked, clock.rule, theirs)
        rejected = [(row.index, row.reason) for row in tally.rejected]
        answer = FeedAnswer(
            ok=True,
            utc_offset_s=offset,
            zone=clock.zone,
            grid=str(clock.day),
            accepted=tally.accepted,
            revised=tally.revised,
            rejected=rejected[:MOST_NAMED],
            rejected_total=len(rejected),
            want=want,
            poll_s=HASTY_POLL_S if want else POLL_S,
            warnings=tally.warnings,
        )
        return Stored(answer, tally.closed)

    def platforms(self) -> dict[str, BrokerClock]:
        """Return the clock of every platform that a terminal has fed."""
        return self._clocks.all()

    def state(self, platform: str) -> FeedState:
        """Return what a platform's terminals said last."""
        return self._terminals.get(platform)

    def symbols(self, platform: str) -> dict[str, str]:
        """Return the symbol of every name that a platform's terminals have sent."""
        return self._names.all(platform)

    def confirm(self, platform: str, zone: str, since: int | None = None) -> BrokerClock:
        """Take a zone for a platform's clock, whatever was learnt; raises `InvalidRequest`.

        Candles that are held stay where they are, unless their clock was guessed for this
        one; days are made anew where they begin at another hour. What was told before `since`
        (s UTC; the last push that was taken, unless given) is by the zone that the clock had.
        """
        now = self._clock() // 1_000
        before = self._clocks.get(platform)
        clock = BrokerClock(check_zone(zone), CONFIRMED, now)
        if before is not None and not before.was_guessed_for(clock):
            pushed = self._terminals.get(platform).last_push_at
            last = now if pushed is None else pushed // 1_000
            clock = before.set_to(zone, last if since is None else since, now)
        self._adopt(platform, before, clock, now)
        return clock

    def _adopt(
        self, platform: str, before: BrokerClock | None, clock: BrokerClock, now: int
    ) -> None:
        """Keep a platform's clock, and bring what is held in line with it."""
        self._clocks.keep(platform, clock)
        if before is None or before.rule == clock.rule:
            return
        names = {symbol: name for name, symbol in self.symbols(platform).items()}
        for series in _all_lengths(platform, names, PUSHED):
            if before.was_guessed_for(clock):
                self._writer.restamp(series, before, clock, now)
            else:
                self._writer.rebuild(series, clock, now)

    def _settled(self, platform: str, message: FeedMessage, now: int) -> tuple[BrokerClock, int]:
        """Return the platform's clock, learnt now if none is known, and its offset (s)."""
        offset = measured_offset(message.clock.server, now)
        held = self._clocks.get(platform)
        histories = _histories(message) if held is None or held.source == BY_OFFSET else []
        known = held and refine_clock(held, offset, now, histories)
        known = known or learn_clock(offset, now, histories)
        if known != held:
            self._adopt(platform, held, known, now)
        if not known.explains(offset, now):
            raise Conflict(
                f"clock.server is {shown_offset(offset)} ahead of UTC, and {platform}'s clock is "
                f"{known.zone}, which is {shown_offset(known.offset(now))} now. If the broker "
                f"has changed its clock: tickcast feeds confirm-clock {platform} ZONE, or POST "
                f"/ingest/mt/{platform}/clock. Each broker needs a platform name of its own."
            )
        return known, offset

    def _store_series(
        self, platform: str, pushed: PushedSeries, clock: BrokerClock, now: int, tally: "_Tally"
    ) -> None:
        first, tally.seen = tally.seen, tally.seen + len(pushed.bars)
        try:
            series = self._series(platform, pushed)
        except RequestError as error:
            reason = error.detail
            tally.rejected += [RejectedRow(first + n, reason) for n in range(len(pushed.bars))]
            return
        tally.names[series.symbol] = tally.series[series] = pushed.symbol
        bars = read_bars(pushed.bars, series.resolution, clock, now)
        self._facts.note(Market(platform, series.symbol), pushed, bars, now)
        refused = {first + row.index: row.reason for row in bars.rejected}
        if len(bars.candles):
            try:
                written, warnings = self._writer.write(series, bars.candles, clock, now)
            except InvalidRequest as error:  # another grid came first
                refused = dict.fromkeys(range(first, tally.seen), error.detail)
            else:
                tally.warnings += warnings
                tally.revised += written.revised
                newest = int(bars.candles.time[-1])
                tally.newest[series] = max(newest, tally.newest.get(series, newest))
                tally.closed |= _is_new(written) and now - newest < 2 * series.resolution
        tally.rejected += [RejectedRow(index, reason) for index, reason in refused.items()]
        tally.accepted += len(pushed.bars) - len(refused)

    def _finish_early(self, series: Series, newest: int, clock: BrokerClock, now: int) -> bool:
        """Finish days that ended early at their hour; returns whether one was unfinished."""
        over = newest + series.resolution
        ends = self._writer.lacking_ends(series, newest, clock, now)
        finished = [
            self._writer.finish_early(series, newest, resolution, clock, now)
            for resolution, end in ends.items()
            if self._resting.rested(series, over, end)
        ]
        return any(finished)

    def _store_quotes(
        self, platform: str, message: FeedMessage, clock: BrokerClock, now: int, tally: "_Tally"
    ) -> None:
        named = [quote[0] for quote in message.quotes if isinstance(quote, list) and quote]
        names = {}
        for name in sorted({one for one in named if isinstance(one, str)}):
            try:
                names[name] = self._names.symbol(platform, name)
            except RequestError as error:
                tally.warnings.append(error.detail)
        markets, bad = self._quotes.write(platform, message.quotes, names, clock.rule, now)
        if bad:
            tally.warnings.append(f"{bad} quotes are not kept: send [symbol, time_ms, bid, ask].")
        for market in markets:
            self._facts.measure_once(market)

    def _series(self, platform: str, pushed: PushedSeries) -> Series:
        resolution = parse_resolution(pushed.tf, "tf")
        if resolution not in PUSHED:
            names = ", ".join(map(timeframe_code, PUSHED))
            raise InvalidRequest(f"tf: send {names} candles; longer ones are made of them here.")
        return Series(platform, self._names.symbol(platform, pushed.symbol), resolution)


class _Tally:
    """What has become of the candles of a message so far."""

    def __init__(self) -> None:
        self.seen = self.accepted = self.revised = 0
        self.rejected: list[RejectedRow] = []
        # The broker's names, by symbol and by series.
        self.names: dict[str, str] = {}
        self.series: dict[Series, str] = {}
        # The newest opening (s) of each series that came.
        self.newest: dict[Series, int] = {}
        self.warnings: list[str] = []
        self.closed = False


def _all_lengths(
    platform: str, names: Mapping[str, str], lengths: Sequence[int]
) -> dict[Series, str]:
    """Return the series of each symbol in some lengths (s), with the broker's name of it."""
    return {
        Series(platform, symbol, resolution): name
        for symbol, name in names.items()
        for resolution in lengths
    }


def _is_new(written: WriteResult) -> bool:
    return bool(written.inserted or written.finished)


def _check_size(message: FeedMessage) -> None:
    bars = sum(len(pushed.bars) for pushed in message.series)
    if bars > MOST_BARS:
        raise InvalidRequest(
            f"series: {bars} bars were sent; a message holds {MOST_BARS} at most.", field="series"
        )


def _histories(message: FeedMessage) -> list[Seconds]:
    """Return the openings (s of the server's clock) of markets that close over the weekend."""
    return [
        opening_seconds([row for row in pushed.bars if _has_time(row)])
        for pushed in message.series
        if is_pair_of_currencies(canonical_symbol(pushed.symbol))
    ]


def _has_time(row: Any) -> bool:
    try:
        return isinstance(row, list) and bool(row) and math.isfinite(float(row[0]))
    except (TypeError, ValueError, OverflowError):
        return False
