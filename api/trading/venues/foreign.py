"""Positions that are held beside ours at a venue, as answers tell them."""

from api.trading.schemas import HeldPosition, Unrealised
from core.clock.times import format_time
from core.trading.accounts import MONEY, Account, ForeignPosition


def foreign_positions(account: Account, equity: int) -> list[HeldPosition]:
    """Return the positions of an account that were not opened here."""
    where = account.at_venue
    return [_shown(one, where.venue, equity) for one in where.foreign] if where else []


def _shown(one: ForeignPosition, venue: str, equity: int) -> HeldPosition:
    shown, value = one.shown, one.value or 0
    return HeldPosition(
        id=shown.id,
        symbol=shown.symbol,
        platform=venue,
        direction="long" if shown.side == "buy" else "short",
        volume=float(shown.volume),
        open_price=float(shown.open_price),
        current_price=float(shown.current_price),
        price_age_s=None,
        stale=True,
        stop_loss=None if shown.stop_loss is None else float(shown.stop_loss),
        take_profit=None if shown.take_profit is None else float(shown.take_profit),
        notional=value / MONEY,
        exposure_pct=round(100 * value / equity, 4) if equity > 0 else 0.0,
        unrealised=Unrealised(float(shown.profit), float(shown.profit)),
        swap=float(shown.swap),
        commission=float(shown.commission),
        opened_at=format_time(shown.opened_at),
        decision_id=None,
        signal=None,
        override=False,
        foreign=True,
    )
