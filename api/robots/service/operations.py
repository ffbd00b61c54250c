"""How feeds, mails and payment events are: what owners are told of the service besides."""

from msgspec import UNSET

from api.robots.service.schemas import FeedState, FeedTerminal, MailsState, WebhooksState
from api.robots.words import instant, iso
from core.clock.resolutions import DAY, timeframe_code
from storage.mail.outbox import MailState
from storage.sales.webhooks import WebhookState
from storage.service.service_state import newest_close
from storage.stores import Stores
from storage.terminals.terminals import SeenTerminal


def mails_state(stores: Stores) -> MailsState:
    """Return how many mails wait, and how many cannot be sent."""
    mails = stores.outbox.counts()
    return MailsState(mails[MailState.WAITING], mails[MailState.FAILED])


def webhooks_state(stores: Stores, now: int) -> WebhooksState:
    """Return how many payment events came in a day before `now` (epoch ms), and what is amiss."""
    ever, today = (stores.webhooks.counts(at) for at in (0, now - DAY * 1_000))
    return WebhooksState(
        sum(today.values()), ever[WebhookState.FAILED], ever[WebhookState.UNMATCHED]
    )


def feed_states(stores: Stores, now: int) -> list[FeedState]:
    """Return what terminals bring to each platform, at `now` (epoch ms)."""
    late, series = stores.freshness.noted(), stores.candles.all_series()
    found = []
    for platform, clock in sorted(stores.feeds.platforms().items()):
        mine = [one for one in series if one.platform == platform]
        closes = [close for one in mine if (close := newest_close(stores, one)) is not None]
        names = [f"{one.symbol} {timeframe_code(one.resolution)}" for one in late if one in mine]
        terminals = stores.feeds.state(platform).terminals
        found.append(
            FeedState(
                platform=platform,
                symbols=sorted({one.symbol for one in mine}),
                last_candle=iso(max(closes, default=None)),
                utc_offset_s=clock.offset(now // 1_000),
                zone=clock.zone,
                clock_offset_s=terminals[0].clock_offset_s if terminals else None,
                terminals=[_terminal(one) for one in terminals],
                late=names,
            )
        )
    return found


def _terminal(one: SeenTerminal) -> FeedTerminal:
    connected = UNSET if one.connected is None else one.connected
    return FeedTerminal(
        one.server, one.company, one.build, one.demo, instant(one.seen_at), connected
    )
