"""A tool: what it is asked, what it answers, what can be said of that; and who calls it."""

from collections.abc import Callable
from typing import Any, Literal, Protocol

import msgspec

from agent.statements.statement import Statement

MOST_BYTES = 4_096
SourceKind = Literal[
    "market", "model", "signal", "forecast", "order", "decision", "portfolio", "auto_trade", "term"
]


class Source(msgspec.Struct, frozen=True):
    """What a value can be checked against; `id` is that of the row, model, order or market.

    Of `signal` and `forecast` it is the row's number in its chain.
    """

    kind: SourceKind
    id: str = ""


class Tool(msgspec.Struct, frozen=True):
    """A line of the table; `source` says where a result comes from, or the n-th of its items."""

    name: str
    about: str
    arguments: type[msgspec.Struct]
    result: type[msgspec.Struct]
    statements: tuple[Statement, ...]
    source: Callable[[Any, int | None], Source]
    changes: bool = False


class Toolbox(Protocol):
    """What answers tools for one caller, with all that the caller may see and nothing else."""

    async def call(self, name: str, arguments: msgspec.Struct) -> msgspec.Struct:
        """Return the result of a tool of the table, as its struct.

        Raises errors of core: what the caller could mend and a model that is missing are told in
        the answer; any other `Unavailable` ends it.
        """

    async def market(self, name: str) -> str | None:
        """Return what the market is called that a name means to the caller, None for none."""

    def href(self, source: Source) -> str | None:
        """Return the path of a page or route that shows a source."""
