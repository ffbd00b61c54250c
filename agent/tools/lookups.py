"""The look-ups of one answer: each by the table, checked before and after, counted and kept."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from agent.statements.render import Line, render
from agent.tools.explain import ExplainArguments, ExplainResult
from agent.tools.table import STATEMENTS, TOOLS
from agent.tools.tool import MOST_BYTES, Tool, Toolbox
from core.answers.chat import Language, ToolCall, ToolCalled
from core.errors import ModelUnavailable, RequestError, StillComputing

MOST_CALLS = 6
UNKNOWN = "unknown"
UNKNOWN_TOOL, BAD_ARGUMENTS, BAD_RESULT = "unknown_tool", "bad_arguments", "bad_result"
ONCE_ONLY, STILL_COMPUTING = "once_only", "still_computing"


class Lookups:
    """Calls tools for one answer, at most six; `tell` hears of each that has answered.

    `propose` allows the tool that puts a decision before the caller, once.
    """

    def __init__(
        self, toolbox: Toolbox, tell: Callable[[ToolCalled], None], *, propose: bool
    ) -> None:
        self.toolbox = toolbox
        self.tools = {name: tool for name, tool in TOOLS.items() if propose or not tool.changes}
        self.calls: list[ToolCall] = []
        self._results: dict[str, tuple[Tool, msgspec.Struct]] = {}
        self._tell = tell

    @property
    def left(self) -> int:
        """Return how many calls may still be made."""
        return MOST_CALLS - len(self.calls)

    async def call(self, name: str, arguments: bytes) -> ToolCall:
        """Call a tool with arguments in JSON, as somebody wants it who may want anything.

        An unknown tool and arguments that do not fit are errors of the call, of which neither name
        nor arguments are repeated. Raises what the toolbox raises if it is away.
        """
        tool = self.tools.get(name)
        if tool is None:
            return self._kept(UNKNOWN, {}, {"error": UNKNOWN_TOOL}, ok=False)
        try:
            asked = msgspec.json.decode(arguments, type=tool.arguments)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return self._kept(name, {}, {"error": BAD_ARGUMENTS}, ok=False)
        return await self._ask(tool, asked)

    async def ask(self, tool: Tool, asked: msgspec.Struct) -> ToolCall | None:
        """Call a tool with arguments that fit; what was found out already is not asked again.

        None where no more calls may be made.
        """
        arguments = msgspec.to_builtins(asked)
        for made in self.calls:
            if made.ok and (made.name, made.arguments) == (tool.name, arguments):
                return made
        return await self._ask(tool, asked) if self.left else None

    async def _ask(self, tool: Tool, asked: msgspec.Struct) -> ToolCall:
        arguments = msgspec.to_builtins(asked)
        if tool.changes and any(made.name == tool.name for made in self.calls):
            return self._kept(tool.name, arguments, {"error": ONCE_ONLY}, ok=False)
        begun = time.perf_counter()
        try:
            result = _checked(tool, await self._answer(tool, asked))
        except (RequestError, ModelUnavailable) as error:
            slow = isinstance(error, StillComputing)
            told = {"error": STILL_COMPUTING if slow else error.type}
            return self._kept(tool.name, arguments, told, ok=False, begun=begun)
        if result is None:
            told = {"error": BAD_RESULT}
            return self._kept(tool.name, arguments, told, ok=False, begun=begun)
        call = self._kept(tool.name, arguments, msgspec.to_builtins(result), ok=True, begun=begun)
        self._results[call.id] = (tool, result)
        return call

    def found(self, call_id: str) -> tuple[Tool, Any] | None:
        """Return the tool and the result of a call that went well."""
        return self._results.get(call_id)

    def say(self, statement: str, call_id: str, item: int, language: Language) -> Line | None:
        """Return a statement about the result of a call; None where it cannot be said of it."""
        known, found = STATEMENTS.get(statement), self.found(call_id)
        if known is None or found is None or known[0] is not found[0]:
            return None
        tool, result = found
        of_item = item if known[1].of and _has(result, known[1].of, item) else None
        href = self.toolbox.href(tool.source(result, of_item))
        return render(known[1], result, item, language, call=call_id, href=href)

    async def _answer(self, tool: Tool, asked: msgspec.Struct) -> msgspec.Struct:
        if isinstance(asked, ExplainArguments):
            return ExplainResult(term=asked.term)
        return await self.toolbox.call(tool.name, asked)

    def _kept(
        self,
        name: str,
        arguments: dict[str, Any],
        result: dict[str, Any],
        *,
        ok: bool,
        begun: float | None = None,
    ) -> ToolCall:
        took = 0.0 if begun is None else 1_000 * (time.perf_counter() - begun)
        call = ToolCall(
            id=f"t{len(self.calls) + 1}",
            name=name,
            arguments=arguments,
            result=result,
            ok=ok,
            ms=round(took, 3),
        )
        self.calls.append(call)
        self._tell(ToolCalled(call))
        return call


def _checked(tool: Tool, result: msgspec.Struct) -> msgspec.Struct | None:
    """Return a result if it is what the table says; None if it holds anything else.

    Of one that is too large, the last items of its list are left out.
    """
    told = msgspec.to_builtins(result)
    listed = next((name for name, value in told.items() if isinstance(value, list)), None)
    while len(encoded := msgspec.json.encode(told)) > MOST_BYTES:
        if listed is None or not told[listed]:
            return None
        told[listed].pop()
    try:
        return msgspec.json.decode(encoded, type=tool.result)
    except msgspec.ValidationError:
        return None


def _has(result: Any, name: str, item: int) -> bool:
    return 0 <= item < len(getattr(result, name))
