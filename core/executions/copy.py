"""What a position made of the signal that it copies: prediction, execution, what came of both.

R is the unit of the signal, how far its stop was from its price: lots change nothing. Instants
are epoch ms.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from core.clock.grids import PLAIN, Grid
from core.clock.openings import end_of
from core.executions.merge import Execution
from core.forecast_target import ForecastTarget
from core.multiple_testing import ERRORS_OF_95
from core.signals import BUY, risk_of

# A price so many spreads beyond the candle of its moment was not that market's.
BEYOND_SPREADS = 3


class PaperSignal(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed signal to buy or to sell, with its outcome: None until that is known.

    Openings are in s, `opening` that of the last candle of its horizon; `closed_at` (epoch ms) is
    not known of every outcome. `grid` is that on which its series' candles open.
    """

    seq: int
    platform: str
    symbol: str
    resolution: int
    horizon: int
    model: str
    model_hash: str
    made_at: int
    first_opening: int
    opening: int
    type: str
    current_price: float
    take_profit: float
    stop_loss: float
    costs_bps: float
    spread_bps: float
    pnl_percent: float | None
    exit: str | None
    closed_at: int | None = None
    grid: Grid = PLAIN

    @property
    def target(self) -> ForecastTarget:
        """Return the target that it belongs to."""
        return ForecastTarget(self.platform, self.symbol, self.resolution, self.horizon, self.model)

    @property
    def end(self) -> int:
        """When (s) its position ends at the latest."""
        return end_of(self.opening, self.resolution, self.grid)

    @property
    def sign(self) -> int:
        """1 of one to buy, -1 of one to sell."""
        return 1 if self.type == BUY else -1

    @property
    def risk(self) -> float:
        """The unit R."""
        return risk_of(self.current_price, self.stop_loss)

    @property
    def fee(self) -> float:
        """What a side costs besides the spread, as a share of the price."""
        return (self.costs_bps - self.spread_bps) / 20_000

    @property
    def paper_r(self) -> float | None:
        """What it earned by the rule for all, 0 where nobody could enter."""
        return None if self.pnl_percent is None else self.pnl_percent / 100 / self.risk

    def entry_at(self, step: int) -> int:
        """Return the first opening (s) of candles `step` long at or after it was made."""
        late = max(0, self.made_at - self.first_opening * 1_000)
        return self.first_opening + -(-late // (step * 1_000)) * step

    def paid(self, bid: float) -> float:
        """Return what a position is entered at where candles open at `bid`."""
        return bid * (1 + self.spread_bps / 10_000) if self.sign > 0 else bid

    def ended_at(self, bid: float) -> float:
        """Return what a position ends at where candles close at `bid`."""
        return bid if self.sign > 0 else bid * (1 + self.spread_bps / 10_000)

    def r_of(self, entry: float, exit_: float) -> float:
        """Return what a position earned at real prices, after the market's commission."""
        return math.expm1(self.sign * math.log(exit_ / entry) - 2 * self.fee) / self.risk


class PriceSpan(NamedTuple):
    """The lowest and the highest price of a candle."""

    low: float
    high: float

    def holds(self, price: float, spread: float) -> bool:
        """Say whether a price may be one of it; `spread` is a share of the price."""
        beyond = BEYOND_SPREADS * spread * price
        return self.low - beyond <= price <= self.high + beyond


class Seen(NamedTuple):
    """What the market showed of a position: the paper's open, the candles of entry and exit.

    `newest` is the last close that is known.
    """

    opened: float | None
    entry: PriceSpan | None
    exit: PriceSpan | None
    newest: float | None = None


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A position beside its signal; what is None cannot be said, or not yet.

    `r` is of a closed one, `open_r` what an open one stood at when it was looked at last.
    `implausible`: a price that was reported cannot have been the market's; it counts nowhere.
    `complete`: nothing that is still to come changes it, but another report.
    """

    exec_id: int
    seq: int
    slippage_bps: float | None = None
    delay_s: float | None = None
    r: float | None = None
    open_r: float | None = None
    paper_r: float | None = None
    implausible: bool = False
    complete: bool = False

    @property
    def gap_r(self) -> float | None:
        """What was earned less than on paper, below 0 if more was lost by copying."""
        return None if self.r is None or self.paper_r is None else self.r - self.paper_r


class CopySums(msgspec.Struct, frozen=True, kw_only=True):
    """Copies together. `gap_r` is the mean over signals, its interval as if these were apart.

    `open_r` is what the open ones stand at together, `worst_open_r` the worst of them.
    """

    n: int
    n_implausible: int
    slippage_bps_p50: float | None
    slippage_bps_p90: float | None
    delay_s_p50: float | None
    delay_s_p90: float | None
    n_gap: int
    gap_r: float | None
    gap_r_low: float | None
    gap_r_high: float | None
    open_r: float
    worst_open_r: float


def copy_of(
    exec_id: int, told: Execution, clock_suspect: bool, signal: PaperSignal, seen: Seen
) -> Copy:
    """Return a position beside its signal, by what the market showed of both."""
    opening, progress, spread = told.opening, told.progress, signal.spread_bps / 10_000
    over = progress.closed_at is not None and progress.exit_price is not None
    slippage = None
    if seen.opened is not None:
        reference = signal.paid(seen.opened)
        slippage = 1e4 * signal.sign * (opening.entry_price - reference) / reference
    still = progress.closed_at is None and seen.newest is not None
    prices = ((seen.entry, opening.entry_price), (seen.exit, progress.exit_price))
    return Copy(
        exec_id=exec_id,
        seq=signal.seq,
        slippage_bps=slippage,
        delay_s=None if clock_suspect else (opening.opened_at - signal.made_at) / 1_000,
        r=signal.r_of(opening.entry_price, progress.exit_price or 0.0) if over else None,
        open_r=(
            signal.r_of(opening.entry_price, signal.ended_at(seen.newest or 0.0)) if still else None
        ),
        paper_r=signal.paper_r,
        implausible=any(
            span is not None and price is not None and not span.holds(price, spread)
            for span, price in prices
        ),
        complete=over and signal.paper_r is not None and None not in seen[:3],
    )


def copy_sums(copies: Iterable[Copy]) -> CopySums:
    """Return what copies come to; implausible ones are counted and count nowhere else."""
    every = list(copies)
    told = [one for one in every if not one.implausible]
    slippage = _known(one.slippage_bps for one in told)
    delay = _known(one.delay_s for one in told)
    by_signal: dict[int, list[float]] = {}
    for one in told:
        if one.gap_r is not None:
            by_signal.setdefault(one.seq, []).append(one.gap_r)
    gaps = [statistics.fmean(some) for some in by_signal.values()]
    mean = statistics.fmean(gaps) if gaps else None
    standing = _known(one.open_r for one in told)
    half = ERRORS_OF_95 * statistics.stdev(gaps) / math.sqrt(len(gaps)) if len(gaps) > 1 else None
    return CopySums(
        n=len(told),
        n_implausible=len(every) - len(told),
        slippage_bps_p50=quantile(slippage, 0.5),
        slippage_bps_p90=quantile(slippage, 0.9),
        delay_s_p50=quantile(delay, 0.5),
        delay_s_p90=quantile(delay, 0.9),
        n_gap=len(gaps),
        gap_r=mean,
        gap_r_low=None if mean is None or half is None else mean - half,
        gap_r_high=None if mean is None or half is None else mean + half,
        open_r=math.fsum(standing),
        worst_open_r=min([0.0, *standing]),
    )


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return a quantile, linear between values; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
