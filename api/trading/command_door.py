"""The api's way to the trader: a command is a row, and its answer is written beside it.

Commands that come while a commit is under way are stored together by the next one, and one query
asks for the answers of all who wait: neither grows with the number of callers. Redis only wakes
the trader; without it an answer takes a fraction of a second longer.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from api.http.threads import in_database_thread, in_thread
from core.errors import Conflict, TickcastError, Unavailable
from core.trading.orders import Command, CommandResult
from storage.trading.commands import CommandStore, NewCommand, Submitted

# The trader is waited for so long (s); what it has not taken up by then it may take up later.
WAITED_S = 5.0
_LOOK_S = 0.005
_WAKE_S = 0.2
# So many commands are stored by one commit.
_MOST = 200


class TraderAway(Unavailable):
    """A command is stored, but nobody has taken it up: whether it will be is not known."""

    type = "trader_unavailable"


class Carried(msgspec.Struct, frozen=True):
    """What came of a command, and its row."""

    submitted: Submitted
    result: CommandResult


class CommandDoor:
    """Stores commands and waits for what comes of them; belongs to one event loop."""

    def __init__(self, commands: CommandStore, wake: Callable[[], object]) -> None:
        self._commands = commands
        self._wake = wake
        self._entering: list[tuple[NewCommand, asyncio.Future[Submitted | Conflict]]] = []
        self._waiting: dict[int, list[asyncio.Future[dict[str, Any]]]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._storing = self._looking = False

    async def carry_out(
        self, account_id: int, command: Command, client_order_id: str | None
    ) -> Carried:
        """Store a command and return what came of it.

        Raises `Conflict` for an id that was used for another command, and `TraderAway` if the
        trader does not answer in time.
        """
        submitted = await self.store(NewCommand(account_id, command, client_order_id))
        result = submitted.result
        if result is None:
            result = await self._answer(submitted.id)
        return Carried(submitted, msgspec.convert(result, CommandResult))

    async def store(self, asked: NewCommand) -> Submitted:
        """Store a command, together with others that come at the same time."""
        entered: asyncio.Future[Submitted | Conflict] = asyncio.get_running_loop().create_future()
        self._entering.append((asked, entered))
        if not self._storing:
            self._storing = True
            self._begin(self._store_all())
        # That one caller goes does not take back what was asked.
        stored = await asyncio.shield(entered)
        if isinstance(stored, Conflict):
            raise stored
        return stored

    async def _store_all(self) -> None:
        try:
            while self._entering:
                part, self._entering = self._entering[:_MOST], self._entering[_MOST:]
                await self._store_part(part)
        finally:
            self._storing = False

    async def _store_part(
        self, part: list[tuple[NewCommand, asyncio.Future[Submitted | Conflict]]]
    ) -> None:
        asked = [one for one, _ in part]
        try:
            stored = await in_database_thread(self._commands.submit, asked)
        except BaseException as error:
            for _, entered in part:
                _fail(entered, error)
            if not isinstance(error, TickcastError):
                raise
            return
        for (_, entered), one in zip(part, stored, strict=True):
            if not entered.done():
                entered.set_result(one)
        await wake_trader(self._wake)

    async def _answer(self, command_id: int) -> dict[str, Any]:
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(command_id, []).append(answered)
        if not self._looking:
            self._looking = True
            self._begin(self._look())
        try:
            return await asyncio.wait_for(answered, WAITED_S)
        except TimeoutError:
            raise TraderAway(
                "The trader does not answer. The order is stored and may be carried out yet: "
                "repeat the call with the same client_order_id to learn what came of it."
            ) from None
        finally:
            self._forget(command_id, answered)

    async def _look(self) -> None:
        """Ask for the answers of all who wait, as long as anybody does."""
        try:
            while self._waiting:
                began, ids = time.monotonic(), list(self._waiting)
                try:
                    found = await in_database_thread(partial(self._commands.results, ids))
                except Unavailable:
                    found = {}
                for command_id, result in found.items():
                    for answered in self._waiting.pop(command_id, []):
                        if not answered.done():
                            answered.set_result(result)
                # Asking takes no more than a tenth of the time, in which orders could be taken.
                await asyncio.sleep(max(_LOOK_S, 9 * (time.monotonic() - began)))
        finally:
            self._looking = False

    def _forget(self, command_id: int, answered: asyncio.Future[dict[str, Any]]) -> None:
        waiting = self._waiting.get(command_id, [])
        with contextlib.suppress(ValueError):
            waiting.remove(answered)
        if not waiting:
            self._waiting.pop(command_id, None)

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def wake_trader(wake: Callable[[], object]) -> None:
    """Wake the trader if that is quick: it looks for work by itself, and Redis may hang."""
    with contextlib.suppress(TickcastError, TimeoutError):
        await asyncio.wait_for(in_thread(wake), _WAKE_S)


def _fail(entered: asyncio.Future[Any], error: BaseException) -> None:
    if not entered.done():
        entered.set_exception(error)
