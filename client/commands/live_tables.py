"""What `tickcast feed` and `tickcast replay` show: live tables, and figures at the end."""

from typing import Any

from rich.console import Group
from rich.table import Table

from client.commands.output import facts, table
from feeds.live.figures import FeedFigures
from feeds.live.player import Played


def feed_view(title: str, figures: FeedFigures) -> Group:
    """Return the tables of a running collector."""
    columns = ("symbol", "trades", "trades/s", "lag ms", "newest id", "missing", "fetched", "left")
    rows = [
        (symbol, one.trades, round(one.rate.per_second(), 1), one.lag_ms, _plain(one.newest_id),
         one.missing, one.fetched, one.left)
        for symbol, one in figures.markets.items()
    ]  # fmt: skip
    return Group(table(title, columns, rows), connections(figures), _books(figures))


def connections(figures: FeedFigures) -> Table:
    """Return a table of both connections and of what is under way."""
    latencies = [figures.latency_ms(share) for share in (0.5, 0.99)]
    taken = " / ".join("-" if one is None else f"{one:.1f}" for one in latencies)
    return facts(
        "",
        {
            "exchange": _state(
                figures.exchange_connected, figures.exchange_reconnects, figures.exchange_said
            ),
            "server": _state(
                figures.server_connected, figures.server_reconnects, figures.server_said
            ),
            "messages": f"{figures.push_rate.per_second():,.0f}/s, {figures.acknowledged:,} of "
            f"{figures.pushed:,} acknowledged, {figures.sent_again:,} sent again, "
            f"{figures.refused:,} frames refused",
            "the server": f"{figures.accepted:,} trades, quotes and books accepted, "
            f"{figures.ignored:,} messages ignored, {figures.rejected:,} rejected",
            "rejected for": "; ".join(figures.reasons) or None,
            "under way": f"{figures.waiting:,} waiting, {figures.unanswered:,} unanswered",
            "acknowledged after": f"{taken} ms (median / 99%)",
        },
    )


def _books(figures: FeedFigures) -> Table:
    books = figures.books
    if not books.books:
        return facts("", {})
    return facts(
        "",
        {
            "books over": _state(
                books.exchange_connected, books.exchange_reconnects, books.exchange_said
            ),
            "books": f"{books.live:,} of {books.books:,} live, told {books.told:,} times, "
            f"{books.anew:,} begun anew",
        },
    )


def feed_summary(figures: FeedFigures) -> dict[str, Any]:
    """Return a collector's figures for a program."""
    markets = {
        symbol: {
            "trades": one.trades,
            "newest_id": one.newest_id,
            "lag_ms": one.lag_ms,
            "missing": one.missing,
            "fetched": one.fetched,
            "left": one.left,
        }
        for symbol, one in figures.markets.items()
    }
    return (
        {"markets": markets}
        | push_summary(figures)
        | {
            "exchange_reconnects": figures.exchange_reconnects,
            "books": {
                "live": figures.books.live,
                "kept": figures.books.books,
                "told": figures.books.told,
                "begun_anew": figures.books.anew,
            },
        }
    )


def push_summary(figures: FeedFigures) -> dict[str, Any]:
    """Return the figures of pushing for a program."""
    names = ("pushed", "acknowledged", "accepted", "ignored", "rejected", "reasons", "refused",
             "sent_again", "waiting", "unanswered", "server_reconnects")  # fmt: skip
    latencies = {"p50_ms": figures.latency_ms(0.5), "p99_ms": figures.latency_ms(0.99)}
    return {name: getattr(figures, name) for name in names} | latencies


def replay_summary(played: Played, figures: FeedFigures) -> dict[str, Any]:
    """Return how a recording was played, for a program."""
    rate = played.messages / played.seconds if played.seconds else None
    return {
        "messages": played.messages,
        "large": played.large,
        "seconds": round(played.seconds, 3),
        "messages_per_second": rate and round(rate, 1),
    } | push_summary(figures)


def replay_view(title: str, played: Played, figures: FeedFigures) -> Group:
    """Return the tables of a recording while it is played."""
    pairs = {"played": f"{played.messages:,} messages", "too large for a frame": played.large}
    return Group(facts(title, pairs), connections(figures))


def _state(connected: bool, reconnects: int, said: str) -> str:
    told = f" ({said})" if said else ""
    return f"{'connected' if connected else 'away'}, {reconnects} reconnects{told}"


def _plain(number: int | None) -> str | None:
    return None if number is None else str(number)
