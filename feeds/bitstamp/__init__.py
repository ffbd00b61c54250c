"""Bitstamp: what it pushes."""

from feeds.bitstamp.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
