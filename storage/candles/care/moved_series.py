"""Series that are deleted or renamed: their keys change names in one transaction, and back.

What is deleted lies under other names for a day, and goes by itself then. Ledgers, sealed
signals and trainings are never touched.
"""

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
import redis

from core.clock.resolutions import DAY
from core.clock.times import now_ms
from core.errors import Conflict, NotFound
from core.series import Series
from storage import keys
from storage.candles.candle_commands import key, own_keys
from storage.optimistic import optimistic
from storage.redis_connection import redis_errors

# What is told of a move goes a minute before what was moved does.
_KEPT_S, _TOLD_S = DAY, DAY - 60


class Move(msgspec.Struct, frozen=True):
    """What was deleted, or renamed `to` another symbol, and until when (epoch ms) it is undone."""

    id: str
    series: list[Series]
    until: int
    to: str | None = None


class MovedSeries:
    """Deletes, renames, and undoes it. Every method may raise `RedisUnavailable`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client: Any = client

    def delete(self, series: Sequence[Series]) -> Move:
        """Take all candles of series out, for a day to be undone."""
        move = _move(series)
        aside = [(name, keys.moved(move.id, name)) for one in series for name in own_keys(one)]
        self._carry_out(move, aside, gone=series, come=())
        return move

    def rename(self, series: Sequence[Series], to: str) -> Move:
        """Give the candles of series another symbol.

        Raises `Conflict` if candles of that are held.
        """
        move, new = _move(series, to), [_renamed(one, to) for one in series]
        pairs = [
            names
            for one, other in zip(series, new, strict=True)
            for names in zip(own_keys(one), own_keys(other), strict=True)
        ]
        self._carry_out(move, pairs, gone=series, come=new)
        return move

    def undo(self, move_id: str) -> Move:
        """Put back what a move took; raises `NotFound`, and `Conflict` for what is held again."""
        with redis_errors():
            told = self._client.get(keys.moved(move_id, "told"))
        if told is None:
            raise NotFound("There is nothing to be undone under this id; that is so after a day.")
        move = msgspec.json.decode(told, type=Move)
        before = [_renamed(one, move.to) if move.to else one for one in move.series]
        pairs = [
            (keys.moved(move.id, name) if move.to is None else other, name)
            for one, was in zip(move.series, before, strict=True)
            for name, other in zip(own_keys(one), own_keys(was), strict=True)
        ]
        gone = before if move.to else ()
        self._carry_out(move, pairs, gone=gone, come=move.series, undone=True)
        return move

    def _carry_out(
        self,
        move: Move,
        pairs: Sequence[tuple[str, str]],
        gone: Sequence[Series],
        come: Sequence[Series],
        *,
        undone: bool = False,
    ) -> None:
        told = keys.moved(move.id, "told")

        def change(pipe: Any) -> int:
            held = [one for one in come if pipe.exists(key(one, "close"))]
            if held:
                raise Conflict(f"Candles are held of {', '.join(map(str, held))}.")
            there = [(old, new) for old, new in pairs if pipe.exists(old)]
            pipe.multi()
            for old, new in there:
                pipe.rename(old, new)
                if undone or come:
                    pipe.persist(new)
                else:
                    pipe.expire(new, _KEPT_S)
            for one in gone:
                pipe.delete(keys.packed_candles(one))
                pipe.srem(keys.SERIES_INDEX, str(one))
            for one in come:
                pipe.delete(keys.packed_candles(one))
                pipe.sadd(keys.SERIES_INDEX, str(one))
            if undone:
                pipe.delete(told)
            else:
                pipe.set(told, msgspec.json.encode(move), ex=_TOLD_S)
            return len(there)

        watched = [keys.candle_state(one) for one in (*gone, *come)]
        with redis_errors():
            optimistic(self._client, watched, change)


def _move(series: Sequence[Series], to: str | None = None) -> Move:
    return Move(secrets.token_hex(8), list(series), now_ms() + _TOLD_S * 1_000, to)


def _renamed(series: Series, symbol: str) -> Series:
    return msgspec.structs.replace(series, symbol=symbol)
