"""What is called at a venue, on a thread beside the trader's loop; results are values.

Errors of the venue are results, too: nothing is raised into the pool.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from core.clock.times import now_ms
from core.errors import ExchangeRefused, TickcastError
from core.trading.accounts import Rate
from core.trading.instruments import Instrument
from core.venues.account import VenueAccount, VenuePrice, VenueReading, VenueSnapshot
from core.venues.questions import Answer
from core.venues.refused_call import RefusedCall
from core.venues.trades import TradeAnswer, TradingVenue, VenueCommand
from tasks.trading.venues.known import Known, instrument_of_venue, middle
from trading.rates import find_rate


class ReadDone(msgspec.Struct, frozen=True, kw_only=True):
    """A whole look at an account; `balance` is None where it moved meanwhile."""

    account: VenueAccount
    reading: VenueReading
    balance: Decimal | None
    instruments: dict[str, Instrument]
    rates: dict[str, Rate]

    @property
    def snapshot(self) -> VenueSnapshot:
        """Return what is shown of it."""
        return VenueSnapshot(
            read_at=self.reading.read_at,
            account=self.account,
            positions=self.reading.positions,
            orders=self.reading.orders,
        )


class TradeDone(msgspec.Struct, frozen=True):
    """An order was sent, or not; this is what came back."""

    order_id: int
    answer: TradeAnswer


class Quoted(msgspec.Struct, frozen=True):
    """The price of a symbol, asked for at an instant; None where the venue gave none."""

    symbol: str
    asked_at: int
    price: VenuePrice | None
    instrument: Instrument | None
    rate: Rate | None


class Answered(msgspec.Struct, frozen=True):
    """A question was answered."""

    question_id: int
    answer: Answer


class Failed(msgspec.Struct, frozen=True):
    """A look at an account failed."""

    error: Answer


Done = ReadDone | TradeDone | Quoted | Answered | Failed


def read_account(venue: TradingVenue, known: Known, since: int) -> Done:
    """Look at all of an account."""
    try:
        before = venue.account()
        reading = venue.reading(since)
        account = venue.account()
        symbols = {one.symbol for one in reading.positions}
        instruments = {name: _instrument(venue, known, name) for name in sorted(symbols)}
        found = {name: one for name, one in instruments.items() if one is not None}
        rates = _rates(venue, known, account.currency, [one.quote for one in found.values()])
    except TickcastError as error:
        return Failed(refusal(error))
    same = before.balance == account.balance
    return ReadDone(
        account=account,
        reading=reading,
        balance=account.balance if same else None,
        instruments=found,
        rates=rates,
    )


def send_once(venue: TradingVenue, order_id: int, command: VenueCommand, send_by: float) -> Done:
    """Send a command, once, not after an instant (monotonic)."""
    try:
        return TradeDone(order_id, venue.trade(command, send_by))
    except Exception as error:
        return TradeDone(order_id, TradeAnswer(state="unknown", code=type(error).__name__[:32]))


def quote(venue: TradingVenue, known: Known, symbol: str, currency: str) -> Done:
    """Ask what a symbol costs now, by which steps it is traded, and what its quote is worth."""
    try:
        instrument = _instrument(venue, known, symbol)
        asked_at = now_ms()
        price = venue.price(symbol)
        quotes = [] if instrument is None else [instrument.quote]
        rates = _rates(venue, known, currency, quotes)
    except TickcastError:
        return Quoted(symbol, now_ms(), None, known.instruments.get(symbol), None)
    rate = None if instrument is None else rates.get(instrument.quote)
    return Quoted(symbol, asked_at, price, instrument, rate)


def answer_question(question_id: int, ask: Callable[[], object]) -> Done:
    """Answer a question by what a call returns."""
    try:
        body = msgspec.json.encode(ask()).decode()
    except TickcastError as error:
        return Answered(question_id, refusal(error))
    return Answered(question_id, Answer(body=body))


def refusal(error: TickcastError) -> Answer:
    """Return an error as the answer to a question."""
    if isinstance(error, RefusedCall):
        return Answer(status=error.call_status, error="venue_refused", detail=error.detail)
    return Answer(
        status=error.status if error.status >= 400 else 503,
        error=error.type,
        detail=error.detail,
        retry_after=error.retry_after,
    )


def _instrument(venue: TradingVenue, known: Known, symbol: str) -> Instrument | None:
    held = known.instruments.get(symbol)
    if held is not None:
        return held
    try:
        return instrument_of_venue(known.platform, venue.specification(symbol))
    except ExchangeRefused:
        return None


def _rates(
    venue: TradingVenue, known: Known, currency: str, quotes: Sequence[str]
) -> dict[str, Rate]:
    """Return what currencies are worth in the account's, by the venue's own prices."""
    now = now_ms()

    def pair(letters: str) -> Rate | None:
        try:
            return Rate(middle(venue.price(letters)), now)
        except TickcastError:
            return None

    found = {}
    for one in sorted(set(quotes)):
        held = known.rates.get(one)
        new = held is not None and now - held.at < 60_000
        rate = held if new and one != currency else find_rate(one, currency, now, pair)
        if rate is not None:
            found[one] = rate
    return found
