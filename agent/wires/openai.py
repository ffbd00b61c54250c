"""The protocol of OpenAI, which many servers speak: `POST /v1/chat/completions`, in events."""

from contextlib import aclosing
from typing import Any

import msgspec

from agent.tools.tool import Tool
from agent.wires.bounded import BoundedCalls, decoded
from agent.wires.model_server import (
    MOST_TOKENS,
    MadeCalls,
    Message,
    ModelAway,
    ModelStatus,
    ParameterRefused,
    Reply,
)
from agent.wires.replies import Gathered, described
from core.answers.chat import Provider

_DATA, _END = b"data:", b"[DONE]"


class OpenAiServer:
    """A model behind a server that speaks as OpenAI does."""

    provider: Provider = "openai"

    def __init__(self, calls: BoundedCalls, model: str) -> None:
        self._calls = calls
        self.model = model
        self._limits: dict[str, Any] = {"temperature": 0, "max_tokens": MOST_TOKENS}

    async def reply(
        self,
        said: list[Message | MadeCalls],
        tools: list[Tool],
        shape: dict[str, Any] | None = None,
    ) -> Reply:
        """Return what the model says next; see `ModelServer`."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [part for each in said for part in _messages(each)],
            "stream": True,
            **self._limits,
        }
        if tools:
            body["tools"] = described(tools)
        if shape is not None:
            named = {"name": "answer", "schema": shape, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        try:
            return await self._reply(body)
        except ParameterRefused as refused:
            if not self._without(refused.parameter):
                raise
            return await self.reply(said, tools, shape)

    def _without(self, parameter: str) -> bool:
        """Ask no more with a parameter that the model refuses; False if that was done already."""
        value = self._limits.pop(parameter, None)
        if parameter == "max_tokens" and value is not None:
            self._limits["max_completion_tokens"] = value
        return value is not None

    async def _reply(self, body: dict[str, Any]) -> Reply:
        gathered = Gathered()
        async with aclosing(self._calls.lines("/v1/chat/completions", body)) as lines:
            async for line in lines:
                # Comments, names of events and the like say nothing.
                if line.startswith(_DATA):
                    told = line.removeprefix(_DATA).strip()
                    if told == _END or _take(decoded(told), gathered):
                        return gathered.reply()
        raise ModelAway("the answer ended before it was done")

    async def status(self) -> ModelStatus:
        """Return whether it lists models; of graphics processors the protocol says nothing."""
        found = await self._calls.get("/v1/models")
        return ModelStatus(reachable=found is not None, gpu_available=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._calls.close()


def _take(part: dict[str, Any], gathered: Gathered) -> bool:
    """Add what an event says; True at the end. What comes after that is not read."""
    if part.get("error"):
        raise ModelAway("the server tells of an error")
    choices = part.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, dict):
        return False
    delta = first.get("delta")
    if isinstance(delta, dict):
        gathered.add_text(delta.get("content"))
        wanted = delta.get("tool_calls")
        for call in wanted if isinstance(wanted, list) else []:
            _take_call(call, gathered)
    return first.get("finish_reason") is not None


def _take_call(call: Any, gathered: Gathered) -> None:
    told = call.get("function") if isinstance(call, dict) else None
    if not isinstance(told, dict):
        gathered.add_call(gathered.next_place, None, None)
        return
    place = call.get("index")
    whole = not isinstance(place, int) or isinstance(place, bool)
    gathered.add_call(
        gathered.next_place if whole else place, told.get("name"), told.get("arguments")
    )


def _messages(said: Message | MadeCalls) -> list[dict[str, Any]]:
    if isinstance(said, Message):
        return [{"role": said.role, "content": said.text}]
    asked = [
        {
            "id": call.id,
            "type": "function",
            "function": {
                "name": call.name,
                "arguments": msgspec.json.encode(call.arguments).decode(),
            },
        }
        for call in said.calls
    ]
    return [
        {"role": "assistant", "content": None, "tool_calls": asked},
        *({"role": "tool", "tool_call_id": call.id, "content": call.result} for call in said.calls),
    ]
