"""Shapes of markets and of their costs."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from core.markets import MarketRecord

Size = Annotated[float, Meta(gt=0, le=1e12)] | None | UnsetType
Bps = (
    Annotated[float, Meta(ge=0, le=10_000, description="Basis points of the price, a round trip.")]
    | None
    | UnsetType
)
Swap = (
    Annotated[float, Meta(ge=-1e9, le=1e9, description="In quote currency, a lot and night.")]
    | None
    | UnsetType
)
Session = Annotated[str, Meta(min_length=1, max_length=64)]


class CostsBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Costs that you know better; null takes back what you said before."""

    spread_bps: Bps = UNSET
    commission_bps: Bps = UNSET
    slippage_bps: Bps = UNSET
    swap_long: Swap = UNSET
    swap_short: Swap = UNSET


class MarketBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Any part of a market's record; null takes back what you said before."""

    tick_size: Size = UNSET
    digits: Annotated[int, Meta(ge=0, le=18)] | UnsetType | None = UNSET
    contract_size: Size = UNSET
    volume_min: Size = UNSET
    volume_step: Size = UNSET
    volume_max: Size = UNSET
    zone: (
        Annotated[
            str, Meta(min_length=1, max_length=64, description="IANA name of the market's zone.")
        ]
        | UnsetType
        | None
    ) = UNSET
    sessions: (
        Annotated[
            list[Session],
            Meta(max_length=64, description="Hours of trading, as the venue writes them."),
        ]
        | UnsetType
        | None
    ) = UNSET
    costs: CostsBody = msgspec.field(default_factory=CostsBody)


class CostsShown(Struct):
    """What trading costs: basis points of the price a round trip; swaps a lot and night.

    `source` is that of the largest part of the round trip, `sources` that of each:
    `measured` from pushed quotes, told by the `venue`, `set` by you, or a `default`.
    """

    spread_bps: float
    commission_bps: float
    slippage_bps: float
    swap_long: float
    swap_short: float
    source: str
    sources: dict[str, str]
    round_trip_bps: float


class MarketShown(Struct):
    """A symbol on a platform; what nobody told is null.

    `bids`: its candles are of bids, so that the spread is paid at the ask.
    """

    platform: str
    symbol: str
    tick_size: float | None
    digits: int | None
    contract_size: float | None
    volume_min: float | None
    volume_step: float | None
    volume_max: float | None
    zone: str | None
    sessions: list[str] | None
    costs: CostsShown
    bids: bool


class MarketsShown(Struct):
    """Markets of which something was told or candles are held."""

    markets: list[MarketShown]


def show_market(record: MarketRecord) -> MarketShown:
    """Return a market as the API shows it."""
    told: dict[str, Any] = msgspec.structs.asdict(record)
    costs = msgspec.structs.asdict(record.costs)
    shown = CostsShown(**costs, round_trip_bps=record.costs.round_trip_bps)
    return MarketShown(**told | {"costs": shown})


def given_fields(body: Struct) -> dict[str, Any]:
    """Return the fields of a body that were sent, null ones too."""
    fields = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in fields.items() if value is not UNSET}
