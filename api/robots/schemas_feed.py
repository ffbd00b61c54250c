"""Shapes of the feed of terminals beyond those that storage knows."""

from msgspec import Struct

from api.robots.bodies import robot_body
from core.brokers.messages import FeedMessage, Name


class ConfirmClock(Struct, forbid_unknown_fields=True):
    """The zone that a broker's server shows: an IANA name, `UTC+2`, or `NY+7`.

    `since` is when it was set to that; without it, the last push that was taken.
    """

    zone: Name
    since: str | int | None = None


class ClockConfirmed(Struct):
    """The clock that is taken for a broker's from now on, and when its days begin by it.

    `earlier` are zones that it had, each with the instant until which.
    """

    ok: bool
    platform: str
    zone: str
    grid: str
    earlier: list[tuple[str, str]] = []


FEED_BODY = robot_body(FeedMessage)
