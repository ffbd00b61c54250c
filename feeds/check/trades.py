"""Are the trades that an exchange gives over REST whole, and do their ids count up by one?"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from core.clock.resolutions import MINUTE
from core.clock.times import parse_time
from core.errors import InvalidRequest
from feeds.check.report import Finding, judged
from feeds.connector import FetchedTrade
from feeds.exchange_trades import ExchangeTrades

PROBE = "trades by REST"
PAGE = 1_000
MOST_PAGES = 20
_EDGES = 2


def fetch_newest(exchange: ExchangeTrades, symbol: str, newest: int) -> list[FetchedTrade]:
    """Return trades up to id `newest`, by id: with one whole minute, or 20,000 at most.

    Raises `ExchangeUnavailable` or `ExchangeRefused` as the exchange does.
    """
    found: dict[int, FetchedTrade] = {}
    minutes: set[int | None] = {None}
    last = newest
    for _ in range(MOST_PAGES):
        first = max(0, last - PAGE + 1)
        page = [row for rows in exchange.pages(symbol, first, last) for row in rows]
        found |= {row.trade_id: row for row in page}
        minutes |= {minute_of(row) for row in page}
        # The first and the last minute may lack trades; None stands for times that are none.
        if not page or first == 0 or len(minutes) > _EDGES + 1:
            break
        last = first - 1
    return [found[trade_id] for trade_id in sorted(found)]


def minute_of(trade: FetchedTrade) -> int | None:
    """Return the opening (s) of the minute of a trade, None if its time is none."""
    try:
        return parse_time(trade.time, "time") // (1_000 * MINUTE) * MINUTE
    except InvalidRequest:
        return None


def judge_trades(trades: Sequence[FetchedTrade]) -> Finding:
    """Judge trades as REST told them."""
    if not trades:
        failures = ["it has no trade over REST though the feed told of some"]
        return judged(PROBE, failures, [], "")
    failures = [f"trade {row.trade_id} has {fault}" for row in trades if (fault := _fault(row))]
    fine = f"{len(trades):,} trades came and could be read."
    return judged(PROBE, failures[:3], [], fine)


def _fault(trade: FetchedTrade) -> str | None:
    if minute_of(trade) is None:
        return f"no time but {str(trade.time)[:40]!r}"
    for name, text in (("price", trade.price), ("size", trade.size)):
        if not _is_positive(text):
            return f"no {name} but {text[:40]!r}"
    return None


def _is_positive(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and number > 0
