"""What a forecaster's record says, over all markets at once."""

from msgspec import Struct

from core.jobs import Json


class PooledRecord(Struct, kw_only=True):
    """Forecasts of one length and horizon, of all markets together; of `n` the outcome is known.

    Errors are in shares of the price, so that markets of any price count alike.
    `skill` is against `baseline`; its interval, and so the verdict, holds however
    often somebody looks, and rests on `closes`: forecasts of one moment share its
    luck. `coverage` is the share of outcomes inside the intervals that were stated.
    `delay_s` is the median time from a first target's opening to the forecast, below 0
    where it came before.
    """

    resolution: int
    horizon: int
    markets: int
    n: int
    closes: int
    skill: dict[str, float | None]
    baseline: str
    verdict: str
    coverage: dict[str, float | None]
    calibration: Json | None
    delay_s: float


class ForecasterRecord(Struct, kw_only=True):
    """The record of a forecaster outside this server."""

    n: int
    pooled: list[PooledRecord]
