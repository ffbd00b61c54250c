"""What a venue's simulator offers to the server that all of them share."""

from collections.abc import Callable
from typing import NamedTuple

from aiohttp import web


class SimulatedVenue(NamedTuple):
    """One venue's routes, and how it words the errors of paths that begin with `paths`.

    `error` returns the body and the headers of a status.
    """

    routes: list[web.RouteDef]
    paths: tuple[str, ...]
    error: Callable[[int], tuple[object, dict[str, str]]]
