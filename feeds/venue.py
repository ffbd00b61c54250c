"""What a venue's folder offers."""

from collections.abc import Mapping
from typing import NamedTuple

from feeds.connector import Connector
from feeds.wire import Shapes


class Venue(NamedTuple):
    """One venue: the shapes of its messages, and what else is known of it.

    `connectors`: by platform, those that its trades can be collected from. A folder may hold
    a package `simulator` as well, which the simulator finds by itself: it needs a library
    that nothing else of the venue does.
    """

    shapes: Shapes
    connectors: Mapping[str, Connector] = {}
