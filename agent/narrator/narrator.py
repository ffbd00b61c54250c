"""The narrator: understands a message by a grammar, looks up, and says it; no model is asked."""

import msgspec

from agent.narrator.intents import Intent
from agent.narrator.plan import DEFAULTS, Step, needs_market, plan
from agent.narrator.understand import Understood, understand
from agent.statements.render import Line
from agent.statements.said import Said
from agent.statements.sayings import (
    CAN_ASK,
    CANNOT_ACT,
    ERRORS,
    HELP,
    NO_PROPOSALS,
    NOT_HELD,
    NOT_UNDERSTOOD,
    NOTHING_FITS,
    UNKNOWN_ERROR,
    WHICH_MARKET,
    WHICH_SIDE,
)
from agent.tools.lookups import Lookups
from core.answers.chat import Language, ToolCall, Turn

# What is answered by what can be asked.
_LISTS = {Intent.HELP: HELP, Intent.ACT: CANNOT_ACT, Intent.BEYOND: NOT_HELD}


async def narrate(
    text: str, history: tuple[Turn, ...], language: Language, lookups: Lookups
) -> list[Line]:
    """Return the lines of an answer; calls that were made already are not made again.

    Where the message is not understood but something was looked up, that is said. Raises what the
    toolbox raises if it is away.
    """
    lines: list[Line] = []
    for asked in await understand(text, history, lookups.toolbox):
        lines += [line for line in await _answer(asked, language, lookups) if line not in lines]
    return lines


async def _answer(asked: Understood, language: Language, lookups: Lookups) -> list[Line]:
    """Return what is said to one thing that is asked for."""
    if asked.intent is None:
        return _of_calls(lookups, language) or _list(NOT_UNDERSTOOD, language)
    if asked.intent in _LISTS:
        return _list(_LISTS[asked.intent], language)
    if asked.market is None and needs_market(asked.intent):
        return [_line(WHICH_MARKET, language), *_list(HELP, language)[1:]]
    step = plan(asked)
    if step is None:
        return [_line(WHICH_SIDE, language)]
    if step.tool not in lookups.tools:
        return [_line(NO_PROPOSALS, language)]
    call = await _called(step, lookups)
    if call is None:
        return _of_calls(lookups, language) or [_line(UNKNOWN_ERROR, language)]
    return _lines(step, call, language, lookups)


async def _called(step: Step, lookups: Lookups) -> ToolCall | None:
    """Return the call that a step wants; None where no more calls may be made."""
    tool = lookups.tools[step.tool]
    arguments = msgspec.convert(step.arguments, tool.arguments)
    return await lookups.ask(tool, arguments)


def _lines(step: Step, call: ToolCall, language: Language, lookups: Lookups) -> list[Line]:
    if not call.ok:
        return [_line(ERRORS.get(call.result["error"], UNKNOWN_ERROR), language)]
    said = [lookups.say(name, call.id, 0, language) for name in step.statements]
    said += [
        lookups.say(name, call.id, item, language)
        for item in range(step.most)
        for name in step.each
    ]
    return [line for line in said if line is not None] or [_line(NOTHING_FITS, language)]


def _of_calls(lookups: Lookups, language: Language) -> list[Line]:
    """Return what is usually said of all that was looked up."""
    lines: list[Line] = []
    for call in lookups.calls:
        if call.ok:
            whole, each = DEFAULTS[call.name]
            lines += _lines(Step(call.name, {}, whole, each), call, language, lookups)
    return lines


def _list(head: Said, language: Language) -> list[Line]:
    """Return a sentence and what can be asked."""
    return [_line(head, language), *(Line(f"- {one.by(language)}", []) for one in CAN_ASK)]


def _line(said: Said, language: Language) -> Line:
    return Line(said.by(language), [])
