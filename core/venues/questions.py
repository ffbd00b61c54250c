"""What is asked of an account at a venue, and how the answer comes."""

from typing import Literal

import msgspec

from core.venues.names import METAAPI


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question of the api that the trader answers, since it alone calls venues.

    `connect` and `read` look at the account, `price` at a symbol, `candles` at its newest `limit`
    candles that open before `end_s`. `venue` is where the account to `connect` is. A new `token`
    is told as the vault has locked it, with the id of its key and its last characters.
    """

    kind: Literal["connect", "read", "price", "candles"]
    venue_account: str
    venue: str = METAAPI
    symbol: str = ""
    resolution: int = 0
    limit: int = 0
    end_s: int = 0
    token: tuple[str, str, str] | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a question: JSON in `body`, or why there is none, in `error` and `status`."""

    body: str = ""
    status: int = 200
    error: str = ""
    detail: str = ""
    retry_after: int | None = None


class VenueCandle(msgspec.Struct, frozen=True):
    """A candle at a venue, by its opening (s); volume is the count of ticks."""

    at: int
    open: float
    high: float
    low: float
    close: float
    volume: float
