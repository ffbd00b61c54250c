"""Prices of what an account at a venue holds, as the venue showed them last."""

from decimal import Decimal

from core.trading.accounts import Account, Price, Rate
from storage.venues.connections import ConnectionStore
from trading.money import ticks_down, ticks_up

# Until the next reading a price is the newest that there is (ms).
_FRESH_MS = 60_000


def venue_prices(
    connections: ConnectionStore, account: Account
) -> tuple[dict[str, Price], dict[str, Rate]]:
    """Return prices by `platform:symbol` and rates by currency, of the last reading; blocks.

    A rate follows from what the venue says that a position has earned at its price.
    """
    held = connections.by_number(account.account_id)
    shown = None if held is None else connections.snapshot(held.account_id, held.venue_account)
    if shown is None:
        return {}, {}
    by_id = {one.id: one for one in shown.positions}
    prices: dict[str, Price] = {}
    rates: dict[str, Rate] = {}
    for position in account.positions.values():
        found, instrument = by_id.get(position.venue_id or ""), position.instrument
        if found is None:
            continue
        now = found.current_price
        bid, ask = ticks_down(instrument, now), ticks_up(instrument, now)
        prices[str(instrument.market)] = Price(bid, ask, shown.read_at, _FRESH_MS)
        moved = (now - found.open_price) * found.volume * instrument.contract_size
        if found.side == "sell":
            moved = -moved
        if moved and found.profit / moved > 0:
            rates[instrument.quote] = Rate(round(found.profit / moved, 12), shown.read_at)
        elif position.cost:
            rate = Decimal(position.cost_account) / position.cost
            rates.setdefault(instrument.quote, Rate(round(rate, 12), shown.read_at))
    return prices, rates
