"""Kraken: what it pushes."""

from feeds.kraken.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
