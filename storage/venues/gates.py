"""The gates before trading at a venue: which one is shut."""

from core.trading.accounts import PAPER
from core.trading.decisions import TradingConfig
from storage.venues.connections import Connection

# A real account's first trades are each confirmed by a person.
CONFIRMED_TRADES = 20


def missing_gate(connection: Connection | None, now: int, *, server_live: bool) -> str | None:
    """Return the first gate before real money that is shut at `now` (epoch ms), None if none is.

    What the account's own configuration says (`paper_trading`) comes after these.
    """
    if not server_live:
        return "TICKCAST_TRADING_LIVE"
    if connection is None or connection.venue == PAPER:
        return "connection"
    if connection.investor:
        return "investor_mode"
    if not connection.trade_allowed:
        return "trade_allowed"
    return None if connection.live(now) else "live_enabled"


def order_gate(
    connection: Connection | None,
    config: TradingConfig,
    trades: int,
    now: int,
    *,
    server_live: bool,
) -> str | None:
    """Return the first gate before an order at a venue that is shut, None if none is.

    A demo account needs to be one that may trade. `trades` is how many a real one has begun.
    """
    if connection is not None and connection.venue != PAPER and not connection.real:
        if connection.investor:
            return "investor_mode"
        return None if connection.trade_allowed else "trade_allowed"
    missing = missing_gate(connection, now, server_live=server_live)
    if missing is None and config.paper_trading:
        return "paper_trading"
    if missing is None and trades < CONFIRMED_TRADES and not config.require_confirmation:
        return "require_confirmation"
    return missing
