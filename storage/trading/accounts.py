"""Accounts of trading: what the trader writes of them, and what others read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, Table, func, insert, select, update

from core.clock.times import now_ms
from core.ledger import ORDERS
from core.trading.accounts import Account, TradingState
from core.trading.decisions import Decision
from core.trading.events import Row as EventRow
from core.trading.events import order_of
from core.trading.orders import PlaceOrder
from core.trading.shadows import answers_to
from storage.database import bound_idleness, reading
from storage.ledger.ledger_chain import extend, read_head
from storage.ledger.ledger_heads import Heads, Turn
from storage.ledger.ledger_store import appending
from storage.ledger.ledger_tables import order_events
from storage.trading.commands import NewCommand, WaitingCommand, enter, note_results, waiting
from storage.trading.decisions import KeptConfig, note_decided, record_decision
from storage.trading.lease import LEASE_MS, check_lease
from storage.trading.switches import (
    EVERYBODY,
    Switch,
    echo,
    hold_switches,
    read_switches,
    stricter,
    unheard,
)
from storage.trading.trading_tables import (
    trading_accounts,
    trading_cursors,
    trading_equity,
    trading_orders,
    trading_trades,
)

_ENCODE = msgspec.json.Encoder().encode
_ROW = msgspec.json.Decoder(EventRow)
_ACCOUNT = msgspec.json.Decoder(Account)


class ShownOrder(msgspec.Struct, frozen=True):
    """An order as others read it; `body` is what the trader says of it."""

    id: int
    account_id: int
    client_order_id: str
    state: str
    position_id: int | None
    body: dict[str, Any]
    updated_at: int


class ClosedTrade(msgspec.Struct, frozen=True):
    """A position, or a part of one, that ended; `number` is its fill's row of the chain."""

    number: int
    account_id: int
    position_id: int
    closed_at: int
    body: dict[str, Any]


class EquityPoint(msgspec.Struct, frozen=True):
    """What an account was worth at an instant (ms), in 1e-8 of its currency."""

    account_id: int
    at: int
    balance: int
    equity: int


class KeptAccount(msgspec.Struct, frozen=True):
    """An account, and the last row of the chain that made it what it is."""

    account: Account
    number: int


class ChainRow(msgspec.Struct, frozen=True):
    """A row of the chain `orders`, read."""

    number: int
    recorded_at: int
    account_id: int
    kind: str
    order_id: int
    row: EventRow
    hash: str


class AccountStore:
    """Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms."""

    def __init__(self, engine: Engine, heads: Heads, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._heads = heads
        self._clock = clock

    @contextmanager
    def writing(self, token: str) -> Iterator["TraderTurn"]:
        """Open the transaction of one pass of the trader; raises `LeaseLost` if it is over.

        While it is open no switch changes: what is accepted in it was allowed.
        """
        with appending(self._engine, self._heads) as (connection, turn):
            bound_idleness(connection, LEASE_MS)
            check_lease(connection, token)
            hold_switches(connection)
            trader = TraderTurn(connection, turn, self._clock())
            yield trader
            trader.finish()

    def work(self, limit: int) -> tuple[list[WaitingCommand], bool]:
        """Return the oldest commands that wait, and whether a switch was changed."""
        with reading(self._engine) as connection:
            return waiting(connection, limit), bool(unheard(connection))

    def get(self, account_id: int) -> Account | None:
        """Return the state of an account, None before its first command."""
        kept = self.kept(account_id)
        return None if kept is None else kept.account

    def kept(self, account_id: int) -> KeptAccount | None:
        """Return the state of an account and the row of the chain that it follows from."""
        here = trading_accounts.c
        query = select(here.state, here.number).where(here.account_id == account_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else KeptAccount(_ACCOUNT.decode(row.state), row.number)

    def all(self) -> list[Account]:
        """Return the state of every account."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(trading_accounts.c.state)).scalars()
            return [_ACCOUNT.decode(state) for state in rows]

    def trades_begun(self, account_id: int) -> int:
        """Return how many positions an account has opened."""
        here = trading_orders.c
        opened = here.account_id == account_id, here.position_id == here.id
        query = select(func.count()).select_from(trading_orders).where(*opened)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def cursors(self) -> dict[tuple[str, str], int]:
        """Return up to which instant (ms) the prices of each market were looked at."""
        with reading(self._engine) as connection:
            return {
                (r.platform, r.symbol): r.at for r in connection.execute(select(trading_cursors))
            }

    def orders(
        self, account_id: int, limit: int, before: int | None = None, client_id: str | None = None
    ) -> list[ShownOrder]:
        """Return an account's orders, the newest first."""
        here = trading_orders.c
        query = select(trading_orders).where(here.account_id == account_id)
        if before is not None:
            query = query.where(here.id < before)
        if client_id is not None:
            query = query.where(here.client_order_id == client_id)
        return self._read(query.order_by(here.id.desc()).limit(limit), ShownOrder)

    def orders_of(self, account_id: int, client_ids: Sequence[str]) -> dict[str, ShownOrder]:
        """Return an account's orders of some client ids, by those."""
        here = trading_orders.c
        query = select(trading_orders).where(
            here.account_id == account_id, here.client_order_id.in_(client_ids)
        )
        return {one.client_order_id: one for one in self._read(query, ShownOrder)}

    def trades_of(self, account_id: int, position_ids: Sequence[int]) -> list[ClosedTrade]:
        """Return an account's ended positions of some ids, and the parts of them that ended."""
        here = trading_trades.c
        query = select(trading_trades).where(
            here.account_id == account_id, here.position_id.in_(position_ids)
        )
        return self._read(query, ClosedTrade)

    def trades(
        self, account_id: int, start: int, end: int, limit: int, before: int | None = None
    ) -> list[ClosedTrade]:
        """Return an account's ended positions of `[start, end)` (ms), the newest first."""
        here = trading_trades.c
        query = select(trading_trades).where(
            here.account_id == account_id, here.closed_at >= start, here.closed_at < end
        )
        if before is not None:
            query = query.where(here.number < before)
        return self._read(query.order_by(here.number.desc()).limit(limit), ClosedTrade)

    def equity(self, account_id: int, start: int, end: int, limit: int) -> list[EquityPoint]:
        """Return what an account was worth in `[start, end)` (ms), oldest first."""
        here = trading_equity.c
        query = select(trading_equity).where(
            here.account_id == account_id, here.at >= start, here.at < end
        )
        return self._read(query.order_by(here.at).limit(limit), EquityPoint)

    def chain(self, account_id: int | None = None, after: int = 0) -> Iterator[ChainRow]:
        """Yield the rows of the chain, of one account or of all, in order."""
        here = order_events.c
        query = select(order_events).where(here.ledger == ORDERS, here.number > after)
        if account_id is not None:
            query = query.where(here.account_id == account_id)
        with reading(self._engine) as connection:
            streamed = connection.execution_options(yield_per=1_000)
            for row in streamed.execute(query.order_by(here.number)):
                yield _chain_row(row)

    def _read(self, query: Any, kind: type[Any]) -> list[Any]:
        with reading(self._engine) as connection:
            return [kind(**row._mapping) for row in connection.execute(query)]


class TraderTurn:
    """One transaction of the trader: `now` is its moment (epoch ms)."""

    def __init__(self, connection: Connection, turn: Turn, now: int) -> None:
        self.now = now
        self._connection = connection
        self._turn = turn
        self._rows: list[dict[str, Any]] = []
        self._switches: dict[int, Switch] = {}
        self._number: int | None = None
        self._new_orders: dict[int, ShownOrder] = {}
        self._orders: dict[int, ShownOrder] = {}
        self._answers: dict[int, Any] = {}

    def allowed(self, account_id: int) -> TradingState:
        """Return what an account may do by its switch and everybody's; none changes meanwhile."""
        scopes = answers_to(account_id), EVERYBODY
        if unknown := [scope for scope in scopes if scope not in self._switches]:
            self._switches |= read_switches(self._connection, unknown)
        return stricter(*(self._switches[scope].state for scope in scopes))

    def unheard(self) -> list[Switch]:
        """Return the changes of switches that were not acted on."""
        return unheard(self._connection)

    def echo(self, switch: Switch) -> None:
        """Note that a change was acted on."""
        echo(self._connection, switch)

    def record(self, account_id: int, rows: Sequence[EventRow]) -> list[int]:
        """Put what happened at the end of the chain; returns the numbers that the rows will have.

        They are written together as the transaction ends.
        """
        if self._number is None:
            self._number = read_head(self._connection, ORDERS, ORDERS).count
        self._rows += [
            {
                "recorded_at": self.now,
                "account_id": account_id,
                "kind": row.event.__struct_config__.tag,
                "order_id": order_of(row.event),
                "body": _ENCODE(row).decode(),
            }
            for row in rows
        ]
        first, self._number = self._number + 1, self._number + len(rows)
        return list(range(first, self._number + 1))

    def finish(self) -> None:
        """Write what was recorded, each order once, and what came of commands."""
        extend(self._connection, self._turn, ORDERS, self._rows)
        self._write_orders()
        note_results(self._connection, self._answers, self.now)

    def _write_orders(self) -> None:
        new, changed = ([msgspec.structs.asdict(one) for one in orders.values()]
                        for orders in (self._new_orders, self._orders))  # fmt: skip
        if new:
            self._connection.execute(insert(trading_orders), new)
        for values in changed:
            here = trading_orders.c.id == values.pop("id")
            self._connection.execute(update(trading_orders).where(here).values(values))

    def keep(self, account: Account, number: int) -> None:
        """Keep the state of an account that follows from the chain up to a row."""
        values = {
            "state": _ENCODE(account).decode(),
            "number": number,
            "updated_at": self.now,
        }
        self._put(trading_accounts, {"account_id": account.account_id}, values)

    def enter_order(self, order: ShownOrder) -> None:
        """Keep an order that nobody has heard of."""
        self._new_orders[order.id] = order

    def keep_order(self, order: ShownOrder) -> None:
        """Keep an order that `order` returns as others are to read it."""
        kept = self._new_orders if order.id in self._new_orders else self._orders
        kept[order.id] = order

    def keep_trade(self, trade: ClosedTrade) -> None:
        """Keep an ended position."""
        self._connection.execute(insert(trading_trades).values(msgspec.structs.asdict(trade)))

    def keep_equity(self, point: EquityPoint) -> None:
        """Keep what an account was worth; the last of an instant counts."""
        values = msgspec.structs.asdict(point)
        named = {name: values.pop(name) for name in ("account_id", "at")}
        self._put(trading_equity, named, values)

    def keep_cursor(self, platform: str, symbol: str, at: int) -> None:
        """Keep up to which instant (ms) the prices of a market were looked at."""
        self._put(trading_cursors, {"platform": platform, "symbol": symbol}, {"at": at})

    def decide(self, account_id: int, decision: Decision) -> None:
        """Record a decision, and have its order placed unless it must be confirmed."""
        record_decision(self._connection, self._turn, self.now, account_id, decision)

    def place(self, account_id: int, order: PlaceOrder, client_order_id: str) -> None:
        """Have an order placed; one under the same id is placed once."""
        enter(self._connection, [NewCommand(account_id, order, client_order_id)], self.now)

    def note_decided(self, kept: KeptConfig, seq: int) -> None:
        """Note up to which sealed signal was decided of."""
        note_decided(self._connection, kept, seq)

    def order(self, order_id: int) -> ShownOrder | None:
        """Return an order as it was kept."""
        kept = self._new_orders.get(order_id) or self._orders.get(order_id)
        if kept is not None:
            return kept
        here = trading_orders.c.id == order_id
        row = self._connection.execute(select(trading_orders).where(here)).one_or_none()
        return None if row is None else ShownOrder(**row._mapping)

    def answer(self, command_id: int, result: Any) -> None:
        """Note what came of a command."""
        self._answers[command_id] = result

    def _put(self, table: Table, named: dict[str, Any], values: dict[str, Any]) -> None:
        here = [table.c[name] == value for name, value in named.items()]
        changed = self._connection.execute(update(table).where(*here).values(values))
        if not changed.rowcount:
            self._connection.execute(insert(table).values(named | values))


def _chain_row(row: Row[Any]) -> ChainRow:
    return ChainRow(
        row.number,
        row.recorded_at,
        row.account_id,
        row.kind,
        row.order_id,
        _ROW.decode(row.body),
        row.hash,
    )
