"""`tickcast ask`: a question to the agent, answered with the source of every number."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from client.commands.output import AsJson, answer, connect, table


def ask(
    message: Annotated[str, typer.Argument(help='"What is the price of XAUUSD?"')],
    conversation: Annotated[
        str | None, typer.Option(help="Go on with an earlier one, by its id.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask about prices, forecasts, signals, skill, the account; in English, Spanish, Portuguese."""
    with connect(as_json) as tickcast:
        found = tickcast.ask(message, conversation_id=conversation)
    answer(as_json, found, _answer)


def _answer(found: dict[str, Any]) -> Iterator[RenderableType]:
    yield found["response"]
    if found["comment"]:
        yield f"\nIn the model's own words: {found['comment']}"
    sources = {(one["text"], one["path"], one["href"]): None for one in found["citations"]}
    if sources:
        yield table("\nSources", ("value", "of", "read at"), sources)
    away = ", as the model could not be used" if found["degraded"] else ""
    yield f"\nBy {found['provider']} ({found['model']}){away}; --conversation " + str(
        found["conversation_id"]
    )
