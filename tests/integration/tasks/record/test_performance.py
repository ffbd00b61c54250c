"""The record equals what anybody can compute anew from the ledger's rows and the candles."""

from dataclasses import replace
from decimal import Decimal, getcontext
from typing import Any

import msgspec
import numpy as np
import pytest

from core.answers.record import Performance, RecordScope
from core.forecast_target import ForecastTarget
from core.series import Series
from storage.candles.candle_columns import Candles
from storage.database import writing
from storage.ledger import append_only
from storage.ledger.ledger_rows import Missed
from storage.ledger.sealed_signals import SealedSignals
from storage.ledger.signal_rows import SealedSignal, SignalOutcome, Unsealed
from storage.stores import Stores
from tasks.record.performance import performance

EURUSD = ForecastTarget("mt5", "EURUSD", 900, 16, "barrier_signals")
GOLD = ForecastTarget("mt5", "XAUUSD", 3_600, 12, "barrier_signals")
START, DAYS, STEP = 1_772_409_600, 12, 300  # Monday, 2 March 2026
NOW = (START + DAYS * 86_400) * 1_000
SCOPE = RecordScope(days=30)
getcontext().prec = 40


def hold(stores: Stores, target: ForecastTarget, seed: int) -> Candles:
    """Store candles of five minutes that go nowhere, and those that the slot has of them."""
    rng, count = np.random.default_rng(seed), DAYS * 86_400 // STEP
    close = 1.1 * np.exp(np.cumsum(rng.normal(0, 4e-4, count)))
    opened = np.concatenate([[1.1], close[:-1]])
    high, low = np.maximum(opened, close) * 1.0002, np.minimum(opened, close) / 1.0002
    time = START + STEP * np.arange(count, dtype=np.int64)
    plain = np.zeros(count, np.int64)
    fine = Candles(time, opened, high, low, close, np.ones(count), np.full(count, -1), plain)
    stores.candles.write(Series(target.platform, target.symbol, STEP), fine)
    size = target.resolution // STEP
    groups = [column.reshape(-1, size) for column in (opened, high, low, close)]
    own = (groups[0][:, 0], groups[1].max(axis=1), groups[2].min(axis=1), groups[3][:, -1])
    rows = len(own[0])
    stores.candles.write(target.series, Candles(time[::size], *own, np.ones(rows),
                                                np.full(rows, -1), plain[:rows]))  # fmt: skip
    return fine


def signal(target: ForecastTarget, place: int, fine: Candles, **other: Any) -> Unsealed:
    """Return a signal from a slot's candle, with exits at 30 and 15 basis points."""
    first = START + place * target.resolution
    price = float(fine.close[place * target.resolution // STEP - 1])
    side = 1 if other.get("type", "buy") == "buy" else -1
    told: dict[str, Any] = {
        "type": "buy", "confidence": 0.6, "probability_hold": 0.1, "probability_buy": 0.6,
        "probability_sell": 0.3, "current_price": price, "take_profit": price * (1 + side * 0.003),
        "stop_loss": price * (1 - side * 0.0015), "expected_percent": 0.05, "costs_bps": 1.3,
        "spread_bps": 1.0, "reason": "So it is.", "model_hash": "a" * 64, "data_hash": "b" * 64,
        "side": "buy", "prior_hold": 0.4, "prior_buy": 0.3, "prior_sell": 0.3, "run_id": "a-run",
        "signal_id": f"{target.symbol}-{place}",
    }  # fmt: skip
    return Unsealed(
        target=target, first_opening=first, input_end=first,
        opening=first + (target.horizon - 1) * target.resolution,
        **told | other,
    )  # fmt: skip


def seal(stores: Stores, made: list[Unsealed], missed: list[Missed] | None = None) -> None:
    """Seal signals two seconds after each one's candle closed, in order of time."""
    with writing(stores.engine) as connection:
        append_only.lift(connection)  # the database's clock would not believe it
    for one in sorted(made, key=lambda one: one.first_opening):
        at = one.first_opening * 1_000 + 2_000
        assert SealedSignals(stores.engine, stores.heads, clock=lambda at=at: at).append([one]).rows
    if missed:
        SealedSignals(stores.engine, stores.heads, clock=lambda: NOW).append([], missed)


class Oracle:
    """Positions followed bar by bar, in decimal arithmetic."""

    def __init__(self, row: SealedSignal, fine: Candles) -> None:
        self.row = row
        self.side = 1 if row.type == "buy" else -1
        price, stop = Decimal(row.current_price), Decimal(row.stop_loss or 0)
        self.risk = abs(price - stop) / price
        self.spread = Decimal(row.spread_bps) / 10_000
        self.fees = (Decimal(row.costs_bps) - Decimal(row.spread_bps)) / 10_000
        self.marks: list[tuple[int, Decimal]] = []
        self.exit, self.earned = "", Decimal(0)
        self._follow(fine)

    def _follow(self, fine: Candles) -> None:
        row, ask = self.row, 1 + self.spread
        first = row.first_opening + STEP  # it was made two seconds too late for that one
        end, entered = row.opening + row.resolution, None
        for i in range((first - START) // STEP, len(fine.time)):
            if fine.time[i] >= end:
                break
            opened, high, low, close = (
                Decimal(float(column[i])) * (ask if self.side < 0 else 1)
                for column in (fine.open, fine.high, fine.low, fine.close)
            )
            if entered is None:
                entered = Decimal(float(fine.open[i])) * (ask if self.side > 0 else 1)
            stop, target = Decimal(row.stop_loss or 0), Decimal(row.take_profit or 0)
            beyond = low <= stop if self.side > 0 else high >= stop
            gained = high >= target if self.side > 0 else low <= target
            worst = min(opened, stop) if self.side > 0 else max(opened, stop)
            price = worst if beyond else target if gained else close
            self.exit = "stop_loss" if beyond else "take_profit" if gained else ""
            self.earned = (price / entered) ** self.side * (-self.fees).exp() - 1
            self.marks.append((int(fine.time[i]) + STEP, self.earned))
            if self.exit:
                return
        if self.marks and self.marks[-1][0] == end:
            self.exit = "time"

    @property
    def r(self) -> Decimal:
        return self.earned / self.risk


def expected(rows: list[SealedSignal], candles: dict[str, Candles]) -> dict[str, Any]:
    """Return the figures of rows; what has no outcome in the ledger counts as open."""
    told = [Oracle(row, candles[row.symbol]) for row in rows]
    done = [one for one in told if one.row.exit is not None]
    r = [Decimal(one.row.pnl_percent or 0) / 100 / one.risk for one in done]
    times = sorted({time for one in told for time, _ in one.marks})
    height = depth = worst = standing = Decimal(0)
    for time in times:
        total, standing = Decimal(0), Decimal(0)
        for one in told:
            marks = [mark for at, mark in one.marks if at <= time]
            if not marks:
                continue
            closed = one.row.exit is not None and len(marks) == len(one.marks)
            final = Decimal(one.row.pnl_percent or 0) / 100 if closed else marks[-1]
            total += final / one.risk
            standing += 0 if closed else final / one.risk
        height, worst = max(height, total), min(worst, standing)
        depth = max(depth, height - total)
    gains, losses = sum(x for x in r if x > 0), -sum(x for x in r if x < 0)
    bps = [Decimal(one.row.pnl_percent or 0) * 100 for one in done]
    said, prior = (sum(_score(one.row, name) for one in done) for name in ("probability", "prior"))
    hold = []
    for one in done:
        earned = Decimal(one.row.pnl_percent or 0) / 100
        if one.side < 0:  # the bid at which it ended, over the ask at which it began
            moved = (-one.fees).exp() / (1 + earned) / (1 + one.spread)
            earned = moved / (1 + one.spread) * (-one.fees).exp() - 1
        hold.append(earned * 10_000)
    return {
        "n_resolved": len(done),
        "n_open": len(told) - len(done),
        "win_rate": Decimal(sum(x > 0 for x in r)) / len(r),
        "profit_factor": gains / losses,
        "expectancy_r": sum(r) / len(r),
        "expectancy_bps": sum(bps) / len(r),
        "versus_hold_bps": (sum(bps) - sum(hold)) / len(r),
        "max_drawdown_r": depth,
        "worst_open_r": worst,
        "open_r": standing,
        "versus_prior": 1 - said / prior,
    }


def _score(row: SealedSignal, chances: str) -> Decimal:
    """Return the squared error of three chances of a signal, of which it is known what came."""
    return sum(
        (Decimal(getattr(row, f"{chances}_{word}")) - (row.label == word)) ** 2
        for word in ("hold", "buy", "sell")
    ) or Decimal(0)


@pytest.fixture
def candles(stores: Stores) -> dict[str, Candles]:
    """Candles of two slots that are offered."""
    stores.slots.offer([EURUSD, GOLD])
    return {one.symbol: hold(stores, one, seed) for seed, one in enumerate((EURUSD, GOLD))}


@pytest.fixture
def sealed(stores: Stores, candles: dict[str, Candles]) -> list[SealedSignal]:
    """Forty signals, those that ended with their outcome, the last of each slot still open."""
    rng, made = np.random.default_rng(5), []
    for target, count in ((EURUSD, 24), (GOLD, 16)):
        last = DAYS * 86_400 // target.resolution
        places = {*rng.choice(np.arange(1, last - 20), count - 3, replace=False).tolist(),
                  last - 1, last - 2, last - 3}  # fmt: skip
        made += [
            signal(target, place, candles[target.symbol], type=str(rng.choice(["buy", "sell"])))
            for place in sorted(places)
        ]
        made += [signal(target, last - 40 - n, candles[target.symbol], type="hold",
                        signal_id=f"hold-{target.symbol}-{n}") for n in range(3)]  # fmt: skip
    seal(stores, list({(one.target, one.opening): one for one in made}.values()))
    rows = stores.sealed.pending(2**40)
    told = [Oracle(row, candles[row.symbol]) for row in rows if row.type != "hold"]
    stores.sealed.record_outcomes(
        [
            SignalOutcome(
                one.row.seq, float(100 * one.earned), one.exit, ("hold", "buy", "sell")[n % 3]
            )
            for n, one in enumerate(told)
            if one.exit
        ]
    )
    everything, more = stores.sealed.page({}, 0, 2**40, 1_000)
    assert not more
    return [row for row in everything if row.type != "hold"]


def check(found: Any, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        assert getattr(found, name) == pytest.approx(float(value), abs=1e-9), name


def test_every_figure_equals_one_computed_anew_from_rows_and_candles(
    stores: Stores, candles: dict[str, Candles], sealed: list[SealedSignal]
) -> None:
    found = performance(stores, SCOPE, NOW)
    assert [(row.symbol, row.resolution) for row in found.rows] == [("EURUSD", 900),
                                                                    ("XAUUSD", 3_600)]  # fmt: skip
    for row in found.rows:
        mine = [one for one in sealed if one.symbol == row.symbol]
        check(row.signals, expected(mine, candles))
        assert row.signals.n_open > 0
        assert row.signals.n == len(mine) + 3
        assert row.signals.n_directional == len(mine)
        low, high = row.signals.win_rate_low, row.signals.win_rate_high
        assert low is not None
        assert high is not None
        assert low < (row.signals.win_rate or 0) < high
        assert (row.signals.p_value, row.signals.verdict) == (1.0, "unproven")
    assert 0 <= (found.rows[0].signals.random_entry_percentile or -1) <= 100
    check(found.signals, expected(sealed, candles))
    assert found.head.count == stores.sealed.head().count
    assert found.head.hash == stores.sealed.head().hash

    # A window holds what was sealed in it, and a scope its slots.
    week = performance(stores, RecordScope(days=7), NOW)
    since = NOW - 7 * 86_400_000
    assert week.signals.n_directional == sum(row.made_at >= since for row in sealed)
    gold = performance(stores, RecordScope(days=30, slots=[("XAUUSD", 3_600)]), NOW)
    assert [row.symbol for row in gold.rows] == ["XAUUSD"]
    check(gold.signals, expected([row for row in sealed if row.symbol == "XAUUSD"], candles))


def test_a_loss_of_five_r_shows_while_all_of_it_is_still_open(
    stores: Stores, candles: dict[str, Candles]
) -> None:
    fine = candles["EURUSD"]
    level = np.full(36, float(fine.close[-37]))
    level[-3:] *= 1 - 0.0013  # close to the stops of all, which no candle touches
    flat = {name: np.concatenate([getattr(fine, name)[:-36], level])
            for name in ("open", "high", "low", "close")}  # fmt: skip
    flat["high"][-36:], flat["open"][-2:] = level[0], level[-1]
    fallen = replace(fine, **flat)
    stores.candles.write(Series("mt5", "EURUSD", STEP), fallen)
    last = DAYS * 96
    seal(stores, [signal(EURUSD, last - n, fallen) for n in range(3, 10)])
    found = performance(stores, SCOPE, NOW).signals
    rows, _ = stores.sealed.page({}, 0, 2**40, 100)
    wanted = sum(Oracle(row, fallen).r for row in rows)
    assert wanted < -5
    assert found.n_open == 7
    assert found.open_r == pytest.approx(float(wanted), abs=1e-9)
    assert found.worst_open_r == pytest.approx(float(wanted), abs=1e-9)
    assert found.max_drawdown_r == pytest.approx(-float(wanted), abs=1e-9)


def test_misses_retired_slots_and_former_models_stay_in_the_record(
    stores: Stores, candles: dict[str, Candles]
) -> None:
    fine = candles["EURUSD"]
    never = msgspec.structs.replace(GOLD, symbol="GBPUSD")
    day = START + 86_400
    seal(stores, [signal(EURUSD, 50, fine)], [Missed(EURUSD, day, day + 85_500, 96, "no_candle")])
    newer = signal(EURUSD, DAYS * 96 - 60, fine, model_hash="c" * 64)
    late = [Missed(EURUSD, NOW // 1_000, NOW // 1_000 + 900, 2, "late"),
            Missed(never, NOW // 1_000, NOW // 1_000, 1, "no_model")]  # fmt: skip
    seal(stores, [newer, signal(GOLD, 50, candles["XAUUSD"])], late)
    stores.slots.offer([EURUSD, never])
    found = performance(stores, SCOPE, NOW)
    rows = {(row.symbol, row.model_hash[:1]): row for row in found.rows}
    assert (rows["XAUUSD", "a"].retired, rows["EURUSD", "a"].retired) == (True, False)
    missed = {name: row.signals.n_missed for name, row in rows.items()}
    assert missed == {("EURUSD", "a"): 96, ("EURUSD", "c"): 2, ("GBPUSD", ""): 1,
                      ("XAUUSD", "a"): 0}  # fmt: skip
    assert (rows["EURUSD", "a"].signals.coverage, rows["GBPUSD", ""].signals.coverage) == (
        1 / 97,
        0,
    )
    assert found.signals.n_missed == 99


def test_without_a_signal_a_record_is_empty(stores: Stores) -> None:
    found = performance(stores, SCOPE, NOW)
    assert isinstance(found, Performance)
    assert found.rows == []
    assert (found.signals.n, found.signals.coverage, found.signals.win_rate) == (0, None, None)
