"""What ccxt and cryptofeed make of any exchange."""

from feeds.unified.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
