"""Our own form of trades and quotes."""

from feeds.generic.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
