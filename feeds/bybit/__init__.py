"""Bybit: what it pushes."""

from feeds.bybit.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
