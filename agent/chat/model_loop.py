"""The loop around a model: it may call tools, and must end by choosing statements."""

import asyncio

from agent.chat.final_message import Chosen, read, shape
from agent.chat.options import MOST_BAD_CALLS, MOST_RETRIES, Options, Question
from agent.chat.prompt import again, opening, told
from agent.tools.lookups import BAD_ARGUMENTS, MOST_CALLS, UNKNOWN_TOOL, Lookups
from agent.wires.model_server import (
    AnswerTooLarge,
    MadeCall,
    MadeCalls,
    Message,
    ModelAway,
    ModelServer,
    Reply,
    WantedCall,
)
from core.answers.chat import Fallback, Language


async def choose(
    question: Question,
    language: Language,
    lookups: Lookups,
    model: ModelServer,
    options: Options,
) -> Chosen | Fallback:
    """Return what the model chose to say, or why nothing of it can be used.

    Raises what the toolbox raises if it is away.
    """
    try:
        async with asyncio.timeout(options.seconds):
            return await _Loop(question, language, lookups, model, options).run()
    except TimeoutError:
        return "timeout"
    except ModelAway:
        return "away"
    except AnswerTooLarge:
        return "too_large"


class _Loop:
    """What was said so far, and how often the model was wrong."""

    def __init__(
        self,
        question: Question,
        language: Language,
        lookups: Lookups,
        model: ModelServer,
        options: Options,
    ) -> None:
        self._language = language
        self._lookups = lookups
        self._model = model
        self._comment = options.comment
        self._tools = list(lookups.tools.values())
        self._said: list[Message | MadeCalls] = [*opening(question, self._tools, MOST_CALLS)]
        self._bad = self._retries = 0

    async def run(self) -> Chosen | Fallback:
        """Ask until the model has chosen, or may not be asked again."""
        while True:
            reply = await self._ask()
            if not reply.calls:
                chosen = self._read(reply.text)
                if chosen is not None:
                    return chosen
                if self._retries == MOST_RETRIES:
                    return "ungrounded"
                self._retries += 1
                # Its own words are not repeated to it: they may be what led it astray.
                self._said.append(again())
                continue
            if self._retries or len(reply.calls) > self._lookups.left:
                return "too_many_calls"
            if not await self._call(reply.calls):
                return "bad_calls"

    async def _ask(self) -> Reply:
        """Return the model's next words: with tools at first, then in the shape of an answer."""
        if self._retries:
            return await self._model.reply(self._said, [], shape())
        return await self._model.reply(self._said, self._tools if self._lookups.left else [])

    def _read(self, text: str) -> Chosen | None:
        return read(text, self._lookups, self._language, comment=self._comment)

    async def _call(self, wanted: tuple[WantedCall, ...]) -> bool:
        """Make calls; False as soon as more were wrong than may be."""
        made = []
        for each in wanted:
            call = await self._lookups.call(each.name, each.arguments)
            made.append(MadeCall(call.id, call.name, call.arguments, told(call)))
            if not call.ok and call.result["error"] in (UNKNOWN_TOOL, BAD_ARGUMENTS):
                self._bad += 1
            if self._bad > MOST_BAD_CALLS:
                return False
        self._said.append(MadeCalls(tuple(made)))
        return True
