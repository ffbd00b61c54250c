"""What an exchange must be able to say to be listened to: no input or output here."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from core.books.changes import BookChange, BookSnapshot

Side = Literal["buy", "sell"]


class FetchedTrade(NamedTuple):
    """One trade as the exchange's REST API told it.

    `time` is ISO 8601 or epoch milliseconds, `price` and `size` are decimals as
    text, `side` is the taker's.
    """

    trade_id: int
    time: str | int
    price: str
    size: str
    side: Side

    def as_message(self, symbol: str) -> bytes:
        """Return the generic message that a server takes."""
        return _ENCODE({"type": "trade", "symbol": symbol, **self._asdict()})


class PageRequest(NamedTuple):
    """A GET request for one page of trades."""

    path: str
    params: dict[str, str | int]


class HeardTrade(NamedTuple):
    """The trade ids and the time (epoch ms) of one trade message."""

    symbol: str
    first_id: int
    last_id: int
    time_ms: int


class Heard(NamedTuple):
    """What one frame of a feed means to us.

    `keep`: it goes to the server. `newest`: the newest trade id that the exchange
    says exists, by symbol. `refusal`: what the exchange complains of; `ending`:
    it announced that it will close the connection. `changes`: what it says of books, and
    `number` its place among the messages of its connection, where they are numbered.
    """

    keep: bool = False
    trades: tuple[HeardTrade, ...] = ()
    newest: tuple[tuple[str, int], ...] = ()
    refusal: str | None = None
    ending: bool = False
    changes: tuple[BookChange, ...] = ()
    number: int | None = None


NOTHING = Heard()
_ENCODE = msgspec.json.Encoder().encode


class Feed(Protocol):
    """One exchange's public WebSocket feed.

    `silence_s` is how long a healthy connection may say nothing.
    """

    socket_url: str
    silence_s: float

    def socket_path(self) -> str:
        """Return the path of the feed on its host."""

    def subscribe_messages(self, symbols: Sequence[str], *, tickers: bool) -> list[str]:
        """Return what to send after connecting."""

    def parse(self, frame: str | bytes) -> Heard:
        """Return what a frame says; one that cannot be read says nothing."""


class Connector(Feed, Protocol):
    """One exchange: its public WebSocket feed, and its trades by id over REST.

    `rate_limit_ms` is the pause between two REST calls that the exchange asks for,
    `page_limit` how many trades one call brings.
    """

    rest_url: str
    rate_limit_ms: float
    page_limit: int

    def first_page(self, symbol: str, first_id: int, last_id: int) -> PageRequest:
        """Return the request for the first page of trades `first_id..last_id`."""

    def next_page(
        self, symbol: str, first_id: int, last_id: int, page: Sequence[FetchedTrade]
    ) -> PageRequest | None:
        """Return the request after `page` (not empty), None when it was the last."""

    def read_page(self, body: bytes) -> list[FetchedTrade]:
        """Return the trades of an answer; raises `msgspec.MsgspecError` when it is none."""


class BookConnector(Feed, Protocol):
    """One exchange's order books: their feed, and snapshots over REST where it has none in that.

    A message of a book that cannot be read is parsed as a refusal: what it said is missing.
    """

    rest_url: str
    rate_limit_ms: float

    def snapshot_request(self, symbol: str) -> PageRequest | None:
        """Return the request for a whole book, None where the feed tells it after subscribing."""

    def read_snapshot(self, symbol: str, body: bytes) -> BookSnapshot:
        """Return the book of an answer; raises `ValueError` when it is none."""
