"""What a venue's folder offers."""

from collections.abc import Mapping
from typing import NamedTuple

from feeds.connector import BookConnector, Connector
from feeds.wire import Shapes


class Venue(NamedTuple):
    """One venue: the shapes of its messages, and what else is known of it.

    `connectors` and `books`: by platform, those that its trades and its order books can be
    collected from. A folder may hold
    a package `simulator` as well, which the simulator finds by itself: it needs a library
    that nothing else of the venue does.
    """

    shapes: Shapes
    connectors: Mapping[str, Connector] = {}
    books: Mapping[str, BookConnector] = {}
