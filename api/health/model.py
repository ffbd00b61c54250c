"""The agent's model server as health tells of it: looked at beside the answer, never waited for."""

import asyncio
import time
from collections.abc import Callable

from msgspec import Struct

from agent.chat.ask import NARRATOR
from agent.wires.model_server import ModelServer
from core.answers.chat import Provider

# A look is believed so long (s); the first one is waited for so long.
_FRESH_S, _FIRST_S = 5.0, 0.25


class AgentModel(Struct, frozen=True):
    """Who chooses what the agent says, and whether it answers."""

    provider: Provider
    name: str
    reachable: bool = True
    gpu_available: bool = False

    @property
    def broken(self) -> dict[str, str]:
        """Return what is not well, by part."""
        if self.reachable:
            return {}
        return {"model": "the agent's model server does not answer; the narrator does"}


BUILT_IN = AgentModel("builtin", NARRATOR)


class ModelHealth:
    """What is known of the model server; None is the built-in narrator."""

    def __init__(
        self,
        server: ModelServer | None,
        provider: Provider,
        name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._known = AgentModel(provider, name) if server else BUILT_IN
        self._clock = clock
        self._looked_at = float("-inf")
        self._look: asyncio.Task[None] | None = None

    async def known(self) -> AgentModel:
        """Return what was seen last, and look anew where that is long ago."""
        if self._server is None:
            return self._known
        first = self._looked_at == float("-inf")
        if self._clock() - self._looked_at > _FRESH_S and not self._is_looking():
            self._looked_at = self._clock()
            self._look = asyncio.create_task(self._ask(self._server))
            if first:
                await asyncio.wait({self._look}, timeout=_FIRST_S)
        return self._known

    async def process_shutdown(self, scope: object, event: object) -> None:
        """Close the connections to the model server (ASGI lifespan)."""
        if self._look is not None:
            self._look.cancel()
        if self._server is not None:
            await self._server.close()

    def _is_looking(self) -> bool:
        look = self._look
        return (
            look is not None and not look.done() and look.get_loop() is asyncio.get_running_loop()
        )

    async def _ask(self, server: ModelServer) -> None:
        status = await server.status()
        known = self._known
        self._known = AgentModel(known.provider, known.name, status.reachable, status.gpu_available)
