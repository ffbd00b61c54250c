"""One question from its caller's point of view: what was said before, the tools, what is kept."""

from collections.abc import AsyncGenerator, Mapping

import msgspec
import structlog

from agent.chat.ask import ask
from agent.chat.options import Options, Question
from agent.wires.model_server import ModelServer
from api.agent.caller import Caller
from api.agent.metrics import AgentMetrics
from api.agent.toolbox import CallersToolbox, CallerTool
from api.http.threads import in_database_thread
from api.markets.symbol_resolver import SymbolResolver
from core.answers.chat import ChatAnswer, ChatEvent, Done, Turn
from storage.agent.conversations import ConversationStore, KeptTurn, new_id

log = structlog.get_logger("api")

# So many earlier turns are told to whoever answers.
_EARLIER = 10


class Answering:
    """Answers questions and keeps the answers; `model` is None for the built-in narrator."""

    def __init__(
        self,
        tools: Mapping[str, CallerTool],
        symbols: SymbolResolver,
        kept: ConversationStore,
        model: ModelServer | None,
        options: Options,
        metrics: AgentMetrics,
    ) -> None:
        self._tools = dict(tools)
        self._symbols = symbols
        self._kept = kept
        self._model = model
        self._options = options
        self._metrics = metrics

    async def events(
        self, caller: Caller, message: str, conversation_id: str | None
    ) -> AsyncGenerator[ChatEvent]:
        """Yield what happens, at last `Done`, once the turn is kept.

        Raises `NotFound` for a conversation that is not the caller's, and `Unavailable` where
        the stores are away.
        """
        history: tuple[Turn, ...] = ()
        if conversation_id is not None:
            turns = await in_database_thread(
                self._kept.turns, caller.holder, conversation_id, _EARLIER
            )
            history = tuple(map(_turn, turns))
        chosen = conversation_id or new_id()
        toolbox = CallersToolbox(self._tools, self._symbols, caller)
        question = Question(message=message, conversation_id=chosen, history=history)
        async for event in ask(question, toolbox, self._model, self._options):
            if isinstance(event, Done):
                await self._keep(caller, message, event.answer, begins=conversation_id is None)
            yield event

    async def _keep(
        self, caller: Caller, message: str, answer: ChatAnswer, *, begins: bool
    ) -> None:
        self._metrics.count(answer)
        # What was asked and answered stays out of the log: it is the caller's.
        log.info(
            "chat",
            provider=answer.provider,
            fallback=answer.fallback,
            tools=[call.name for call in answer.tool_calls if call.ok],
        )
        text = msgspec.json.encode(answer).decode()
        if begins:
            await in_database_thread(
                self._kept.begin, caller.holder, message, text, answer.conversation_id
            )
        else:
            await in_database_thread(
                self._kept.add, caller.holder, answer.conversation_id, message, text
            )


def _turn(kept: KeptTurn) -> Turn:
    answer = msgspec.json.decode(kept.answer, type=ChatAnswer)
    return Turn(message=kept.message, response=answer.response)
