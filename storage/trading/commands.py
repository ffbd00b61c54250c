"""Commands to the trader: stored once, carried out in order, answered by their rows."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Row, insert, select, update

from core.clock.times import now_ms
from core.errors import Conflict
from core.trading.orders import Command
from storage.database import lock_table, reading, writing
from storage.ledger.ledger_reads import in_parts
from storage.trading.trading_tables import trading_commands

_ENCODE = msgspec.json.Encoder().encode
_DECODE: "msgspec.json.Decoder[Command]" = msgspec.json.Decoder(Command)


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
            return [enter(connection, one, self._clock()) for one in asked]

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
        with reading(self._engine) as connection:
            row = _find(connection, account_id, client_order_id)
        return None if row is None else _DECODE.decode(row.body)


def enter(connection: Connection, asked: NewCommand, now: int) -> Submitted | Conflict:
    """Store a command in a transaction, or find the one that its id stands for."""
    body = _ENCODE(asked.command)
    digest = hashlib.sha256(body).hexdigest()
    told = asked.client_order_id
    name = told or f"made-{secrets.token_hex(12)}"
    held = _find(connection, asked.account_id, name) if told else None
    if held is not None:
        if held.digest != digest:
            return Conflict(f"client_order_id {name} was used for another order.")
        return _submitted(held)
    values = {
        "account_id": asked.account_id,
        "client_order_id": name,
        "idempotent": told is not None,
        "digest": digest,
        "body": body.decode(),
        "created_at": now,
    }
    made = connection.execute(insert(trading_commands).values(values))
    return Submitted(_made_id(made), name, told is not None, replayed=False)


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


def note_result(connection: Connection, command_id: int, now: int, result: Any) -> None:
    """Note what came of a command."""
    here = trading_commands.c.id == command_id
    values = {"handled_at": now, "result": msgspec.to_builtins(result)}
    connection.execute(update(trading_commands).where(here).values(values))


def _find(connection: Connection, account_id: int, client_order_id: str) -> Row[Any] | None:
    here = trading_commands.c
    query = select(trading_commands).where(
        here.account_id == account_id, here.client_order_id == client_order_id
    )
    return connection.execute(query).one_or_none()


def _submitted(row: Row[Any]) -> Submitted:
    result = None if row.handled_at is None else row.result or {}
    return Submitted(row.id, row.client_order_id, row.idempotent, True, result)


def _made_id(made: Any) -> int:
    return int(made.inserted_primary_key[0])
