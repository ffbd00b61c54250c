"""What holding a position over night costs: at 17:00 in New York, on Wednesdays for three."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.trading.accounts import Account
from core.trading.events import Swapped, Timed
from trading.money import converted, nights, swapped
from trading.valuation import rate_of

_NEW_YORK = ZoneInfo("America/New_York")
_CLOSE = time(17)
# Nights by weekday, Monday first: the settlement of Wednesday covers the weekend.
_NIGHTS = (1, 1, 3, 1, 1, 0, 0)
# So many days at most are made up for at once.
_MOST_DAYS = 400


def rollovers(after: int, until: int) -> list[tuple[int, int]]:
    """Return (epoch ms, nights) of each close of New York in `(after, until]`."""
    day = datetime.fromtimestamp(after / 1_000, _NEW_YORK).date()
    found = []
    for _ in range(_MOST_DAYS):
        at = _close_of(day)
        if at > until:
            break
        if at > after and _NIGHTS[day.weekday()]:
            found.append((at, _NIGHTS[day.weekday()]))
        day += timedelta(days=1)
    return found


def nights_charged(account: Account, timed: Timed) -> list[Swapped]:
    """Return what each position is charged for the closes that passed since the last look."""
    found = []
    for position in account.positions.values():
        instrument = position.instrument
        each = instrument.swap_long if position.side == "buy" else instrument.swap_short
        rate = rate_of(timed.rates, instrument.quote, account.currency)
        since = max(position.opened_at, position.swapped_until)
        if not each or rate is None:
            continue
        for at, count in rollovers(since, timed.at):
            units = converted(nights(each, instrument, position.volume, count), rate)
            found.append(
                Swapped(at=at, position_id=position.id, nights=count, postings=swapped(units))
            )
    return found


def _close_of(day: date) -> int:
    local = datetime.combine(day, _CLOSE, _NEW_YORK)
    return int(local.astimezone(UTC).timestamp()) * 1_000
