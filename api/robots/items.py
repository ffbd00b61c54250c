"""Sealed signals in the words of robots."""

import math

from api.robots.schemas import AccountSignal, ScanItem, SignalOutcomeShown, SlotSignal
from api.robots.words import WORDS, model_version
from core.clock.resolutions import timeframe_code
from core.clock.times import format_time
from core.signals import HOLD, enter_by, risk_of
from storage.ledger.signal_rows import SealedSignal

_EXITS = {"take_profit": "tp", "stop_loss": "sl", "time": "time", "not_entered": "not_entered"}
_UNKNOWN = "unknown"


def scan_item(row: SealedSignal, digits: int | None, now: int) -> ScanItem:
    """Return a signal as a scan shows it; prices have the market's digits."""

    def price(value: float | None) -> float | None:
        if value is None:
            return None
        # Of unknown digits ten that say something are kept, and no noise of arithmetic.
        return float(f"{value:.10g}") if digits is None else round(value, digits)

    buy, sell, neither = _chances(row)
    exits = (None, None) if row.type == HOLD else (row.take_profit, row.stop_loss)
    entry = enter_by(row.first_opening, row.resolution)
    return ScanItem(
        symbol=row.symbol,
        timeframe=timeframe_code(row.resolution),
        signal=WORDS[row.type],  # type: ignore[arg-type]
        confidence=round(row.confidence, 4),
        prob_buy=buy,
        prob_sell=sell,
        prob_no=neither,
        regime=row.regime or _UNKNOWN,
        expected_rr=expected_rr(row),
        ts=_time(row.input_end),
        model_v=model_version(row.symbol, row.resolution, row.model_hash),
        pred_id=row.seq,
        ts_unix=row.input_end,
        created_at=_time(row.made_at // 1_000),
        enter_by=_time(entry),
        enter_by_unix=entry,
        exit_by=_time(row.end),
        exit_by_unix=row.end,
        ref_price=price(row.current_price) or row.current_price,
        tp=price(exits[0]),
        sl=price(exits[1]),
        spread_max=spread_max(row),
        range_low=price(row.range_low),
        range_high=price(row.range_high),
        horizon=row.horizon,
        platform=row.platform,
        stale=row.is_stale(now),
        reason=row.reason,
        verdict=row.verdict or "unproven",
    )


def slot_signal(row: SealedSignal) -> SlotSignal:
    """Return a signal as its slot's history shows it."""
    return SlotSignal(
        ts=_time(row.input_end),
        signal=WORDS[row.type],  # type: ignore[arg-type]
        confidence=round(row.confidence, 4),
        regime=row.regime or _UNKNOWN,
        expected_rr=expected_rr(row),
        pred_id=row.seq,
        created_at=_time(row.made_at // 1_000),
        outcome=_outcome(row),
        model_v=model_version(row.symbol, row.resolution, row.model_hash),
    )


def account_signal(row: SealedSignal) -> AccountSignal:
    """Return a signal as its account's list shows it."""
    buy, sell, neither = _chances(row)
    return AccountSignal(
        symbol=row.symbol,
        timeframe=timeframe_code(row.resolution),
        signal=WORDS[row.type],  # type: ignore[arg-type]
        confidence=round(row.confidence, 4),
        prob_buy=buy,
        prob_sell=sell,
        prob_no=neither,
        regime=row.regime or _UNKNOWN,
        expected_rr=expected_rr(row),
        ts=_time(row.input_end),
        created_at=_time(row.made_at // 1_000),
        model_v=model_version(row.symbol, row.resolution, row.model_hash),
        pred_id=row.seq,
        outcome=_outcome(row),
    )


def _chances(row: SealedSignal) -> tuple[float, float, float]:
    """Return the chances of buy, sell and neither, which add up to 1."""
    buy, sell = round(row.probability_buy, 4), round(row.probability_sell, 4)
    return buy, sell, max(round(1 - buy - sell, 4), 0.0)


def expected_rr(row: SealedSignal) -> float:
    """Return gain by loss of the better side, after costs; 0 where no exits were sealed."""
    if row.take_profit is None or row.stop_loss is None:
        return 0.0
    costs = row.costs_bps / 10_000
    gain, loss = (_distance(row, price) for price in (row.take_profit, row.stop_loss))
    return round((gain - costs) / (loss + costs), 4)


def spread_max(row: SealedSignal) -> float:
    """Return the spread, in price, that eats up what is expected; 0 where nothing is."""
    bps = 100 * row.expected_percent + row.spread_bps
    return float(f"{max(bps, 0.0) / 10_000 * row.current_price:.6g}")


def _distance(row: SealedSignal, price: float) -> float:
    return abs(math.log(price / row.current_price))


def _outcome(row: SealedSignal) -> SignalOutcomeShown | None:
    if row.exit is None or row.pnl_percent is None:
        return None
    exit_ = _EXITS[row.exit]
    result = "profit" if row.pnl_percent > 0 else "loss"
    risked = risk_of(row.current_price, row.stop_loss or row.current_price)
    return SignalOutcomeShown(
        result="not_entered" if exit_ == "not_entered" else result,  # type: ignore[arg-type]
        exit=exit_,  # type: ignore[arg-type]
        r=round(row.pnl_percent / 100 / risked, 4) if risked else 0.0,
        pnl_bps=round(100 * row.pnl_percent, 2),
        closed_at=_closed_at(row),
    )


def _closed_at(row: SealedSignal) -> str | None:
    """Return when a position closed; of an early exit earlier versions kept no time."""
    if row.closed_at is not None:
        return format_time(row.closed_at)
    return _time(row.end) if row.exit == "time" else None


def _time(seconds: int) -> str:
    return format_time(seconds * 1_000)
