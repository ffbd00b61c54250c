"""The way from a question to its answer, told as it goes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from msgspec.structs import replace

from agent.chat.model_loop import choose
from agent.chat.options import Options, Question, recent
from agent.narrator.narrator import narrate
from agent.narrator.understand import language_of
from agent.statements.render import Line
from agent.tools.lookups import Lookups
from agent.tools.tool import Toolbox
from agent.wires.model_server import ModelServer
from core.answers.chat import ChatAnswer, ChatEvent, Done, Fallback, Provider, Stated

NARRATOR = "narrator-1"


async def ask(
    question: Question, toolbox: Toolbox, model: ModelServer | None, options: Options
) -> AsyncIterator[ChatEvent]:
    """Tell what is looked up, what is said, and at last the whole answer.

    Without a model the narrator answers, and also where the model is away or cannot be used. Who
    stops listening ends the work, a call of the model, too. Raises what the toolbox raises if it
    is away (`Unavailable`).
    """
    events: asyncio.Queue[ChatEvent | None] = asyncio.Queue()
    work = asyncio.create_task(_answer(question, toolbox, model, options, events.put_nowait))
    work.add_done_callback(lambda _: events.put_nowait(None))
    try:
        while (event := await events.get()) is not None:
            yield event
        await work
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


class _Said(NamedTuple):
    """Lines, and who said them."""

    lines: list[Line]
    provider: Provider
    model: str
    fallback: Fallback | None = None
    comment: str | None = None


async def _answer(
    question: Question,
    toolbox: Toolbox,
    model: ModelServer | None,
    options: Options,
    tell: Callable[[ChatEvent], None],
) -> None:
    kept = replace(question, history=recent(question.history))
    language = kept.language or language_of(kept.message, kept.history)
    lookups = Lookups(toolbox, tell, propose=options.propose)
    fallback: Fallback | None = None
    said: _Said | None = None
    if model is not None:
        chosen = await choose(kept, language, lookups, model, options)
        if isinstance(chosen, str):
            fallback = chosen
        else:
            said = _Said(chosen.lines, model.provider, model.model, None, chosen.comment)
    if said is None:
        lines = await narrate(kept.message, kept.history, language, lookups)
        said = _Said(lines, "builtin", NARRATOR, fallback)
    lines = [_placed(line, number) for number, line in enumerate(said.lines)]
    for line in lines:
        tell(Stated(line.text, line.citations[0] if line.citations else None, line.citations))
    tell(
        Done(
            ChatAnswer(
                response="\n".join(line.text for line in lines),
                tool_calls=lookups.calls,
                conversation_id=kept.conversation_id,
                citations=[each for line in lines for each in line.citations],
                provider=said.provider,
                model=said.model,
                degraded=said.fallback is not None,
                fallback=said.fallback,
                comment=said.comment,
                language=language,
            )
        )
    )


def _placed(line: Line, number: int) -> Line:
    """Return a line whose citations know that it is the `number`-th of the answer."""
    return Line(line.text, [replace(each, line=number) for each in line.citations])
