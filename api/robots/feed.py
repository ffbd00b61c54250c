"""Candles of a broker, pushed by a terminal; its clock, confirmed by the owner."""

from typing import Any

from falcon.asgi import Request, Response

from api.docs.openapi import operation
from api.http.threads import in_thread
from api.http.validation import convert_loosely
from api.robots.bodies import read_robot_json, unknown_fields
from api.robots.schemas_feed import FEED_BODY, ClockConfirmed, ConfirmClock
from core.brokers.messages import (
    BODY_LIMIT,
    FeedAnswer,
    FeedMessage,
    Terminal,
    TerminalClock,
)
from core.clock.times import format_time, parse_time
from core.errors import InvalidRequest
from core.names import check_name
from core.platforms import FETCHED
from storage.terminals.feed_store import FeedStore
from tasks.enqueue import Enqueue
from tasks.task_table import AT_CLOSE


class FeedResource:
    """`POST /ingest/mt/{platform}`"""

    def __init__(self, feeds: FeedStore, enqueue: Enqueue) -> None:
        self._feeds = feeds
        self._enqueue = enqueue

    @operation(
        "feed_terminal",
        "robots",
        {200: FeedAnswer},
        errors=(409, 413, 415, 422),
        more=FEED_BODY,
    )
    async def on_post(self, req: Request, resp: Response, platform: str) -> None:
        """Push closed candles and quotes of a MetaTrader terminal, in its server's time.

        The answer comes once they are stored. It says what else the server wants, so that the
        terminal needs no memory. The same candles again change nothing. 409 where
        the terminal's clock is not the one that is known, until somebody confirms it.
        """
        _check_platform(platform)
        value = await read_robot_json(req, BODY_LIMIT)
        message = convert_loosely(value, FeedMessage)
        stored = await in_thread(self._feeds.store, platform, message, _kept_aside(value))
        if stored.closed:
            await in_thread(self._enqueue.run_now, AT_CLOSE)
        resp.media = stored.answer


class FeedClock:
    """`POST /ingest/mt/{platform}/clock`"""

    def __init__(self, feeds: FeedStore) -> None:
        self._feeds = feeds

    @operation("confirm_clock", "robots", {200: ClockConfirmed}, body=True)
    async def on_post(
        self, req: Request, resp: Response, platform: str, json: ConfirmClock
    ) -> None:
        """Say by which zone a broker's server runs, as `tickcast feeds confirm-clock` does."""
        _check_platform(platform)
        since = None if json.since is None else parse_time(json.since, "since") // 1_000
        clock = await in_thread(self._feeds.confirm, platform, json.zone, since)
        earlier = [(zone, format_time(until * 1_000)) for zone, until in clock.earlier]
        resp.media = ClockConfirmed(True, platform, clock.zone, str(clock.day), earlier)


def _kept_aside(value: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a message that we do not know, those of its parts under their names."""
    found = {
        "terminal": unknown_fields(value.get("terminal"), Terminal),
        "clock": unknown_fields(value.get("clock"), TerminalClock),
    }
    return unknown_fields(value, FeedMessage) | {name: kept for name, kept in found.items() if kept}


def _check_platform(platform: str) -> None:
    if check_name(platform, "platform") in FETCHED:
        raise InvalidRequest(
            f"platform: {platform} is an exchange that is fetched from; give the broker another "
            "name, such as mt5-NAME.",
            field="platform",
        )
