"""The one writer of orders: takes commands, switches, prices and time, and records what happens.

Each pass is one transaction, which shows the lease's token. What an account is follows from what
is recorded; it is kept in memory between passes, since nobody else writes it, and read anew after
any failure.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace

from core.clock.times import now_ms
from core.series import Market
from core.trading.accounts import Account, Limits, Price, TradingState, is_at_venue
from core.trading.decisions import Decision, Offer
from core.trading.events import (
    Event,
    Filled,
    Input,
    Marked,
    Opening,
    Ordered,
    Refused,
    Row,
    Sent,
    Switched,
    Ticked,
    Timed,
    View,
    Working,
    order_of,
)
from core.trading.instruments import Instrument
from core.trading.orders import ClosePosition, CommandResult, Order, PlaceOrder
from core.trading.shadows import SHADOWS, answers_to, shadow_of
from storage.trading.accounts import AccountStore, EquityPoint, TraderTurn
from storage.trading.commands import WaitingCommand
from storage.trading.decisions import KeptConfig
from storage.trading.switches import EVERYBODY, Switch, stricter
from tasks.trading.seen import Markets, Seen
from tasks.trading.shown import ended_trade, note_order
from tasks.trading.venues.desk import VenueDesk
from trading.decide import Known, decide
from trading.margin import is_called
from trading.matching import would_fill
from trading.shadows import coin_flip_order, random_side_order
from trading.step import is_good, open_account, step

# So many commands are carried out by one commit.
_BATCH = 200
_HOUR_MS = 3_600_000
# Cursors of prices that changed nothing are kept this often (ms): reading them again is harmless.
_CURSOR_MS = 5_000


@dataclass(frozen=True)
class PaperTerms:
    """What a paper account begins with, and what every account is held to."""

    currency: str = "USD"
    balance: Decimal = Decimal(10_000)
    leverage: int = 100
    latency_ms: int = 250
    limits: Limits = field(default_factory=Limits)


class Trader:
    """May raise `DatabaseUnavailable`, `RedisUnavailable` or `LeaseLost`."""

    def __init__(
        self,
        accounts: AccountStore,
        markets: Markets,
        terms: PaperTerms,
        clock: Callable[[], int] = now_ms,
        venues: VenueDesk | None = None,
    ) -> None:
        self._venues = venues
        self._store = accounts
        self._markets = markets
        self._terms = terms
        self._clock = clock
        self.accounts: dict[int, Account] = {}
        self._cursors: dict[Market, int] = {}
        self._kept: dict[Market, int] = {}
        self._changed: dict[int, int] = {}
        self._marked = 0
        self.bad_prices = 0

    def begin(self) -> None:
        """Read where the trader before this one ended."""
        self.accounts = {one.account_id: one for one in self._store.all()}
        cursors = self._store.cursors()
        self._cursors = {Market(*name): at for name, at in cursors.items()}
        self._kept = dict(self._cursors)
        if self._venues is not None:
            self._venues.begin()

    def markets(self) -> list[Market]:
        """Return the markets whose prices may change an account."""
        return [one.market for one in self._held()]

    def hear_prices(self, token: str) -> int:
        """Fill what new prices fill; returns how many events came of it."""
        return sum(self._hear(token, instrument) for instrument in self._held())

    def carry_out(self, token: str) -> int:
        """Act on changed switches, then carry out the commands that wait; returns how many."""
        commands, switched = self._store.work(_BATCH)
        commands = [one for one in commands if self._is_ready(one)]
        if not (commands or switched):
            return 0
        asked = [_market_of(one) for one in commands]
        seen = self._markets.look(self._held(), [one for one in asked if one is not None])
        with self.writing(token) as turn:
            changed = turn.unheard()
            flattens = {one.scope for one in changed if one.flatten}
            # Who halts and flattens asks for the ends first: they are taken before the halt is.
            first = [one for one in commands if _is_end(one, flattens)] if flattens else []
            for command in first:
                self._command(turn, command, seen, "REDUCING")
            self._heed_switches(turn, changed)
            for command in commands:
                if command not in first:
                    self._command(turn, command, seen)
        return len(commands)

    def decide(self, token: str, kept: KeptConfig, offers: Sequence[Offer], seq: int) -> int:
        """Decide of sealed signals for an account, up to `seq`; returns how many orders follow."""
        asked = {Market(one.platform, one.symbol) for one in offers}
        seen = self._markets.look(self._held(), sorted(asked))
        ordered = 0
        with self.writing(token) as turn:
            account = self._account(turn, kept.account_id)
            state = stricter(account.state, turn.allowed(kept.account_id))
            for offer in offers:
                market = Market(offer.platform, offer.symbol)
                known = Known(
                    now=turn.now,
                    account=account,
                    state=state,
                    instrument=seen.instruments.get(market),
                    prices=_needed(seen.prices, account, market),
                    rates=seen.rates,
                    limits=self._terms.limits,
                )
                decision = decide(offer, kept.config, kept.version, known)
                turn.decide(kept.account_id, self._beside(turn, kept, offer, known, seen, decision))
                ordered += decision.order is not None
            turn.note_decided(kept, seq)
        return ordered

    def _beside(
        self,
        turn: TraderTurn,
        kept: KeptConfig,
        offer: Offer,
        known: Known,
        seen: Seen,
        decision: Decision,
    ) -> Decision:
        """Let the account's shadows act on a signal, each by what it is worth itself."""
        market = Market(offer.platform, offer.symbol)
        shadows = [self._account(turn, shadow_of(kept.account_id, name)) for name in SHADOWS]
        _, coins, sides = (
            replace(known, account=one, prices=_needed(seen.prices, one, market)) for one in shadows
        )
        order = coin_flip_order(offer, kept.config, decision.reason, coins)
        if order is not None:
            turn.place(coins.account.account_id, order, decision.id)
        if decision.order is None:
            return decision
        return replace(decision, random_side=random_side_order(offer, kept.config, sides))

    def visit_venues(self, token: str) -> None:
        """Take up what venues answered, and begin calls that are due."""
        if self._venues is not None:
            self._venues.work(self, token)

    def note_time(self, token: str) -> None:
        """End what expired, charge nights, and value accounts once an hour."""
        now = self._clock()
        hour = now // _HOUR_MS
        expired = any(
            order.expires_at is not None and order.expires_at <= now and _may_expire(order)
            for account in self.accounts.values()
            for order in account.orders.values()
        )
        if not (self.accounts and (hour > self._marked or expired)):
            return
        seen = self._markets.look(self._held())
        with self.writing(token) as turn:
            for account in self.accounts.values():
                self.take(turn, account, self._timed(account, now, seen))
        self._marked = hour

    def watch_margin(self, token: str) -> None:
        """Close what paper accounts can no longer carry."""
        papers = [one for one in self.accounts.values() if one.positions and not one.at_venue]
        seen = self._markets.look(self._held()) if papers else None
        if seen is None or not any(is_called(one, seen.prices, seen.rates) for one in papers):
            return
        with self.writing(token) as turn:
            for account in papers:
                if is_called(account, seen.prices, seen.rates):
                    self.take(turn, account, self._timed(account, turn.now, seen))

    def halt(self, token: str, account_id: int, reason: str) -> None:
        """Have an account take no more orders until somebody resumes it."""
        with self.writing(token) as turn:
            halted = Switched(at=turn.now, state="HALTED", reason=reason)
            self.take(turn, self._account(turn, account_id), halted)

    def _hear(self, token: str, instrument: Instrument) -> int:
        market, happened = instrument.market, 0
        after = max(self._cursors.get(market, 0), self._begun(market))
        ticks = self._markets.data.since(instrument, after, self._clock())
        rate = self._markets.rate(instrument.quote) if ticks else None
        for tick in ticks:
            if not is_good(tick):
                self.bad_prices += 1
                continue
            ticked = Ticked(
                platform=market.platform,
                symbol=market.symbol,
                tick=tick,
                rate=Decimal(1) if rate is None else rate.value,
            )
            touched = [one for one in self.accounts.values() if would_fill(one, ticked)]
            if touched:
                happened += self._fill(token, touched, ticked, market)
        if ticks:
            self._cursors[market] = ticks[-1].at
            self._keep_cursor(token, market)
        return happened

    def _fill(self, token: str, touched: Iterable[Account], ticked: Ticked, market: Market) -> int:
        happened = 0
        seen = self._markets.look(self._held())
        with self.writing(token) as turn:
            for account in touched:
                happened += len(self.take(turn, account, ticked))
                self.take(turn, account, self._timed(account, turn.now, seen))
            # Committed with the fills: nothing is filled twice, and nothing is passed over.
            turn.keep_cursor(market.platform, market.symbol, ticked.tick.at)
        self._cursors[market] = self._kept[market] = ticked.tick.at
        return happened

    def _keep_cursor(self, token: str, market: Market) -> None:
        at = self._cursors[market]
        if at - self._kept.get(market, 0) >= _CURSOR_MS:
            with self.writing(token) as turn:
                turn.keep_cursor(market.platform, market.symbol, at)
            self._kept[market] = at

    def _begun(self, market: Market) -> int:
        """Return since when a market's prices matter: its oldest order or position."""
        starts = [
            began
            for account in self.accounts.values()
            for of, began in _begun(account)
            if of == market
        ]
        return min(starts, default=self._clock()) - 1

    def _heed_switches(self, turn: TraderTurn, changes: Iterable[Switch]) -> None:
        """Act on changes of switches: entries are cancelled, and the change is echoed."""
        for switch in changes:
            everybody = switch.scope == EVERYBODY
            every = list(self.accounts)
            beside = [number for number in every if answers_to(number) == switch.scope != number]
            for account_id in every if everybody else [switch.scope, *beside]:
                changed = Switched(
                    at=turn.now, state=switch.state, reason=switch.reason, epoch=switch.epoch
                )
                self.take(turn, self._account(turn, account_id), changed)
            turn.echo(switch)

    def _command(
        self,
        turn: TraderTurn,
        waits: WaitingCommand,
        seen: Seen,
        state: TradingState | None = None,
    ) -> None:
        """Carry out a command in the state that the switches say, or in another one."""
        if is_at_venue(waits.account_id):
            self._command_at_venue(turn, waits, state)
            return
        account = self._account(turn, waits.account_id)
        market = _market_of(waits)
        view = View(
            instrument=None if market is None else seen.instruments.get(market),
            prices=_needed(seen.prices, account, market),
            rates=seen.rates,
            limits=self._terms.limits,
            state=state or turn.allowed(waits.account_id),
            latency_ms=self._terms.latency_ms,
        )
        asked = Ordered(
            at=turn.now,
            id=waits.id,
            client_order_id=waits.client_order_id,
            command=waits.command,
            view=view,
        )
        turn.answer(waits.id, _result(waits, self.take(turn, account, asked)))

    def _command_at_venue(
        self, turn: TraderTurn, waits: WaitingCommand, state: TradingState | None
    ) -> None:
        """Carry out a command by what the venue said of prices, units and the account."""
        account = self.accounts.get(waits.account_id)
        if account is None or self._venues is None:
            detail = "The account at the venue could not be read."
            unread = CommandResult(
                outcome="refused", order_id=waits.id, limit="venue", detail=detail
            )
            turn.answer(waits.id, unread)
            return
        symbol = waits.command.symbol if isinstance(waits.command, PlaceOrder) else None
        view = View(
            instrument=self._venues.instrument(waits.account_id, symbol) if symbol else None,
            prices=self._venues.prices(account, symbol),
            rates=self._venues.rates(account),
            limits=self._terms.limits,
            state=state or turn.allowed(waits.account_id),
            venue=self._venues.view(waits.account_id, flattens=state is not None),
        )
        asked = Ordered(
            at=turn.now,
            id=waits.id,
            client_order_id=waits.client_order_id,
            command=waits.command,
            view=view,
        )
        turn.answer(waits.id, _result(waits, self.take(turn, account, asked)))

    def _is_ready(self, waits: WaitingCommand) -> bool:
        if not is_at_venue(waits.account_id) or self._venues is None:
            return True
        return self._venues.is_ready(waits)

    def _account(self, turn: TraderTurn, account_id: int) -> Account:
        """Return an account; one that was never heard of is opened."""
        if account_id in self.accounts:
            return self.accounts[account_id]
        terms = self._terms
        opening = Opening(
            at=turn.now,
            account_id=account_id,
            currency=terms.currency,
            leverage=terms.leverage,
            deposit=terms.balance,
        )
        return self.open(turn, opening)

    def _timed(self, account: Account, at: int, seen: Seen) -> Timed:
        if is_at_venue(account.account_id):
            return self._timed_at_venue(account, at)
        return Timed(
            at=at,
            prices=_needed(seen.prices, account),
            rates=seen.rates,
            limits=self._terms.limits,
        )

    def _timed_at_venue(self, account: Account, at: int) -> Timed:
        venues, limits = self._venues, self._terms.limits
        if venues is None:
            return Timed(at=at)
        prices, rates = venues.prices(account), venues.rates(account)
        return Timed(at=at, prices=prices, rates=rates, limits=limits)

    def _held(self) -> list[Instrument]:
        """Return the instruments whose prices may change an account."""
        papers = (one for one in self.accounts.values() if one.at_venue is None)
        every = (one for account in papers for one in _instruments(account))
        found = {one.market: one for one in every}
        return [found[market] for market in sorted(found)]

    def open(self, turn: TraderTurn, opening: Opening) -> Account:
        """Open an account, with what it holds to begin with."""
        account, events = open_account(opening)
        self.accounts[opening.account_id] = account
        self._record(turn, account, opening, events)
        point = EquityPoint(account.account_id, turn.now, account.balance, account.balance)
        turn.keep_equity(point)
        return account

    def take(self, turn: TraderTurn, account: Account, what: Input) -> list[Event]:
        """Take one step of an account, and record it if it changed anything."""
        orders = dict(account.orders)
        units = {number: p.instrument for number, p in account.positions.items()}
        units |= {number: order.instrument for number, order in orders.items()}
        events = step(account, what)
        if events:
            for number, event in self._record(turn, account, what, events):
                about = order_of(event)
                note_order(turn, account.account_id, event, orders.get(about), what)
                if isinstance(event, Filled):
                    trade = ended_trade(account.account_id, number, event.fill, units[about])
                    if trade is not None:
                        turn.keep_trade(trade)
        return events

    def _record(
        self, turn: TraderTurn, account: Account, what: Input, events: list[Event]
    ) -> Iterable[tuple[int, Event]]:
        first, *others = events
        numbers = turn.record(account.account_id, [Row(first, what), *map(Row, others)])
        for event in events:
            if isinstance(event, Marked):
                point = EquityPoint(account.account_id, event.at, event.balance, event.equity)
                turn.keep_equity(point)
        self._changed[account.account_id] = numbers[-1]
        return zip(numbers, events, strict=True)

    @contextmanager
    def writing(self, token: str) -> Iterator[TraderTurn]:
        """Open a transaction; if it fails, what was changed in memory did not happen."""
        try:
            self._changed.clear()
            with self._store.writing(token) as turn:
                yield turn
                # Once each, however many steps it took.
                for account_id, number in self._changed.items():
                    turn.keep(self.accounts[account_id], number)
        except BaseException:
            self.accounts.clear()
            self.begin()
            raise


def _market_of(waits: WaitingCommand) -> Market | None:
    command = waits.command
    return Market(command.platform, command.symbol) if isinstance(command, PlaceOrder) else None


def _may_expire(order: Order) -> bool:
    """Say whether an order ends by its time: at a venue one at the market never does."""
    if order.venue is None or order.state == "accepted":
        return True
    return order.type != "market" and not order.venue.cancelling


def _is_end(waits: WaitingCommand, flattened: set[int]) -> bool:
    mine = waits.account_id in flattened or EVERYBODY in flattened
    return mine and isinstance(waits.command, ClosePosition)


def _instruments(account: Account) -> list[Instrument]:
    held = {one.instrument.market: one.instrument for one in account.orders.values()}
    held |= {one.instrument.market: one.instrument for one in account.positions.values()}
    return list(held.values())


def _begun(account: Account) -> list[tuple[Market, int]]:
    orders = [(one.instrument.market, one.accepted_at) for one in account.orders.values()]
    held = [(one.instrument.market, one.opened_at) for one in account.positions.values()]
    return orders + held


def _needed(
    prices: Mapping[str, Price], account: Account, market: Market | None = None
) -> dict[str, Price]:
    names = {str(one.market) for one in _instruments(account)}
    if market is not None:
        names.add(str(market))
    return {name: prices[name] for name in sorted(names) if name in prices}


def _result(waits: WaitingCommand, events: list[Event]) -> CommandResult:
    refusal = next((one.verdict for one in events if isinstance(one, Refused)), None)
    if refusal is None:
        told = {Working: "working", Sent: "sent"}
        state = next((told[type(one)] for one in reversed(events) if type(one) in told), "")
        return CommandResult(outcome="done", order_id=waits.id, state=state)
    return CommandResult(
        outcome="refused", order_id=waits.id, limit=refusal.limit, detail=refusal.detail
    )
