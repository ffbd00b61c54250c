"""Bitfinex: what it pushes."""

from feeds.bitfinex.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
