"""The kill switch: what the account of a key may do."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_database_thread
from api.trading.account_of import account_number, caller_name
from api.trading.command_door import wake_trader
from api.trading.schemas_auto import SwitchAnswer, SwitchRequest
from core.clock.times import format_time, now_ms
from core.errors import DatabaseUnavailable, Forbidden, Unavailable
from core.trading.accounts import STATES, Account, TradingState, is_at_venue, owner_of
from core.trading.orders import ClosePosition
from storage.access.access_keys import OWNER
from storage.stores import Stores
from storage.trading.commands import NewCommand
from storage.trading.lease import LEASE_MS
from storage.trading.switches import EVERYBODY, Switch, stricter

_LOOK_S = 0.02
# The lease of a trader that is gone runs out meanwhile (s).
_WAITED_S = LEASE_MS / 1_000 + 1.0
# So long a change is tried while the database is locked (s).
_LOCKED_S = 30.0
_UNDER_WAY = ("accepted", "sent", "unknown", "partially_filled")

Written = TypeVar("Written")


class NotHalted(Unavailable):
    """What an account may do could not be changed."""

    type = "switch_not_changed"


class SwitchResource:
    """`POST /api/v1/auto-trade/halt`, `/reduce` and `/resume`"""

    def __init__(self, stores: Stores, wake: Callable[[], object]) -> None:
        self._stores = stores
        self._wake = wake

    @operation("halt_trading", "trading", {200: SwitchAnswer}, errors=(403,), body=True)
    async def on_post_halt(self, req: Request, resp: Response, json: SwitchRequest) -> None:
        """Take no more orders at all, and cancel resting entries; stops of positions stay.

        The answer comes once the trader has acted on it, or its lease has run out: no order is
        sent after it. Works while Redis is away.
        """
        resp.media = await self._change(req, "HALTED", json)

    @operation("reduce_trading", "trading", {200: SwitchAnswer}, errors=(403,), body=True)
    async def on_post_reduce(self, req: Request, resp: Response, json: SwitchRequest) -> None:
        """Take only orders that shrink positions. Of an account that is halted, for owners."""
        resp.media = await self._change(req, "REDUCING", json)

    @operation("resume_trading", "trading", {200: SwitchAnswer}, errors=(403,), body=True)
    async def on_post_resume(self, req: Request, resp: Response, json: SwitchRequest) -> None:
        """Take orders again; for owners."""
        resp.media = await self._change(req, "ACTIVE", json)

    async def _change(
        self, req: Request, state: TradingState, asked: SwitchRequest
    ) -> SwitchAnswer:
        key, mine = req.context.key, account_number(req)
        owner = key is None or key.role == OWNER
        if asked.scope == "all" and not owner:
            raise Forbidden("Only an owner's key switches every account.")
        scope = EVERYBODY if asked.scope == "all" else mine
        held = await in_database_thread(self._state, scope)
        if STATES.index(state) < STATES.index(held) and not owner:
            raise Forbidden(f"Only an owner's key leads from {held} to {state}.")
        resting = await in_database_thread(self._open_orders, scope)
        if asked.flatten:
            await _until_written(partial(self._flatten, scope))
            await wake_trader(self._wake)
            await asyncio.sleep(_LOOK_S)
        changed = await _until_written(
            partial(
                self._stores.switches.change,
                scope,
                state,
                asked.reason,
                caller_name(req),
                flatten=asked.flatten,
            )
        )
        await wake_trader(self._wake)
        acknowledged = await self._acknowledged(changed)
        return await in_database_thread(self._answer, changed, acknowledged, resting)

    def _state(self, scope: int) -> TradingState:
        switch = self._stores.switches.of(scope)[0].state
        account = self._stores.trading.get(scope)
        own = account.state if account else "ACTIVE"
        return stricter(switch, own)

    def _open_orders(self, scope: int) -> dict[int, str]:
        """Return the orders that are not at their end, and how far each was."""
        return {
            number: order.state
            for account in self._accounts(scope)
            for number, order in account.orders.items()
        }

    def _flatten(self, scope: int) -> None:
        """Ask for every position of the account to be closed."""
        asked = [
            NewCommand(account.account_id, ClosePosition(position_id=number))
            for account in self._accounts(scope)
            for number in account.positions
        ]
        if asked:
            self._stores.commands.submit(asked)

    def _accounts(self, scope: int) -> list[Account]:
        """Return the accounts that a switch is of, without those that never traded."""
        if scope == EVERYBODY:
            return self._stores.trading.all()
        every = self._stores.trading.all()
        return [one for one in every if scope in (one.account_id, _owner(one.account_id))]

    async def _acknowledged(self, changed: Switch) -> bool:
        """Wait until the trader has acted on a change, or can write no more."""
        ends = time.monotonic() + _WAITED_S
        while time.monotonic() < ends:
            if await in_database_thread(self._is_over, changed):
                return True
            await asyncio.sleep(_LOOK_S)
        return False

    def _is_over(self, changed: Switch) -> bool:
        held = self._stores.switches.of(changed.scope)[0]
        if held.echoed >= changed.epoch:
            return True
        lease = self._stores.lease.held()
        return lease is None or not lease.holds(now_ms())

    def _answer(self, changed: Switch, acknowledged: bool, resting: dict[int, str]) -> SwitchAnswer:
        left = self._open_orders(changed.scope)
        return SwitchAnswer(
            state=changed.state,
            epoch=changed.epoch,
            reason=changed.reason,
            acknowledged=acknowledged,
            in_flight=[str(n) for n, state in left.items() if state in _UNDER_WAY],
            cancelled=[str(n) for n in resting if n not in left],
            changed_at=format_time(changed.changed_at),
        )


def _owner(account_id: int) -> int | None:
    """Return whose account at a venue it is, None of one on paper."""
    return owner_of(account_id) if is_at_venue(account_id) else None


async def _until_written(write: Callable[[], Written]) -> Written:
    """Write to SQL, again and again while another process holds its lock.

    A trader that stands still with the lock is ended meanwhile (`operate.trader.guard`).
    """
    ends = time.monotonic() + _LOCKED_S
    while True:
        try:
            return await in_database_thread(write)
        except DatabaseUnavailable:
            if time.monotonic() >= ends:
                raise NotHalted(
                    "The change is NOT made: the database did not take it for "
                    f"{_LOCKED_S:.0f} s. Send it again.",
                    retry_after=1,
                ) from None
        await asyncio.sleep(_LOOK_S)
