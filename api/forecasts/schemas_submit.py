"""Shapes of forecasts that are handed in, and what of each they must say."""

from typing import Annotated, TypeVar

from msgspec import Meta, Struct

from api.forecasts.schemas import Horizon
from api.http.schemas import Name, Resolution, Symbol, Time
from core.errors import InvalidRequest
from core.ledger import LIVE, WALK
from core.models import FORECASTER_LENGTH
from storage.ledger.ledger_rows import Said

AT_ONCE = 1_000
# Beyond any price, and below what doubles can still tell apart by parts in a billion.
_PRICE_LIMIT = 1e15

Forecaster = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,{FORECASTER_LENGTH - 1}}}$",
        description=f"1 to {FORECASTER_LENGTH} letters, digits, dots, underscores, hyphens.",
    ),
]
Bounds = Annotated[list[float], Meta(min_length=2, max_length=2)]
Levels = Annotated[
    dict[str, float],
    Meta(
        max_length=5,
        description="Prices by level: any of 0.025, 0.1, 0.5, 0.9, 0.975.",
        extra_json_schema={"examples": [{"0.1": 99.0, "0.5": 100.0, "0.9": 101.0}]},
    ),
]


class OutsideForecast(Struct, forbid_unknown_fields=True, kw_only=True):
    """The close of the candle that opens at `opening`, `horizon` candles ahead.

    `predicted` or `quantiles` with 0.5 is needed; intervals, or the quantiles that
    bound them, and `prob_up`, the chance of a close above the last price, are not.
    """

    symbol: Symbol
    resolution: Resolution
    opening: Time
    horizon: Horizon = 1
    platform: Name | None = None
    predicted: float | None = None
    intervals: (
        Annotated[
            dict[str, Bounds],
            Meta(max_length=2, description="Lower and upper price of 0.8 and 0.95, either or both"),
        ]
        | None
    ) = None
    quantiles: Levels | None = None
    prob_up: Annotated[float, Meta(ge=0, le=1)] | None = None


class SubmitRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Forecasts of one forecaster, at most 1,000.

    They go into the live ledger, or, of the past, into one named `walk.NAME`.
    """

    forecaster: Forecaster
    forecasts: Annotated[list[OutsideForecast], Meta(min_length=1, max_length=AT_ONCE)]
    ledger: Annotated[
        str, Meta(pattern=rf"^({LIVE}|{WALK.replace('.', '[.]')}[A-Za-z0-9._-]{{1,59}})$")
    ] = LIVE


class SubmittedItem(Struct):
    """What became of one forecast: accepted, repeated, late, conflict or refused.

    `seq` is that of its row, or of the row that it is in conflict with.
    """

    index: int
    state: str
    seq: int | None = None
    reason: str | None = None


class RefusedItem(Struct):
    """A forecast that was not entered and is not late, and why; `index` counts from 0."""

    index: int
    reason: str


class Submitted(Struct):
    """Every forecast is in one of `accepted`, `late` and `refused`.

    `repeated` of the accepted ones were in the ledger before, word for word. Late
    ones are counted as missed, once each. `items` tells of each.
    """

    forecaster: str
    ledger: str
    accepted: int
    late: int
    refused: list[RefusedItem]
    repeated: int
    items: list[SubmittedItem]


_OF_LEVEL = {0.025: "low_95", 0.1: "low_80", 0.5: "predicted", 0.9: "high_80", 0.975: "high_95"}
_OF_INTERVAL = {0.8: ("low_80", "high_80"), 0.95: ("low_95", "high_95")}
Place = TypeVar("Place")

_ASCENDING = ("low_95", "low_80", "predicted", "high_80", "high_95")


def read_said(item: OutsideForecast) -> Said:
    """Return what an item says; raises `InvalidRequest` naming the field and the fix."""
    said: dict[str, float] = {} if item.predicted is None else {"predicted": item.predicted}
    for text, price in (item.quantiles or {}).items():
        _put(said, _known(text, _OF_LEVEL, "quantiles"), price)
    for text, (low, high) in (item.intervals or {}).items():
        names = _known(text, _OF_INTERVAL, "intervals")
        _put(said, names[0], low)
        _put(said, names[1], high)
    if "predicted" not in said:
        raise InvalidRequest("predicted is required, or quantiles with 0.5")
    prices = [said[name] for name in _ASCENDING if name in said]
    if not all(0 < price < _PRICE_LIMIT for price in prices):
        raise InvalidRequest("predicted and bounds must be prices above 0")
    if prices != sorted(prices):
        raise InvalidRequest(
            "intervals must be nested, low before high, with predicted inside them"
        )
    for lower, upper in _OF_INTERVAL.values():
        if (lower in said) != (upper in said):
            raise InvalidRequest(f"quantiles: {lower} and {upper} bound one interval; give both")
    bounds = {name: said.get(name) for name in ("low_80", "high_80", "low_95", "high_95")}
    return Said(predicted=said["predicted"], **bounds, prob_up=item.prob_up)


def _put(said: dict[str, float], name: str, price: float) -> None:
    if said.setdefault(name, price) != price:
        raise InvalidRequest(f"{name} is said twice, with different prices")


def _known(text: str, places: dict[float, Place], field: str) -> Place:
    try:
        return places[float(text)]
    except (ValueError, KeyError):
        known = ", ".join(map(str, places))
        raise InvalidRequest(f"{field}: {text[:16]} is none of {known}") from None
