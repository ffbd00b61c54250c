"""Gemini: what it pushes."""

from feeds.gemini.messages import SHAPES
from feeds.venue import Venue

VENUE = Venue(SHAPES)
