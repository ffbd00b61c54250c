"""An account of trading: its books, what it holds and what it may do.

Money is whole units of 1e-8 of a currency; instants are epoch milliseconds UTC.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from core.clock.resolutions import DAY
from core.series import Market
from core.trading.instruments import Instrument
from core.trading.orders import Order, Side
from core.venues.account import VenuePosition

# Units of money in one of a currency.
MONEY = 100_000_000
DAY_MS = DAY * 1_000
CASH, POSITION_COST, REALISED = "cash", "position_cost", "realised"
COMMISSION, SWAP, DEPOSIT = "commission", "swap", "deposit"
BOOKS = (CASH, POSITION_COST, REALISED, COMMISSION, SWAP, DEPOSIT)

TradingState = Literal["ACTIVE", "REDUCING", "HALTED"]
# From the mildest to the strictest.
STATES: tuple[TradingState, ...] = ("ACTIVE", "REDUCING", "HALTED")
PAPER = "paper"
# Accounts at venues are numbered `owner + k * 2**44`, k from 1; the owner's paper account `owner`.
_OWNERS = 1 << 44


def venue_account_number(owner: int, nth: int) -> int:
    """Return the number of an owner's nth account at a venue, from 1."""
    return owner + nth * _OWNERS


def is_at_venue(account_id: int) -> bool:
    """Say whether a number is that of an account at a venue."""
    return account_id >= _OWNERS


def owner_of(account_id: int) -> int:
    """Return whose an account is: the number of its owner's paper account."""
    return account_id % _OWNERS if is_at_venue(account_id) else account_id


class Position(msgspec.Struct, kw_only=True):
    """What an account holds of a market: whole steps on one side.

    `cost` is the sum of price x volume in quote money, `cost_account` the same in account money
    at the rates of the fills. `signal_seq` and what follows are of the order that opened it.
    `venue_id` is what its venue calls it, `gap_bps` as of the fill that began it.
    """

    id: int
    instrument: Instrument
    side: Side
    volume: int
    cost: int
    cost_account: int
    opened_at: int
    stop_loss: int | None = None
    take_profit: int | None = None
    risk: int = 0
    commission: int = 0
    swap: int = 0
    swapped_until: int = 0
    decision_id: str | None = None
    signal_seq: int | None = None
    signal_hash: str | None = None
    override: bool = False
    venue_id: str | None = None
    gap_bps: Decimal | None = None


class ForeignPosition(msgspec.Struct, frozen=True):
    """A position of an account at a venue that was not opened here: counted, never touched.

    `value` is what it was worth in account money as it was first seen, None where nobody knew.
    """

    shown: VenuePosition
    value: int | None


class AtVenue(msgspec.Struct, kw_only=True):
    """What is known of an account at a venue beside its books.

    `hedging` says that each order opens a position of its own there. `ended` (ids of orders),
    `closed` (positions) and `booked` (deals) say when each came to its end (epoch ms).
    `accepted` are differences that whoever resumed took as they are.
    """

    venue: str
    hedging: bool = True
    foreign: list[ForeignPosition] = []
    differences: list[tuple[str, str]] = []
    accepted: list[tuple[str, str]] = []
    ended: dict[str, int] = {}
    closed: dict[str, int] = {}
    booked: dict[str, int] = {}


class Account(msgspec.Struct, kw_only=True):
    """The state of an account: what follows from its events, and nothing else.

    `at_venue` is None of a paper account.

    `peak` is the greatest equity seen at an event, `day_equity` the first of `day` (days since
    1970, UTC). `stops` are when each market was last left by its stop, `losses` how many losses
    in a row it has had.
    """

    account_id: int
    currency: str
    leverage: int
    state: TradingState = "ACTIVE"
    reason: str = ""
    books: dict[str, int] = msgspec.field(default_factory=lambda: dict.fromkeys(BOOKS, 0))
    orders: dict[int, Order] = {}
    positions: dict[int, Position] = {}
    peak: int = 0
    day: int = 0
    day_equity: int | None = None
    day_trades: int = 0
    minute_orders: list[int] = []
    stops: dict[str, int] = {}
    losses: dict[str, int] = {}
    at_venue: AtVenue | None = None

    @property
    def balance(self) -> int:
        """Return deposits and all that was realised, less costs."""
        return self.books[CASH] + self.books[POSITION_COST]

    def position_in(self, market: Market) -> Position | None:
        """Return what is held of a market: one position at most (netting)."""
        held = self.positions.values()
        return next((one for one in held if one.instrument.market == market), None)

    def trades_on(self, now: int) -> int:
        """Return how many trades were begun on the day of an instant, UTC."""
        return self.day_trades if now // DAY_MS == self.day else 0


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an order is checked against; shares are of equity. The owner's settings.

    `symbols` are those that may be traded, with or without their platform; empty: all.
    """

    notional: float = 0.10
    gross: float = 1.0
    per_symbol: float = 0.5
    risk_per_trade: float = 0.02
    daily_loss: float = 0.05
    drawdown: float = 0.20
    trades_a_day: int = 5
    orders_a_minute: int = 10
    open_positions: int = 5
    price_band: float = 0.05
    spreads: float = 10.0
    cooldown_s: int = 0
    losses_in_a_row: int = 0
    needs_stop: bool = True
    symbols: tuple[str, ...] = ()

    def allows(self, market: Market) -> bool:
        """Say whether a market may be traded."""
        return not self.symbols or market.symbol in self.symbols or str(market) in self.symbols


class Price(msgspec.Struct, frozen=True):
    """Bid and ask of a market in ticks, and when (epoch ms) and until when it may be old (ms)."""

    bid: int
    ask: int
    at: int
    fresh_ms: int = 10_000


class Rate(msgspec.Struct, frozen=True):
    """What one of a currency is worth in the account's, and when that was."""

    value: Decimal
    at: int


class Tick(msgspec.Struct, frozen=True):
    """A price that may fill orders: bid and ask in ticks at an instant (epoch ms).

    `traded` says that both were made of a trade's price: a limit must then be passed, since
    touching it is not enough. `low` and `high` are of a candle's bids, whose other prices are
    those of its opening.
    """

    at: int
    bid: int
    ask: int
    traded: bool = False
    low: int | None = None
    high: int | None = None


class HeldPrice(msgspec.Struct, frozen=True):
    """What is still held of a market at an instant; None where nothing is."""

    bid: float | None = None
    ask: float | None = None
    trade: float | None = None


class Verdict(msgspec.Struct, frozen=True):
    """Whether an order is accepted; if not, by which limit and why."""

    accepted: bool
    limit: str = ""
    detail: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a position that a fill ended: when it began, what it had cost and risked.

    `cost` is in quote money, the rest in account money.
    """

    side: Side
    opened_at: int
    cost: int
    risk: int
    commission: int
    swap: int
    decision_id: str | None = None
    signal_seq: int | None = None
    signal_hash: str | None = None
    override: bool = False
    gap_bps: Decimal | None = None


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an order that was carried out.

    `side` and `volume` (steps) are what was bought or sold at `price` (ticks), `slippage` of them
    included. `exit` says how a position ended by it (`order`, `stop_loss`, `take_profit`,
    `stop_out`, at a venue also `venue`), or "" where none did. `liquidity` is `assumed` where the
    size at the price was not known. `venue_id` is the position at the venue, `deals` its fills that
    are in this one.
    `paper` (ticks) is what a paper account would have had for it, None where nobody knows.
    """

    order_id: int
    position_id: int
    at: int
    side: Side
    volume: int
    price: int
    slippage: int
    commission: int
    rate: Decimal
    realised: int = 0
    exit: str = ""
    closed: int = 0
    entry: Entry | None = None
    liquidity: str = "assumed"
    venue_id: str | None = None
    deals: tuple[str, ...] = ()
    paper: int | None = None

    @property
    def gap_bps(self) -> Decimal | None:
        """Return by how much (basis points) its price is worse than that on paper."""
        if not self.paper:
            return None
        worse = self.price - self.paper if self.side == "buy" else self.paper - self.price
        return round(Decimal(10_000 * worse) / self.paper, 4)
