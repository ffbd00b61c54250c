"""Answers that come in pages: each is asked for when it is wanted, by the last one's cursor."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeAlias, TypeVar

PAGE = 10_000
Query: TypeAlias = dict[str, Any]


class Page(Protocol):
    """Part of an answer; `next_cursor` is None on the last."""

    @property
    def next_cursor(self) -> str | None:
        """Where the rest begins."""


P = TypeVar("P", bound=Page)


def pages(ask: Callable[[Query], P], query: Query) -> Iterator[P]:
    """Yield the pages of an answer in order."""
    while True:
        page = ask(query)
        yield page
        if page.next_cursor is None:
            return
        query = query | {"cursor": page.next_cursor}


def limited(
    ask: Callable[[Query], P],
    query: Query,
    count: Callable[[P], int],
    limit: int | None,
    size: int | None = None,
) -> Iterator[P]:
    """Yield pages until they hold `limit` rows, or all if that is None.

    A page has at most `size` rows, of which `count` says how many there are.
    """
    left, most = limit, size or PAGE

    def wanted(query: Query) -> P:
        nonlocal left
        page = ask(query | {"limit": most if left is None else min(most, left)})
        left = None if left is None else left - count(page)
        return page

    for page in pages(wanted, query) if limit is None or limit > 0 else ():
        yield page
        if left is not None and left <= 0:
            return
