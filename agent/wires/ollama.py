"""Ollama's own protocol: `POST /api/chat`, an answer of one JSON object a line."""

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
    Reply,
)
from agent.wires.replies import Gathered, described
from core.answers.chat import Provider

# Tokens of rules, history and results at their largest; Ollama would cut what is older in silence.
_CONTEXT = 16_384


class OllamaServer:
    """A model that an Ollama serves."""

    provider: Provider = "ollama"

    def __init__(self, calls: BoundedCalls, model: str) -> None:
        self._calls = calls
        self.model = model

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
            "think": False,
            "options": {
                "temperature": 0,
                "num_predict": MOST_TOKENS,
                "num_ctx": _CONTEXT,
            },
        }
        if tools:
            body["tools"] = described(tools)
        if shape is not None:
            body["format"] = shape
        gathered = Gathered()
        async with aclosing(self._calls.lines("/api/chat", body)) as lines:
            async for line in lines:
                if _take(decoded(line), gathered):
                    return gathered.reply()
        raise ModelAway("the answer ended before it was done")

    async def status(self) -> ModelStatus:
        """Return whether it answers, and whether any model is in a graphics processor."""
        found = await self._calls.get("/api/ps")
        try:
            loaded = msgspec.json.decode(found or b"", type=_Loaded).models
        except (msgspec.MsgspecError, ValueError):
            return ModelStatus(reachable=False, gpu_available=False)
        return ModelStatus(reachable=True, gpu_available=any(one.size_vram > 0 for one in loaded))

    async def close(self) -> None:
        """Close the connections."""
        await self._calls.close()


class _LoadedModel(msgspec.Struct):
    size_vram: int = 0


class _Loaded(msgspec.Struct):
    models: list[_LoadedModel]


def _take(part: dict[str, Any], gathered: Gathered) -> bool:
    """Add what a line says; True at the end. What comes after that is not read."""
    if "error" in part:
        raise ModelAway("the server tells of an error")
    message = part.get("message")
    if isinstance(message, dict):
        gathered.add_text(message.get("content"))
        wanted = message.get("tool_calls")
        for call in wanted if isinstance(wanted, list) else []:
            told = call.get("function") if isinstance(call, dict) else None
            told = told if isinstance(told, dict) else {}
            gathered.add_call(gathered.next_place, told.get("name"), told.get("arguments"))
    return part.get("done") is True


def _messages(said: Message | MadeCalls) -> list[dict[str, Any]]:
    if isinstance(said, Message):
        return [{"role": said.role, "content": said.text}]
    asked = [{"function": {"name": call.name, "arguments": call.arguments}} for call in said.calls]
    return [
        {"role": "assistant", "content": "", "tool_calls": asked},
        *({"role": "tool", "tool_name": call.name, "content": call.result} for call in said.calls),
    ]
