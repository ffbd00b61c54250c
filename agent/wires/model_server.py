"""What a model server is asked and answers, whatever it speaks."""

from typing import Any, Protocol

from msgspec import Struct

from agent.tools.tool import Tool
from core.answers.chat import Provider

MOST_TOKENS = 1_000


class ModelAway(Exception):
    """The server does not answer, or not what its protocol says."""


class ParameterRefused(ModelAway):
    """The server does not know a parameter of the request, or not with that value."""

    def __init__(self, parameter: str) -> None:
        super().__init__(f"the parameter {parameter} is refused")
        self.parameter = parameter


class AnswerTooLarge(Exception):
    """The server sent more than anybody needs."""


class Message(Struct, frozen=True):
    """What somebody said: `system`, `user` or `assistant`."""

    role: str
    text: str


class MadeCall(Struct, frozen=True):
    """A call that the model wanted, and what it was answered."""

    id: str
    name: str
    arguments: dict[str, Any]
    result: str


class MadeCalls(Struct, frozen=True):
    """Calls of one reply of the model."""

    calls: tuple[MadeCall, ...]


class WantedCall(Struct, frozen=True):
    """A call that the model wants; arguments are JSON, or what it calls so."""

    name: str
    arguments: bytes


class Reply(Struct, frozen=True):
    """What the model said; hidden reasoning is dropped."""

    text: str
    calls: tuple[WantedCall, ...]


class ModelStatus(Struct, frozen=True):
    """Whether the server answers, and whether a graphics processor works for it."""

    reachable: bool
    gpu_available: bool


class ModelServer(Protocol):
    """A model behind a server."""

    provider: Provider
    model: str

    async def reply(
        self,
        said: list[Message | MadeCalls],
        tools: list[Tool],
        shape: dict[str, Any] | None = None,
    ) -> Reply:
        """Return what the model says next; `shape` is the JSON schema of its text.

        Raises `ModelAway` and `AnswerTooLarge`; it may take as long as the server wants.
        """

    async def status(self) -> ModelStatus:
        """Return how the server is; takes two seconds at most, and raises nothing."""

    async def close(self) -> None:
        """Close the connections."""
