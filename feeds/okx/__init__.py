"""OKX: what it pushes."""

from feeds.okx.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
