"""What goes into the chain of signals and what comes out of it."""

from typing import Any

import msgspec

from core.clock.grids import PLAIN, Grid
from core.clock.openings import end_of
from core.forecast_target import ForecastTarget
from core.signals import GRACE_MS
from storage.ledger.ledger_rows import columns_of


class SignalSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a signal says, before it is sealed, in its row, and in answers.

    `side` is the one that earns more, also of a hold, whose exits are then those that
    side would have had. What came later is None in rows of earlier versions.
    """

    type: str
    confidence: float
    probability_hold: float
    probability_buy: float
    probability_sell: float
    current_price: float
    take_profit: float | None
    stop_loss: float | None
    expected_percent: float
    costs_bps: float
    spread_bps: float
    reason: str
    signal_id: str
    model_hash: str
    data_hash: str
    side: str | None = None
    probability_tp: float | None = None
    probability_sl: float | None = None
    prior_hold: float | None = None
    prior_buy: float | None = None
    prior_sell: float | None = None
    range_low: float | None = None
    range_high: float | None = None
    regime: str | None = None
    volatility_regime: str | None = None
    verdict: str | None = None
    run_id: str | None = None


class SignalFields(SignalSaid, frozen=True, kw_only=True):
    """A signal and its candles; openings in seconds, `opening` that of the horizon's last."""

    opening: int
    first_opening: int
    input_end: int


class Unsealed(SignalFields, frozen=True, kw_only=True):
    """A signal before it is sealed."""

    target: ForecastTarget

    def values(self, made_at: int) -> dict[str, Any]:
        """Return its columns."""
        return columns_of(self) | {"made_at": made_at}


class SealedSignal(SignalFields, frozen=True, kw_only=True):
    """A row of the chain; `made_at` in epoch ms.

    `pnl_percent` and `exit` are what a position on its side earned after costs and how
    it ended, `label` which of buy's and sell's barriers came first (hold: neither),
    `closed_at` (epoch ms) the end of the finest candle in which it closed, which
    earlier versions did not keep; all are None until the outcome was recorded.
    `grid`, which is not sealed, is that of its series: `SeriesFactsStore.on_grids` sets it.
    """

    seq: int
    made_at: int
    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str
    prev_hash: str
    hash: str
    pnl_percent: float | None = None
    exit: str | None = None
    label: str | None = None
    closed_at: int | None = None
    grid: Grid = PLAIN

    @property
    def target(self) -> ForecastTarget:
        """Return the target that it belongs to."""
        return ForecastTarget(self.platform, self.symbol, self.resolution, self.horizon, self.model)

    @property
    def first_close(self) -> int:
        """Return when its first candle closes (s): the next signal is made then."""
        return end_of(self.first_opening, self.resolution, self.grid)

    @property
    def end(self) -> int:
        """Return when its last candle closes (s), and with it its position at the latest."""
        return end_of(self.opening, self.resolution, self.grid)

    def is_stale(self, now: int) -> bool:
        """Say whether a later candle has closed and had time to be spoken of (`now` in s)."""
        return now >= self.stale_from

    @property
    def stale_from(self) -> int:
        """Return from when on it is (s)."""
        return self.first_close + GRACE_MS // 1_000


class Sealed(msgspec.Struct, frozen=True):
    """What became of signals: entered, or refused as too late."""

    rows: list[SealedSignal]
    late: int


class SignalOutcome(msgspec.Struct, frozen=True):
    """What came of the signal `seq`; see `SealedSignal`. Without any candle there is no label."""

    seq: int
    pnl_percent: float
    exit: str
    label: str | None
    closed_at: int | None = None
