"""Find the files of the simulated markets, and hold their products."""

import math
import re
from pathlib import Path

from core.clock.times import epoch_ms
from core.errors import RequestError
from core.names import NAME_PATTERN
from feeds.candle_files import read_candles
from feeds.simulator.candle_tape import Candle, CandleTape
from feeds.simulator.market_clock import MarketClock, Playback
from feeds.simulator.trade_tape import TradeTape
from feeds.trade_files import TRADE_FILE, Trade, read_trades

_CANDLE_FILE = re.compile(r"(\d+)\.csv(\.gz)?\Z")
_NAME = re.compile(NAME_PATTERN)


class Product:
    """One symbol: its candles by resolution, its trades, and where its feeds stand."""

    def __init__(self, symbol: str, clock: MarketClock) -> None:
        self.symbol = symbol
        self.clock = clock
        self.candles: dict[int, CandleTape] = {}
        self.trades: TradeTape | None = None
        self.candle_feeds: dict[int, Playback] = {}
        self.trade_feed: Playback | None = None

    def load_candles(self, paths: dict[int, Path]) -> None:
        """Read the candle files; on a shifted market all move by whole coarsest candles.

        So the resolutions of one symbol stay consistent, and the present lies
        within the last coarsest candle, whose time is not over yet.
        """
        unit = math.lcm(*paths) if paths else 1
        for resolution, path in sorted(paths.items()):
            rows = _read(path)
            shift = 0
            if self.clock.shifted:
                behind = self.clock.start_ms / 1_000 - (max(row[0] for row in rows) + resolution)
                shift = math.ceil(behind / unit) * unit
            tape = CandleTape(rows, resolution, shift_s=shift, endless=self.clock.shifted)
            self.candles[resolution] = tape
            self.candle_feeds[resolution] = Playback(self.clock, tape.first_s * 1_000)

    def load_trades(self, path: Path) -> None:
        """Read the trade file; on a shifted market its last trade is happening now."""
        try:
            trades = list(read_trades(path))
        except (OSError, ValueError, EOFError) as error:
            raise ValueError(f"{path}: {error}") from None
        if not trades:
            raise ValueError(f"{path} holds no trades")
        end_ms = self.clock.start_ms if self.clock.shifted else None
        self.trades = TradeTape(trades, end_ms=end_ms, endless=self.clock.shifted)
        self.trade_feed = Playback(self.clock, self.trades.first_ms)

    def trade_count(self) -> int:
        """Return how many trades have happened: all of the file unless a feed plays it."""
        if self.trades is None or self.trade_feed is None:
            return 0
        return self.trades.count(self.trade_feed.now_ms())

    def last_trade(self) -> Trade | None:
        """Return the newest trade, if any has happened."""
        count = self.trade_count()
        return self.trades.trade(count - 1) if self.trades and count else None

    def candles_between(
        self, resolution: int, start_s: int, end_s: int, count: int | None = None
    ) -> list[Candle]:
        """Return the first `count` candles that open in the range, the newest as it stands now."""
        tape = self.candles.get(resolution)
        if tape is None:
            return []
        now = self.clock.now_ms()
        return [tape.candle(i, now) for i in tape.between(start_s, end_s, now)[:count]]

    def newest_candles(self, resolution: int, end_s: int, count: int) -> list[Candle]:
        """Return the last `count` candles that open by `end_s`, oldest first."""
        tape = self.candles.get(resolution)
        if tape is None:
            return []
        now = self.clock.now_ms()
        return [tape.candle(i, now) for i in tape.between(0, end_s, now)[-count:]]


def open_products(folder: Path, platform: str, clock: MarketClock) -> dict[str, Product]:
    """Return the products of one platform, by symbol.

    Reads `candles/{platform}/{symbol}/{resolution}.csv[.gz]` and
    `trades/{platform}/{symbol}.csv[.gz]`; other files are left alone. Raises
    `ValueError` with a sentence naming a file that cannot be read.
    """
    products: dict[str, Product] = {}
    for place in sorted(folder.glob(f"candles/{platform}/*/")):
        paths = {
            int(found[1]): path
            for path in place.iterdir()
            if (found := _CANDLE_FILE.match(path.name)) and int(found[1])
        }
        if paths and _NAME.match(place.name):
            product = products.setdefault(place.name, Product(place.name, clock))
            product.load_candles(paths)
    for path in sorted(folder.glob(f"trades/{platform}/*")):
        found = TRADE_FILE.match(path.name)
        if found and _NAME.match(found[1]):
            product = products.setdefault(found[1], Product(found[1], clock))
            product.load_trades(path)
    return products


def _read(path: Path) -> list[list[float]]:
    try:
        found = read_candles(path)
    except (OSError, RequestError) as error:
        reason = error.detail if isinstance(error, RequestError) else error
        raise ValueError(f"{path}: {reason}") from None
    rows = [[epoch_ms(row[0]) // 1_000, *row[1:6]] for row in found if _is_whole(row)]
    if not rows:
        raise ValueError(f"{path} holds no candles")
    return rows


def _is_whole(row: list[float]) -> bool:
    return all(map(math.isfinite, row[:6]))
