"""Stopping rules in the chain `decisions`: stated once each, never changed."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, func, select

from core.clock.times import now_ms
from core.errors import Conflict
from core.ledger import DECISIONS
from core.trading.orders import TradeBody
from core.trading.stop_rules import STATED, Evidence, StatedRule, StopRule
from storage.database import reading
from storage.ledger.ledger_chain import extend
from storage.ledger.ledger_heads import Heads
from storage.ledger.ledger_store import appending
from storage.ledger.ledger_tables import decision_events
from storage.trading.accounts import AccountStore
from storage.trading.decisions import DecisionStore
from storage.trading.trading_tables import trading_trades

_ENCODE = msgspec.json.Encoder().encode
_STATED = msgspec.json.Decoder(StatedRule)
# So many points and positions are held against a rule.
_MOST = 100_000
_EVER = 1 << 60


class StopRuleStore:
    """Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms."""

    def __init__(
        self,
        engine: Engine,
        heads: Heads,
        accounts: AccountStore,
        decisions: DecisionStore,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._engine = engine
        self._heads = heads
        self._accounts = accounts
        self._decisions = decisions
        self._clock = clock

    def stated(self, account_id: int) -> list[StatedRule]:
        """Return the rules of an account, the newest first: that one holds."""
        with reading(self._engine) as connection:
            return _stated(connection, account_id)

    def state(self, account_id: int, rule: StopRule, by: str, reason: str) -> StatedRule:
        """State a rule from now on; one that holds already is left as it is.

        Raises `Conflict` if it loosens the one before after trades have ended, and no reason is
        given.
        """
        with appending(self._engine, self._heads) as (connection, turn):
            held = next(iter(_stated(connection, account_id)), None)
            if held is not None and held.rule == rule and not reason:
                return held
            made = _made(connection, account_id, rule, by, reason, held)
            now = self._clock()
            row = {
                "recorded_at": now,
                "account_id": account_id,
                "kind": STATED,
                "decision_id": STATED,
                "body": _ENCODE(made).decode(),
            }
            extend(connection, turn, DECISIONS, [row])
            return msgspec.structs.replace(made, stated_at=now)

    def check(self, account_id: int, rule: StopRule, by: str, reason: str) -> None:
        """Raise what `state` would."""
        with reading(self._engine) as connection:
            held = next(iter(_stated(connection, account_id)), None)
            _made(connection, account_id, rule, by, reason, held)

    def accounts(self) -> list[int]:
        """Return the accounts that have a rule."""
        here = decision_events.c
        query = select(here.account_id).where(here.ledger == DECISIONS, here.kind == STATED)
        with reading(self._engine) as connection:
            return sorted(set(connection.execute(query.distinct()).scalars()))

    def evidence(self, account_id: int) -> Evidence | None:
        """Return what the newest rule of an account is held against, None where it has none."""
        stated = next(iter(self.stated(account_id)), None)
        if stated is None:
            return None
        since = stated.stated_at
        points = self._accounts.equity(account_id, since, _EVER, _MOST)
        ended = self._accounts.trades(account_id, since, _EVER, _MOST)
        bodies = [msgspec.convert(one.body, TradeBody) for one in reversed(ended)]
        bodies = [one for one in bodies if one.opened_at >= since]
        decided = {one.decision_id for one in bodies if one.decision_id is not None}
        made = self._decisions.made(account_id, decided)
        return Evidence(stated, [point.equity for point in points], bodies, made)


def _made(
    connection: Connection,
    account_id: int,
    rule: StopRule,
    by: str,
    reason: str,
    held: StatedRule | None,
) -> StatedRule:
    mine = trading_trades.c.account_id == account_id
    count = select(func.count()).select_from(trading_trades).where(mine)
    trades = int(connection.execute(count).scalar() or 0)
    loosens = held is not None and rule.loosens(held.rule)
    if loosens and trades and not reason:
        raise Conflict(
            f"stop_rule would loosen the rule after {trades} trades: it can only be stated anew, "
            "in a row that stays. Say why in stop_reason."
        )
    return StatedRule(rule=rule, by=by, reason=reason, trades=trades, loosens=loosens)


def _stated(connection: Connection, account_id: int) -> list[StatedRule]:
    here: Any = decision_events.c
    query = select(here.body, here.recorded_at).where(
        here.ledger == DECISIONS, here.account_id == account_id, here.kind == STATED
    )
    return [
        msgspec.structs.replace(_STATED.decode(row.body), stated_at=row.recorded_at)
        for row in connection.execute(query.order_by(here.number.desc()))
    ]
