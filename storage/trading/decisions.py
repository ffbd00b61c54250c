"""What accounts want decided, and the chain `decisions` of what was: each before its order."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from core.clock.times import format_time, now_ms
from core.errors import Conflict, NotFound
from core.ledger import DECISIONS
from core.trading.decisions import (
    CONFIRMED,
    MADE,
    REJECTED,
    Answered,
    Decision,
    DecisionState,
    TradingConfig,
)
from core.trading.shadows import shadow_of
from storage.database import lock_table, reading, writing
from storage.ledger.ledger_chain import extend
from storage.ledger.ledger_heads import Heads, Turn
from storage.ledger.ledger_reads import in_parts
from storage.ledger.ledger_store import appending
from storage.ledger.ledger_tables import ledger_signals
from storage.trading.commands import NewCommand, enter
from storage.trading.trading_tables import trading_configs, trading_decisions

_ENCODE = msgspec.json.Encoder().encode
_DECISION = msgspec.json.Decoder(Decision)


class KeptConfig(msgspec.Struct, frozen=True):
    """What an account wants, how often that was changed, when (epoch ms) and by whom.

    `decided_seq` is the newest sealed signal of which was decided.
    """

    account_id: int
    config: TradingConfig
    version: int = 0
    decided_seq: int = 0
    changed_at: int = 0
    changed_by: str = ""


class ShownDecision(msgspec.Struct, frozen=True):
    """A decision and what became of it; `number` and `hash` are of its row of the chain."""

    account_id: int
    number: int
    state: DecisionState
    made_at: int
    hash: str
    decision: Decision


class DecisionStore:
    """Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms."""

    def __init__(self, engine: Engine, heads: Heads, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._heads = heads
        self._clock = clock

    def config(self, account_id: int) -> KeptConfig:
        """Return what an account wants; one that never said wants nothing."""
        here = trading_configs.c.account_id == account_id
        with reading(self._engine) as connection:
            row = connection.execute(select(trading_configs).where(here)).one_or_none()
        return KeptConfig(account_id, TradingConfig()) if row is None else _config(row)

    def enabled(self) -> list[KeptConfig]:
        """Return the accounts that want signals decided of."""
        with reading(self._engine) as connection:
            every = [_config(row) for row in connection.execute(select(trading_configs))]
        return [one for one in every if one.config.enabled]

    def change(
        self, account_id: int, config: TradingConfig, by: str, version: int | None = None
    ) -> KeptConfig:
        """Keep what an account wants from now on: of signals that are sealed later.

        Raises `Conflict` if it is not a change of `version`, where one is named.
        """
        with writing(self._engine) as connection:
            # A row that is not there yet cannot be held: two that are first would both insert it.
            lock_table(connection, trading_configs)
            here = trading_configs.c.account_id == account_id
            query = select(trading_configs).where(here)
            held = connection.execute(query).one_or_none()
            if version not in (None, 0 if held is None else held.version):
                raise Conflict("The configuration was changed meanwhile; send the change again.")
            newest = connection.execute(select(func.max(ledger_signals.c.seq))).scalar() or 0
            values = {
                "config": msgspec.to_builtins(config),
                "version": 1 if held is None else held.version + 1,
                "decided_seq": newest,
                "changed_at": self._clock(),
                "changed_by": by,
            }
            if held is None:
                named = {"account_id": account_id}
                connection.execute(insert(trading_configs).values(values | named))
            else:
                connection.execute(update(trading_configs).where(here).values(values))
        return self.config(account_id)

    def page(
        self,
        account_id: int,
        limit: int,
        before: int | None = None,
        symbols: Sequence[str] | None = None,
    ) -> list[ShownDecision]:
        """Return an account's decisions, the newest first."""
        here = trading_decisions.c
        query = select(trading_decisions).where(here.account_id == account_id)
        if before is not None:
            query = query.where(here.number < before)
        if symbols is not None:
            query = query.where(here.symbol.in_(symbols))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(here.number.desc()).limit(limit))
            return [_shown(row) for row in rows]

    def find(self, account_id: int, decision_id: str) -> ShownDecision:
        """Return a decision of an account; raises `NotFound`."""
        with reading(self._engine) as connection:
            return _find(connection, account_id, decision_id)

    def made(self, account_id: int, ids: Collection[str]) -> dict[str, Decision]:
        """Return decisions of an account by their ids; unknown ones are left out."""
        here = trading_decisions.c
        found: dict[str, Decision] = {}
        with reading(self._engine) as connection:
            for some in in_parts(ids):
                mine = here.account_id == account_id, here.id.in_(some)
                query = select(here.id, here.body).where(*mine)
                found |= {row.id: _DECISION.decode(row.body) for row in connection.execute(query)}
        return found

    def propose(self, account_id: int, decision: Decision) -> ShownDecision:
        """Enter a decision that somebody asked for, which waits to be confirmed.

        One that was made of its signal before is returned as it is.
        """
        if decision.order is None or not decision.needs_confirmation:
            raise ValueError("A proposal is an order that waits for a person.")
        with appending(self._engine, self._heads) as (connection, turn):
            record_decision(connection, turn, self._clock(), account_id, decision)
        return self.find(account_id, decision.id)

    def confirm(self, account_id: int, decision_id: str, by: str) -> ShownDecision:
        """Have the order of a decision placed that waits for it.

        Raises `NotFound`, or `Conflict` for one that does not wait, or whose signal is over.
        """
        return self._answer(account_id, decision_id, by, CONFIRMED)

    def reject(self, account_id: int, decision_id: str, by: str) -> ShownDecision:
        """Let a decision that waits come to nothing; raises as `confirm` does."""
        return self._answer(account_id, decision_id, by, REJECTED)

    def _answer(self, account_id: int, decision_id: str, by: str, kind: Any) -> ShownDecision:
        with appending(self._engine, self._heads) as (connection, turn):
            held = _find(connection, account_id, decision_id)
            until = held.decision.valid_until
            if held.state != "pending":
                raise Conflict(f"The decision is {held.state}; only one that is pending waits.")
            if self._clock() >= until:
                raise Conflict(f"Its signal could be entered until {format_time(until)}.")
            answered = Answered(decision_id=decision_id, by=by)
            _chain(connection, turn, self._clock(), account_id, kind, decision_id, answered)
            _set_state(connection, account_id, decision_id, kind)
            if kind == CONFIRMED:
                _place(connection, account_id, held.decision, self._clock())
        return self.find(account_id, decision_id)


def record_decision(
    connection: Connection, turn: Turn, now: int, account_id: int, decision: Decision
) -> None:
    """Put a decision at the end of the chain, and have its order placed unless it must wait.

    One that was made of the signal before is left alone.
    """
    here = trading_decisions.c
    known = select(here.number).where(here.account_id == account_id, here.id == decision.id)
    if connection.execute(known).first() is not None:
        return
    row = _chain(connection, turn, now, account_id, MADE, decision.id, decision)
    state: DecisionState = "none"
    if decision.order is not None:
        state = "pending" if decision.needs_confirmation else "sent"
    values = {
        "account_id": account_id,
        "id": decision.id,
        "number": row["number"],
        "symbol": decision.symbol,
        "state": state,
        "made_at": now,
        "hash": row["hash"],
        "body": _ENCODE(decision).decode(),
    }
    connection.execute(insert(trading_decisions).values(values))
    if state == "sent":
        _place(connection, account_id, decision, now)


def _place(connection: Connection, account_id: int, decision: Decision, now: int) -> None:
    """Have the order of a decision placed, and that of the account beside it."""
    beside = shadow_of(account_id, "ignore_model")
    for number, order in ((account_id, decision.order), (beside, decision.random_side)):
        if order is not None:
            enter(connection, [NewCommand(number, order, decision.id)], now)


def note_decided(connection: Connection, kept: KeptConfig, seq: int) -> None:
    """Note up to which sealed signal was decided, unless what is wanted changed meanwhile."""
    here = trading_configs.c
    mine = here.account_id == kept.account_id, here.version == kept.version
    connection.execute(update(trading_configs).where(*mine).values(decided_seq=seq))


def _chain(
    connection: Connection,
    turn: Turn,
    now: int,
    account_id: int,
    kind: str,
    decision_id: str,
    body: msgspec.Struct,
) -> dict[str, Any]:
    made = {
        "recorded_at": now,
        "account_id": account_id,
        "kind": kind,
        "decision_id": decision_id,
        "body": _ENCODE(body).decode(),
    }
    return extend(connection, turn, DECISIONS, [made])[0]


def _find(connection: Connection, account_id: int, decision_id: str) -> ShownDecision:
    here = trading_decisions.c
    mine = here.account_id == account_id, here.id == decision_id
    row = connection.execute(select(trading_decisions).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("There is no decision of yours with this id.")
    return _shown(row)


def _set_state(connection: Connection, account_id: int, decision_id: str, state: str) -> None:
    here = trading_decisions.c
    mine = here.account_id == account_id, here.id == decision_id
    connection.execute(update(trading_decisions).where(*mine).values(state=state))


def _config(row: Row[Any]) -> KeptConfig:
    values = dict(zip(row._fields, row, strict=True))
    return KeptConfig(**values | {"config": msgspec.convert(row.config, TradingConfig)})


def _shown(row: Row[Any]) -> ShownDecision:
    decision = _DECISION.decode(row.body)
    return ShownDecision(row.account_id, row.number, row.state, row.made_at, row.hash, decision)
