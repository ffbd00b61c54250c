"""The kill switch: what accounts may do, changed in the lock in which orders are accepted.

After the commit of a change no order can be accepted or sent against it, since the trader reads
the switches in the transaction in which it does so. SQL alone: it works while Redis is away.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, insert, select, update

from core.clock.times import now_ms
from core.trading.accounts import STATES, TradingState
from storage.database import lock_table, reading, writing
from storage.trading.trading_tables import trading_switches

EVERYBODY = -1


class Switch(msgspec.Struct, frozen=True):
    """What an account (or, as scope -1, every account) may do since a change.

    `echoed` is the newest epoch that the trader has seen and acted on.
    """

    scope: int
    state: TradingState
    reason: str
    epoch: int
    echoed: int
    flatten: bool
    changed_at: int
    changed_by: str


_USUAL = ("ACTIVE", "", 0, 0, False, 0, "")


class SwitchStore:
    """Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def change(
        self, scope: int, state: TradingState, reason: str, by: str, *, flatten: bool = False
    ) -> Switch:
        """Change a switch; the answer's epoch is that of the change."""
        with writing(self._engine) as connection:
            lock_table(connection, trading_switches)
            held = read_switches(connection, [scope])[scope]
            changed = Switch(
                scope, state, reason, held.epoch + 1, held.echoed, flatten, self._clock(), by
            )
            values = msgspec.structs.asdict(changed)
            here = trading_switches.c.scope == scope
            known = connection.execute(select(trading_switches.c.scope).where(here)).first()
            change = update(trading_switches).where(here) if known else insert(trading_switches)
            connection.execute(change.values(values))
            return changed

    def of(self, account_id: int) -> tuple[Switch, Switch]:
        """Return the switch of an account and that of everybody."""
        with reading(self._engine) as connection:
            found = read_switches(connection, [account_id, EVERYBODY])
        return found[account_id], found[EVERYBODY]


def read_switches(connection: Connection, scopes: Sequence[int]) -> dict[int, Switch]:
    """Return switches by scope; one that nobody changed allows all."""
    query = select(trading_switches).where(trading_switches.c.scope.in_(scopes))
    held = {row.scope: _switch(row) for row in connection.execute(query)}
    return {scope: held.get(scope) or Switch(scope, *_USUAL) for scope in scopes}  # type: ignore[arg-type]


def hold_switches(connection: Connection) -> None:
    """Let nobody change a switch until the transaction ends."""
    lock_table(connection, trading_switches)


def unheard(connection: Connection) -> list[Switch]:
    """Return the switches whose change the trader has not acted on."""
    here = trading_switches.c
    query = select(trading_switches).where(here.echoed < here.epoch).order_by(here.scope)
    return [_switch(row) for row in connection.execute(query)]


def echo(connection: Connection, switch: Switch) -> None:
    """Note that the trader has acted on a change."""
    here = trading_switches.c.scope == switch.scope
    connection.execute(update(trading_switches).where(here).values(echoed=switch.epoch))


def stricter(one: TradingState, other: TradingState) -> TradingState:
    """Return the stricter one of two states."""
    return max(one, other, key=STATES.index)


def _switch(row: Row[Any]) -> Switch:
    return Switch(**row._mapping)
