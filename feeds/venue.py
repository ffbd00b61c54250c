"""What a venue's folder offers."""

from collections.abc import Mapping
from typing import NamedTuple

from feeds.connector import Connector
from feeds.wire import Shapes


class Venue(NamedTuple):
    """One venue: the shapes of its messages, and what else is known of it.

    `connectors`: by platform, those that its trades can be collected from. `simulator`:
    the module that simulates it, by name because its server is a library that only a
    simulator needs.
    """

    shapes: Shapes
    connectors: Mapping[str, Connector] = {}
    simulator: str | None = None
