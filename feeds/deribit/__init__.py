"""Deribit: what it pushes."""

from feeds.deribit.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
