"""A statement about a result, written out, with the place of each of its values."""

from collections.abc import Callable
from string import Formatter
from typing import Any

from msgspec import Struct

from agent.statements.statement import Statement
from agent.statements.write import write
from core.answers.chat import Citation, Language


class Line(Struct, frozen=True):
    """A line of an answer, and what its values are."""

    text: str
    citations: list[Citation]


def render(
    statement: Statement,
    result: Struct,
    item: int,
    language: Language,
    *,
    call: str,
    href: str | None,
) -> Line | None:
    """Return a statement about a result; None where it cannot be said of it.

    `item` counts the items of the list that the statement is of, from 0; `call` is the id of
    the call whose result it is, `href` where its values can be looked at.
    """
    find = _values_of(statement, result, item)
    if find is None:
        return None
    text, citations = "", []
    for literal, name, _, _ in Formatter().parse(statement.template(language)):
        text += literal
        if not name:
            continue
        path, value = find(name)
        written = write(value, statement.fields[name], language)
        if written is None:
            return None
        citations.append(
            Citation(
                statement=statement.id,
                tool_call=call,
                path=path,
                value=value,
                text=written,
                href=href,
                line=0,
                start=len(text),
            )
        )
        text += written
    return Line(text, citations)


def _values_of(
    statement: Statement, result: Struct, item: int
) -> Callable[[str], tuple[str, Any]] | None:
    """Return what finds a field's path and value; None where the list has no such item."""
    if not statement.of:
        return lambda name: (name, getattr(result, name))
    items = getattr(result, statement.of)
    if not 0 <= item < len(items):
        return None
    row = items[item]

    def find(name: str) -> tuple[str, Any]:
        if name in row.__struct_fields__:
            return f"{statement.of}.{item}.{name}", getattr(row, name)
        return name, getattr(result, name)

    return find
