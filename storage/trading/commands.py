"""Commands to the trader: stored once, carried out in order, answered by their rows."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, bindparam, insert, select, update

from core.clock.times import now_ms
from core.errors import Conflict
from core.trading.orders import Command
from storage.database import lock_table, reading, writing
from storage.ledger.ledger_reads import in_parts
from storage.trading.trading_tables import trading_commands

_ENCODE = msgspec.json.Encoder().encode
_DECODE: "msgspec.json.Decoder[Command]" = msgspec.json.Decoder(Command)
# An account and a client_order_id of it.
_Key = tuple[int, str]
# Made once: that costs more than what they find.
_HELD = select(trading_commands).where(
    trading_commands.c.account_id == bindparam("account_id"),
    trading_commands.c.client_order_id.in_(bindparam("names", expanding=True)),
)
_NOTE = update(trading_commands).where(trading_commands.c.id == bindparam("command_id"))
_INSERT = insert(trading_commands).returning(trading_commands.c.id, sort_by_parameter_order=True)


class NewCommand(msgspec.Struct, frozen=True):
    """What an account asks for; an id of the caller's makes repeating it harmless."""

    account_id: int
    command: Command
    client_order_id: str | None = None


class Submitted(msgspec.Struct, frozen=True):
    """The row of a command; `replayed` says that it was there before.

    `result` is None until the trader has carried it out or refused it.
    """

    id: int
    client_order_id: str
    idempotent: bool
    replayed: bool
    result: dict[str, Any] | None = None


class WaitingCommand(msgspec.Struct, frozen=True):
    """A command that the trader has not taken up."""

    id: int
    account_id: int
    client_order_id: str
    created_at: int
    command: Command


class CommandStore:
    """Every method may raise `DatabaseUnavailable`. `clock` returns epoch ms."""

    def __init__(self, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._engine = engine
        self._clock = clock

    def submit(self, asked: Sequence[NewCommand]) -> list[Submitted | Conflict]:
        """Store commands by one commit, in order.

        One whose id its account has used before is answered by that one's row, or by
        `Conflict` if it asked for something else.
        """
        with writing(self._engine) as connection:
            lock_table(connection, trading_commands)
            return enter(connection, asked, self._clock())

    def results(self, ids: Sequence[int]) -> Mapping[int, dict[str, Any]]:
        """Return what came of those commands that the trader has handled."""
        found: dict[int, dict[str, Any]] = {}
        here = trading_commands.c
        with reading(self._engine) as connection:
            for part in in_parts(ids):
                query = select(here.id, here.result).where(
                    here.id.in_(part), here.handled_at.is_not(None)
                )
                found |= {row.id: row.result or {} for row in connection.execute(query)}
        return found

    def asked(self, account_id: int, client_order_id: str) -> Command | None:
        """Return what was asked for under an account's id."""
        key = account_id, client_order_id
        with reading(self._engine) as connection:
            row = _find(connection, [key]).get(key)
        return None if row is None else _DECODE.decode(row.body)


def enter(
    connection: Connection, asked: Sequence[NewCommand], now: int
) -> list[Submitted | Conflict]:
    """Store commands in a transaction, in order, or find the ones that their ids stand for."""
    every = [_values(one, now) for one in asked]
    held = _find(connection, [_key(values) for values in every if values["idempotent"]])
    fresh: dict[_Key, dict[str, Any]] = {}
    for values in every:
        if _key(values) not in held:
            fresh.setdefault(_key(values), values)
    ids = dict(zip(fresh, _insert(connection, list(fresh.values())), strict=True))
    answers: list[Submitted | Conflict] = []
    for values in every:
        key, name = _key(values), values["client_order_id"]
        row, first = held.get(key), fresh.get(key, values)
        if values["digest"] != (first["digest"] if row is None else row.digest):
            answers.append(Conflict(f"client_order_id {name} was used for another order."))
        elif row is not None:
            answers.append(_submitted(row))
        else:
            answers.append(Submitted(ids[key], name, values["idempotent"], first is not values))
    return answers


def _values(asked: NewCommand, now: int) -> dict[str, Any]:
    body = _ENCODE(asked.command)
    return {
        "account_id": asked.account_id,
        "client_order_id": asked.client_order_id or f"made-{secrets.token_hex(12)}",
        "idempotent": asked.client_order_id is not None,
        "digest": hashlib.sha256(body).hexdigest(),
        "body": body.decode(),
        "created_at": now,
    }


def _key(values: Mapping[str, Any]) -> _Key:
    return values["account_id"], values["client_order_id"]


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows in order; returns their ids, which grow with it."""
    if not rows:
        return []
    return list(connection.execute(_INSERT, rows).scalars())


def waiting(connection: Connection, limit: int) -> list[WaitingCommand]:
    """Return the oldest commands that were not taken up."""
    here = trading_commands.c
    query = select(here.id, here.account_id, here.client_order_id, here.created_at, here.body)
    query = query.where(here.handled_at.is_(None)).order_by(here.id).limit(limit)
    return [
        WaitingCommand(
            row.id, row.account_id, row.client_order_id, row.created_at, _DECODE.decode(row.body)
        )
        for row in connection.execute(query)
    ]


def note_results(connection: Connection, results: Mapping[int, Any], now: int) -> None:
    """Note what came of commands, by their ids."""
    noted = [
        {"command_id": number, "handled_at": now, "result": msgspec.to_builtins(result)}
        for number, result in results.items()
    ]
    if noted:
        connection.execute(_NOTE, noted)


def _find(connection: Connection, keys: Sequence[_Key]) -> dict[_Key, Row[Any]]:
    found: dict[_Key, Row[Any]] = {}
    for account_id in {account_id for account_id, _ in keys}:
        names = [name for number, name in keys if number == account_id]
        for part in in_parts(names):
            rows = connection.execute(_HELD, {"account_id": account_id, "names": list(part)})
            found |= {(row.account_id, row.client_order_id): row for row in rows}
    return found


def _submitted(row: Row[Any]) -> Submitted:
    result = None if row.handled_at is None else row.result or {}
    return Submitted(row.id, row.client_order_id, row.idempotent, True, result)
