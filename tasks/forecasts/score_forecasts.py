"""Outcomes joined to the ledger's forecasts once their targets have closed, however late."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from core.clock.grids import Grid
from core.clock.openings import ends
from core.clock.times import now_ms
from core.errors import TickcastError
from core.forecast_target import ForecastTarget
from core.ledger import LIVE, WALK
from core.models import is_external
from core.series import CandleFlag, Series
from storage.candles.candle_columns import Candles
from storage.ledger.ledger_rows import Pending
from storage.stores import Stores
from tasks.forecasts.ledger_scores import is_due, keep_record, keep_scores
from tasks.jobs.turns import Turns

logger = logging.getLogger(__name__)

# How many forecasts one run looks at; more wait for the next.
AT_ONCE = 5_000
# Candles that did not come within an hour are looked for every five minutes only (s).
RECENT_S, LOOK_BACK_S = 3_600, 300
# A candle with trades known to be missing may be mended so long after its close (s).
MENDING_S = 600


class ForecastScorer:
    """Joins outcomes; remembers for its process whose scores are behind."""

    def __init__(self, clock: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._turns = Turns()
        self._behind: set[tuple[str, ForecastTarget]] = set()
        self._records_behind: set[tuple[str, str]] = set()
        self._looked_back = 0

    def run(self, stores: Stores) -> int:
        """Join all outcomes that are known; returns how many."""
        with self._turns.mine() as mine:
            return self._join_all(stores) if mine else 0

    def _join_all(self, stores: Stores) -> int:
        joined = 0
        for series, waiting in self._pending(stores).items():
            try:
                joined += self.join(stores, series, waiting)
            except TickcastError as error:
                logger.warning("outcomes of %s: %s", series, error.detail)
        self._score(stores)
        return joined

    def _pending(self, stores: Stores) -> dict[Series, list[Pending]]:
        now = self._clock() // 1_000
        whole = now - self._looked_back >= LOOK_BACK_S
        if whole:
            self._looked_back = now
        return stores.ledger_reader.pending(0 if whole else now - RECENT_S, now, AT_ONCE)

    def join(self, stores: Stores, series: Series, waiting: Sequence[Pending]) -> int:
        """Join the outcomes of one series that are known; returns how many."""
        openings = [one.opening for one in waiting]
        since = min(openings + [one.input_end for one in waiting if one.input_end and one.early])
        candles = stores.candles.read(series, since, max(openings))
        grid = stores.facts.get(series).grid
        closes = _settled(candles, series.resolution, grid, self._clock() // 1_000)
        realised: dict[str, dict[int, float]] = defaultdict(dict)
        for one in waiting:
            if one.opening in closes:
                realised[one.ledger][one.seq] = closes[one.opening]
        later = {(one.ledger, one.seq): _later_price(one, candles) for one in waiting if one.early}
        joined = 0
        for ledger, outcomes in realised.items():
            prices = {
                seq: price for seq in outcomes if (price := later.get((ledger, seq))) is not None
            }
            rows = stores.ledger.record_outcomes(ledger, outcomes, prices, grid)
            joined += len(rows)
            if ledger == LIVE or ledger.startswith(WALK):
                self._behind |= {(ledger, row.target) for row in rows}
        return joined

    def _score(self, stores: Stores) -> None:
        """Bring the scores up to date that are due."""
        boards = {ledger: stores.boards.all(ledger) for ledger, _ in self._behind}
        for ledger, target in list(self._behind):
            board = boards[ledger].get(target)
            if board is None or is_due(board.n, board.updated_at, self._clock()):
                keep_scores(stores, ledger, target)
                self._behind.discard((ledger, target))
                if is_external(target.model):
                    self._records_behind.add((ledger, target.model))
        self._keep_records(stores)

    def _keep_records(self, stores: Stores) -> None:
        """Bring the records of outside forecasters up to date that are due."""
        for ledger, model in list(self._records_behind):
            held = stores.records.get(ledger, model)
            if held is None or is_due(held[0].n, held[1], self._clock()):
                keep_record(stores, ledger, model)
                self._records_behind.discard((ledger, model))


def _later_price(one: Pending, candles: Candles) -> float | None:
    """Return the close of the last candle between a forecast's inputs and its first target."""
    if one.input_end is None or one.first_opening is None:
        return None
    last = int(np.searchsorted(candles.time, one.first_opening)) - 1
    if last < 0 or candles.time[last] < one.input_end:
        return None
    return float(candles.close[last])


def _settled(candles: Candles, resolution: int, grid: Grid, now: int) -> dict[int, float]:
    """Return the closes of candles that are finished, and not about to be mended."""
    mended = ends(candles.time, resolution, grid) + MENDING_S <= now
    gap = (candles.flags & int(CandleFlag.GAP)) != 0
    partial = (candles.flags & int(CandleFlag.PARTIAL)) != 0
    ready = ~partial & (~gap | mended)
    return dict(zip(candles.time[ready].tolist(), candles.close[ready].tolist(), strict=True))
