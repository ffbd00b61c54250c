"""Sealed signals as they are decided of, by the trader or because somebody asks."""

from decimal import Decimal

from core.models import exits_of
from core.signals import BUY, HOLD, enter_by
from core.trading.decisions import Offer
from storage.ledger.signal_rows import SealedSignal


def offer_of(row: SealedSignal) -> Offer:
    """Return a sealed signal as it is decided of."""
    side = None if row.side is None else ("buy" if row.side == BUY else "sell")
    mine = row.probability_buy if side == "buy" else row.probability_sell
    either = row.probability_buy + row.probability_sell
    chance, baseline = _first_chance(row)
    return Offer(
        signal_id=row.signal_id,
        seq=row.seq,
        hash=row.hash,
        platform=row.platform,
        symbol=row.symbol,
        acts=row.type != HOLD,
        side=side,  # type: ignore[arg-type]
        confidence=mine / either if either > 0 else 0.0,
        stop_loss=_exact(row.stop_loss),
        take_profit=_exact(row.take_profit),
        verdict=row.verdict,
        reason=row.reason,
        valid_until=1_000 * enter_by(row.first_opening, row.resolution),
        prob_tp_first=chance,
        baseline=baseline,
    )


def _first_chance(row: SealedSignal) -> tuple[float | None, float | None]:
    """Return the chance that the profit comes first where either exit does, with and without
    skill: a price that goes nowhere meets the nearer one more often.
    """
    exits = exits_of(row.model)
    baseline = exits.risk / (exits.risk + exits.reward)
    if row.probability_tp is None or row.probability_sl is None:
        return None, baseline
    either = row.probability_tp + row.probability_sl
    return (row.probability_tp / either if either > 0 else None), baseline


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
