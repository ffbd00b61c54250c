"""How old the candles are that an answer speaks from."""

from msgspec import Struct


class DataAge(Struct, frozen=True):
    """When the newest finished candle closed, how long ago (s), and whether another is missing.

    `stale`: two candles and a minute have passed while the series' market was open, by its own
    sessions; so it is where no finished candle is held, and both others are null.
    """

    as_of: str | None
    age: int | None
    stale: bool
