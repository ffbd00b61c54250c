"""Gate: what it pushes."""

from feeds.gate.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
