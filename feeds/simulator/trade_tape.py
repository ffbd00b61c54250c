"""The trades of one file as a market shows them at a moment."""

import numpy as np
from numpy.typing import NDArray

from feeds.simulator.folded_axis import FoldedAxis
from feeds.trade_files import Trade


class TradeTape:
    """Trades in the order of their ids.

    `end_ms` moves all times so that the last trade lies there. When `endless`
    the file is played backwards after its end, under ids that keep growing.
    """

    def __init__(
        self, trades: list[Trade], *, end_ms: int | None = None, endless: bool = False
    ) -> None:
        self._trades = sorted(trades)
        ids = np.array([trade.trade_id for trade in self._trades], dtype=np.int64)
        times = np.array([trade.time for trade in self._trades], dtype=np.int64)
        # Exchanges' clocks step back at times; on the tape time only goes on.
        times = np.maximum.accumulate(times)
        times += 0 if end_ms is None else end_ms - times[-1]
        pace = max(1, int(times[-1] - times[0]) // len(times))
        self.first_ms = int(times[0])
        self.decimals = max(map(_decimals, [trade.price for trade in self._trades[:1_000]]))
        self.size_decimals = max(map(_decimals, [trade.size for trade in self._trades[:1_000]]))
        self._ids = FoldedAxis(ids, 1, endless=endless)
        self._times = FoldedAxis(times, pace, endless=endless)
        self._aggregates = _Aggregates(self._trades, times)
        prices = np.array([trade.price for trade in self._trades], dtype=np.float64)
        sizes = np.array([trade.size for trade in self._trades], dtype=np.float64)
        self._highs, self._lows = np.maximum.accumulate(prices), np.minimum.accumulate(prices)
        self._volumes = np.cumsum(sizes)

    def __len__(self) -> int:
        """Return how many trades the file holds."""
        return len(self._trades)

    def count(self, now_ms: int) -> int:
        """Return how many trades have happened."""
        return self._times.through(now_ms)

    def trade(self, index: int) -> Trade:
        """Return the trade at `index`, counted from the file's first."""
        found = self._trades[self._ids.row(index)[0]]
        return found._replace(trade_id=self._ids.value(index), time=self._times.value(index))

    def extremes(self, count: int) -> tuple[float, float, float]:
        """Return high, low and volume of the last `count` trades, one file's worth at most."""
        last = min(count, len(self)) - 1
        return float(self._highs[last]), float(self._lows[last]), float(self._volumes[last])

    def through_id(self, trade_id: int) -> int:
        """Return how many trades have an id up to and including this one."""
        return self._ids.through(trade_id)

    def aggregate_count(self, trades: int) -> int:
        """Return how many aggregates the first so many trades make up."""
        return self._aggregates.count(trades)

    def aggregate(self, index: int) -> range:
        """Return the indices of the trades that aggregate `index` holds."""
        return self._aggregates.members(index)


class _Aggregates:
    """Runs of trades with the same time, price and side, as Binance's aggTrade joins them."""

    def __init__(self, trades: list[Trade], times: NDArray[np.int64]) -> None:
        alike = [(times[i], trade.price, trade.side) for i, trade in enumerate(trades)]
        changes = [i for i in range(1, len(alike)) if alike[i] != alike[i - 1]]
        self._starts = np.array([0, *changes], dtype=np.int64)
        self._ends = np.array([*changes, len(trades)], dtype=np.int64)
        self._trades = len(trades)

    def count(self, trades: int) -> int:
        run, rest = divmod(trades, self._trades)
        if run % 2:
            held = len(self._starts) - int(
                np.searchsorted(self._starts, self._trades - rest, "left")
            )
        else:
            held = int(np.searchsorted(self._ends, rest, "right"))
        return run * len(self._starts) + held

    def members(self, index: int) -> range:
        run, place = divmod(index, len(self._starts))
        before = run * self._trades
        if run % 2:
            row = len(self._starts) - 1 - place
            mirrored = self._trades - self._ends[row], self._trades - self._starts[row]
            return range(before + int(mirrored[0]), before + int(mirrored[1]))
        return range(before + int(self._starts[place]), before + int(self._ends[place]))


def _decimals(text: str) -> int:
    return len(text.partition(".")[2].rstrip("0"))
