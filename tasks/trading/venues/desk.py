"""Accounts at venues, as the trader works with them beside its loop.

Venues are called on threads of a pool, one call at a time an account, so that none holds up the
paper accounts or the lease. An order is recorded as sent in a transaction that shows the lease,
right before its call begins; a call that would begin later than `_SEND_WITHIN_S` after is not
made. What came of calls is taken up by the loop, in transactions of its own.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, Protocol

import msgspec

from core.clock.times import now_ms
from core.errors import TickcastError
from core.trading.accounts import Account, Price, Rate, owner_of
from core.trading.events import Event, Input, Looked, Opening, Replied, Sending, Sent, VenueView
from core.trading.instruments import Instrument
from core.trading.orders import Order, PlaceOrder
from core.venues.account import VenueAccount
from core.venues.questions import Answer
from core.venues.trades import SendCancel, TradeAnswer, TradingVenue
from storage.stores import Stores
from storage.trading.accounts import TraderTurn
from storage.trading.commands import WaitingCommand
from storage.venues.connections import Connection, Seen
from storage.venues.gates import order_gate
from storage.venues.questions import WaitingQuestion
from storage.venues.token_vault import Locked
from tasks.trading.venues import calls
from tasks.trading.venues.known import Known
from tasks.trading.venues.link import Link
from trading.money import money
from trading.venues.sending import command_of

logger = logging.getLogger("trader.venues")

# An account is read this often (ms), and again so soon after something happened to an order.
_READ_MS, _SOON_MS = 10_000, 300
# A look that failed is tried again after so long (ms).
_RETRY_MS = 2_000
# Connections are looked for anew after so long (s).
_REFRESH_S = 1.0
# Questions are looked for no more often than this (s).
_LISTEN_S = 0.02
# A call that sends an order begins no later after its record (s): well within the lease.
_SEND_WITHIN_S = 2.0
# A command waits so long for the venue's price (ms), and is refused then.
_QUOTE_MS = 10_000
# What is taken back at the venue is asked for again after so long (ms).
_AGAIN_MS = 5_000
# Readings go back this far at most (ms): what ended before is not remembered.
_BACK_MS = 6 * 86_400_000
_CALLS, _QUESTIONS = 8, 100


class Doors(NamedTuple):
    """How a venue is reached: by account and token, and candles by account, token and question."""

    open: Callable[[str, str], TradingVenue]
    candles: Callable[[str, str, Any], object]


class Books(Protocol):
    """What of the trader the desk works with."""

    accounts: dict[int, Account]

    def writing(self, token: str) -> Any:
        """Open a transaction of the trader."""

    def take(self, turn: TraderTurn, account: Account, what: Input) -> list[Event]:
        """Take a step of an account."""

    def open(self, turn: TraderTurn, opening: Opening) -> Account:
        """Open an account."""


class VenueDesk:
    """May raise `DatabaseUnavailable` or `LeaseLost`; `wake` tells the loop that something came."""

    def __init__(
        self,
        stores: Stores,
        doors: Mapping[str, Doors],
        wake: Callable[[], object],
        *,
        server_live: bool,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._stores = stores
        self._doors = doors
        self._wake = wake
        self._server_live = server_live
        self._clock = clock
        self._links: dict[int, Link] = {}
        self._done: SimpleQueue[tuple[Link, object]] = SimpleQueue()
        self._pool = ThreadPoolExecutor(_CALLS, "venue")
        self._refreshed = self._listened = 0.0
        self._taken_back: dict[int, int] = {}
        self._asked: set[int] = set()
        self._heard_at: dict[int, int] = {}

    def begin(self) -> None:
        """Forget what another tenure of the lease had under way."""
        for link in self._links.values():
            link.retire()
        self._links, self._refreshed = {}, 0.0
        self._asked.clear()
        self._heard_at.clear()

    def close(self) -> None:
        """Close all connections; calls that are under way end by themselves."""
        self.begin()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def work(self, books: Books, token: str) -> None:
        """Take up what came of calls, and begin those that are due."""
        for link, done in self._results():
            link.busy = False
            if not link.retired:
                self._take(books, token, link, done)
        self._refresh()
        self._hear_questions()
        for link in list(self._links.values()):
            while not link.busy and self._begin_next(books, token, link):
                pass

    # What commands ask.

    def is_ready(self, waits: WaitingCommand) -> bool:
        """Say whether enough is known to judge a command, or no more will be."""
        ready = self._is_ready(waits)
        if ready:
            self._heard_at.pop(waits.id, None)
        return ready

    def _is_ready(self, waits: WaitingCommand) -> bool:
        link, now = self._links.get(waits.account_id), self._clock()
        # Since this trader knows of it: it may have waited for a trader before.
        late = now - self._heard_at.setdefault(waits.id, now) > _QUOTE_MS
        if link is None:
            return late or self._refreshed > 0
        if link.known.snapshot is None:
            return late
        if not isinstance(waits.command, PlaceOrder):
            return True
        symbol = waits.command.symbol
        failed = link.known.failed_at.get(symbol, 0) >= self._heard_at[waits.id]
        if late or failed or link.known.is_priced(symbol, now):
            return True
        link.wanted.add(symbol)
        return False

    def instrument(self, number: int, symbol: str) -> Instrument | None:
        """Return the units of a symbol of an account, None while they are not known."""
        link = self._links.get(number)
        return None if link is None else link.known.instruments.get(symbol)

    def prices(self, account: Account, symbol: str | None = None) -> dict[str, Price]:
        """Return the venue's prices of what an account holds, and of a symbol."""
        link = self._links.get(account.account_id)
        return {} if link is None else link.known.prices_of(account, symbol)

    def rates(self, account: Account) -> dict[str, Rate]:
        """Return what currencies are worth in an account's."""
        link = self._links.get(account.account_id)
        return {} if link is None else dict(link.known.rates)

    def view(self, number: int, *, flattens: bool = False) -> VenueView:
        """Return what is known of an account as an order of it is judged."""
        link = self._links.get(number)
        shown = None if link is None else link.known.snapshot
        return VenueView(
            gate=self._gate(number) or "",
            read_at=None if link is None else link.read_at,
            equity=0 if shown is None else money(shown.account.equity),
            flattens=flattens,
        )

    def _gate(self, number: int) -> str | None:
        stores = self._stores
        connection = stores.connections.of_number(number)
        config = stores.decisions.config(owner_of(number)).config
        trades = stores.trading.trades_begun(number)
        return order_gate(connection, config, trades, self._clock(), server_live=self._server_live)

    # Connections and questions.

    def _refresh(self) -> None:
        if self._refreshed and time.monotonic() - self._refreshed < _REFRESH_S:
            return
        connected = {one.number: one for one in self._stores.connections.all_connected()}
        for number in [one for one in self._links if one not in connected]:
            self._links.pop(number).retire()
        for number, connection in connected.items():
            if number in self._links:
                self._links[number].connection = connection
            else:
                self._link(connection)
        self._refreshed = time.monotonic()

    def _link(self, connection: Connection) -> None:
        name = connection.venue_account
        try:
            told = self._stores.connections.token(connection.account_id, name)
            if told is None:
                return
            venue = self._doors[connection.venue].open(name, told)
        except TickcastError as error:
            logger.warning("account %d has no venue: %s", connection.number, error.detail)
            return
        shown = self._stores.connections.snapshot(connection.account_id, name)
        link = Link(connection, venue, Known(connection.venue))
        link.read_from = shown.read_at if shown else 0
        self._links[connection.number] = link

    def _hear_questions(self) -> None:
        if time.monotonic() - self._listened < _LISTEN_S:
            return
        self._listened = time.monotonic()
        waiting = self._stores.questions.waiting(_QUESTIONS)
        # Those that were answered are never told again.
        self._asked &= {waits.id for waits in waiting}
        for waits in waiting:
            if waits.id in self._asked:
                continue
            self._asked.add(waits.id)
            if waits.question.kind == "connect":
                self._connect(waits)
                continue
            link = self._linked(waits)
            if link is None:
                gone = Answer(status=404, error="not_found", detail="It is not connected.")
                self._stores.questions.answer(waits.id, gone)
            elif waits.question.kind == "read":
                link.readers.append(waits.id)
                link.read_due = 0
            else:
                link.questions.append(waits)

    def _linked(self, waits: WaitingQuestion) -> Link | None:
        for link in self._links.values():
            held = link.connection
            if (held.account_id, held.venue_account) == (
                waits.account_id,
                waits.question.venue_account,
            ):
                return link
        return None

    def _connect(self, waits: WaitingQuestion) -> None:
        """Look at an account that is to be connected, by the token that was told or is kept."""
        asked, owner = waits.question, waits.account_id
        name, where = asked.venue_account, asked.venue
        try:
            connections = self._stores.connections
            told = waits.question.token
            plain = (
                connections.token(owner, name)
                if told is None
                else connections.unlock(owner, name, Locked(*told))
            )
            venue = self._doors[where].open(name, plain or "")
        except TickcastError as error:
            self._stores.questions.answer(waits.id, calls.refusal(error))
            return
        found = Link(Connection(
            account_id=owner, venue=where, venue_account=name, connected=False
        ), venue, Known(where))  # fmt: skip
        found.connects = waits
        self._call(found, partial(calls.answer_question, waits.id, venue.account))

    # Calls.

    def _begin_next(self, books: Books, token: str, link: Link) -> bool:
        """Begin what an account needs next; False if it needs nothing."""
        account, now = books.accounts.get(link.number), self._clock()
        late = now >= link.read_due + _READ_MS
        if account is not None and not late and self._order(books, token, link, account):
            return True
        if link.wanted and link.known.snapshot is not None:
            symbol, currency = link.wanted.pop(), link.known.snapshot.account.currency
            self._call(link, partial(calls.quote, link.venue, link.known, symbol, currency))
        elif now >= link.read_due:
            link.read_due = now + _READ_MS
            link.reading_for, link.readers = link.readers, []
            since = self._since(link, account, now)
            self._call(link, partial(calls.read_account, link.venue, link.known, since))
        elif link.questions:
            self._question(link, link.questions.popleft())
        else:
            return False
        return True

    def _order(self, books: Books, token: str, link: Link, account: Account) -> bool:
        """Send the oldest order that waits, or take one back; False where there is none."""
        lost = [one for one in account.orders.values() if one.state == "sent"]
        waiting = [one for one in account.orders.values() if one.state == "accepted"]
        back = [one for one in account.orders.values() if self._is_to_be_taken_back(one)]
        if lost:
            # Nothing is under way: whoever sent it ended before the answer was recorded.
            unknown = TradeAnswer(state="unknown", code="restarted")
            self._reply(books, token, link, lost[0].id, unknown)
        elif waiting:
            self._send(books, token, link, account, min(waiting, key=lambda one: one.id))
        elif back:
            order = back[0]
            self._taken_back[order.id] = self._clock()
            withdrawn = SendCancel(order_id=(order.venue and order.venue.order_id) or "")
            send_by = time.monotonic() + _SEND_WITHIN_S
            self._call(link, partial(calls.send_once, link.venue, 0, withdrawn, send_by))
        return bool(lost or waiting or back)

    def _is_to_be_taken_back(self, order: Order) -> bool:
        marks = order.venue
        wanted = marks is not None and marks.cancelling and marks.order_id is not None
        return wanted and self._clock() - self._taken_back.get(order.id, 0) > _AGAIN_MS

    def _send(self, books: Books, token: str, link: Link, account: Account, order: Order) -> None:
        command = command_of(order)
        with books.writing(token) as turn:
            what = Sending(
                at=turn.now,
                order_id=order.id,
                state=turn.allowed(link.number),
                gate=self._gate(link.number) or "",
            )
            sent = any(isinstance(one, Sent) for one in books.take(turn, account, what))
        if sent:
            send_by = time.monotonic() + _SEND_WITHIN_S
            self._call(link, partial(calls.send_once, link.venue, order.id, command, send_by))

    def _question(self, link: Link, waits: WaitingQuestion) -> None:
        asked = waits.question
        if asked.kind == "price":
            ask: Callable[[], object] = partial(link.venue.price, asked.symbol)
        else:
            held = link.connection
            kept = self._stores.connections.token(held.account_id, held.venue_account)
            door = self._doors[held.venue]
            ask = partial(door.candles, held.venue_account, kept or "", asked)
        self._call(link, partial(calls.answer_question, waits.id, ask))

    def _call(self, link: Link, job: Callable[[], object]) -> None:
        link.busy = True
        self._pool.submit(link.call, job, self._came)

    def _came(self, link: Link, done: object) -> None:
        self._done.put((link, done))
        try:
            self._wake()
        except TickcastError:
            logger.debug("nobody could be woken")

    def _results(self) -> Iterator[tuple[Link, Any]]:
        while True:
            try:
                yield self._done.get_nowait()
            except Empty:
                return

    def _since(self, link: Link, account: Account | None, now: int) -> int:
        """Return from when on the history matters: the last reading, or an order that is open."""
        open_orders = account.orders.values() if account else ()
        sent = [one.venue.sent_at for one in open_orders if one.venue and one.state != "accepted"]
        return max(now - _BACK_MS, min([*sent, link.read_at or link.read_from or now]))

    # Results.

    def _take(self, books: Books, token: str, link: Link, done: object) -> None:
        if isinstance(done, calls.ReadDone):
            self._look(books, token, link, done)
        elif isinstance(done, calls.TradeDone):
            link.read_due = min(link.read_due, self._clock() + _SOON_MS)
            if done.order_id:
                self._reply(books, token, link, done.order_id, done.answer)
        elif isinstance(done, calls.Quoted):
            self._note_quote(link, done)
        elif isinstance(done, calls.Failed):
            again = max(_RETRY_MS, 1_000 * (done.error.retry_after or 0))
            link.read_due = self._clock() + min(again, _READ_MS)
            for number in link.reading_for:
                self._stores.questions.answer(number, done.error)
            link.reading_for = []
        elif isinstance(done, calls.Answered):
            if link.connects is not None:
                self._connected(link, done)
            else:
                self._stores.questions.answer(done.question_id, done.answer)

    def _reply(
        self, books: Books, token: str, link: Link, order_id: int, answer: TradeAnswer
    ) -> None:
        with books.writing(token) as turn:
            account = books.accounts[link.number]
            books.take(turn, account, Replied(at=turn.now, order_id=order_id, answer=answer))

    def _note_quote(self, link: Link, done: calls.Quoted) -> None:
        known = link.known
        if done.instrument is not None:
            known.instruments[done.symbol] = done.instrument
        if done.price is None or done.instrument is None:
            known.failed_at[done.symbol] = self._clock()
            return
        known.prices[done.symbol], known.asked_at[done.symbol] = done.price, done.asked_at
        if done.rate is not None:
            known.rates[done.instrument.quote] = done.rate

    def _look(self, books: Books, token: str, link: Link, done: calls.ReadDone) -> None:
        known, held = link.known, link.connection
        known.instruments |= done.instruments
        known.rates |= done.rates
        if not done.reading.complete:
            detail = "The venue is synchronizing the account."
            failed = Answer(status=503, error="exchange_unavailable", detail=detail, retry_after=5)
            self._take(books, token, link, calls.Failed(failed))
            return
        known.snapshot, link.read_at = done.snapshot, done.reading.read_at
        with books.writing(token) as turn:
            account = books.accounts.get(link.number)
            if account is None:
                account = books.open(turn, _opening(turn.now, link.number, held, done.account))
            looked = Looked(
                at=turn.now,
                reading=done.reading,
                balance=done.balance,
                instruments=known.instruments,
                rates=known.rates,
            )
            books.take(turn, account, looked)
        self._stores.connections.keep_snapshot(held.account_id, held.venue_account, done.snapshot)
        for number in link.reading_for:
            body = msgspec.json.encode(done.account).decode()
            self._stores.questions.answer(number, Answer(body=body))
        link.reading_for = []
        if any(one.state == "working" and one.type == "market" for one in account.orders.values()):
            link.read_due = min(link.read_due, self._clock() + _SOON_MS)

    def _connected(self, link: Link, done: calls.Answered) -> None:
        """Note a connection, and answer once all of the account was read."""
        waits, link.connects = link.connects, None
        if waits is None or done.answer.error:
            link.retire()
            self._stores.questions.answer(done.question_id, done.answer)
            return
        told = msgspec.json.decode(done.answer.body, type=VenueAccount)
        owner, name = waits.account_id, waits.question.venue_account
        connections, venue = self._stores.connections, waits.question.venue
        try:
            if waits.question.token is not None:
                connections.keep_locked(owner, venue, name, Locked(*waits.question.token))
            seen = Seen(told.login, told.real, told.investor, told.trade_allowed)
            link.connection = connections.connect(owner, venue, name, seen)
        except TickcastError as error:
            link.retire()
            self._stores.questions.answer(done.question_id, calls.refusal(error))
            return
        before = self._links.pop(link.number, None)
        if before is not None:
            before.retire()
        self._links[link.number] = link
        link.readers.append(waits.id)
        link.read_due = 0


def _opening(at: int, number: int, held: Connection, told: VenueAccount) -> Opening:
    return Opening(
        at=at,
        account_id=number,
        currency=told.currency,
        leverage=max(1, told.leverage),
        deposit=told.balance,
        venue=held.venue,
        hedging=told.hedging,
    )
